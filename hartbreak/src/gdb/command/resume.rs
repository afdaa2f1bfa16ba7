//! `vCont`: what each thread is to do.

use super::thread::Threads;
use crate::gdb::hex;

/// What some threads are to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Action {
    /// What.
    pub deed: Deed,
    /// Which. For each thread the first action that names it counts.
    pub threads: Threads,
}

/// What a thread is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// `c`, and `C` with a signal, which no guest here can be given.
    Continue,
    /// `s`, and `S` with a signal.
    Step,
    /// `t`.
    Stop,
}

/// Reads what stands behind `vCont`: at least one action, each behind a semicolon.
pub(super) fn parse(rest: &[u8]) -> Option<Vec<Action>> {
    rest.strip_prefix(b";")?.split(|byte| *byte == b';').map(action).collect()
}

fn action(text: &[u8]) -> Option<Action> {
    let end = text.iter().position(|byte| *byte == b':').unwrap_or(text.len());
    let (deed, threads) = text.split_at(end);
    let threads = match threads {
        [] => Threads::All,
        [_, threads @ ..] => Threads::parse(threads)?,
    };
    let deed = match deed {
        b"c" => Deed::Continue,
        b"s" => Deed::Step,
        b"t" => Deed::Stop,
        [b'C', signal @ ..] if is_signal(signal) => Deed::Continue,
        [b'S', signal @ ..] if is_signal(signal) => Deed::Step,
        _ => return None,
    };
    Some(Action { deed, threads })
}

fn is_signal(text: &[u8]) -> bool {
    text.len() == 2 && hex::number(text).is_some()
}
