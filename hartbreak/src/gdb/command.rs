//! Commands: what the content of a packet asks for. Parsing alone; nothing here knows of harts.
//!
//! Invariant: any bytes are parsed to a command or to a [`Refusal`], without a panic, and in memory that is a small multiple of theirs.

mod resume;
mod thread;

use debug_tables::gdb::Request;

pub use resume::{Action, Deed};
pub use thread::Threads;

use super::hex;

/// What a packet asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command<'p> {
    /// `qSupported`.
    Supported,
    /// `QStartNoAckMode`.
    NoAcks,
    /// `QNonStop:1`, and with `false` `QNonStop:0`.
    NonStop(bool),
    /// `?`: which threads are stopped.
    WhyStopped,
    /// `vStopped`: the client has heard of a stop, and asks for the next.
    Stopped,
    /// `vCtrlC`, or an interrupt byte: stop all.
    Interrupt,
    /// `vCont?`.
    Resumptions,
    /// `vCont`.
    Resume(Vec<Action>),
    /// `Hg`, and `Hc`, which is of no use here: what later packets are about.
    Select(Threads),
    /// `T`: is the thread there.
    IsAlive(Threads),
    /// `qC`: the present thread.
    Current,
    /// `qfThreadInfo`: all threads.
    Threads,
    /// `qsThreadInfo`: the others, of which there are none.
    MoreThreads,
    /// `qThreadExtraInfo`.
    ExtraInfo(Threads),
    /// `qAttached`.
    Attached,
    /// `qXfer:...:read`: a part of a document.
    Document {
        /// Which.
        name: Document,
        /// Where the part begins.
        offset: u64,
        /// How long it is at most.
        len: u64,
    },
    /// `qRcmd`: a line for the `monitor`.
    Monitor(Vec<u8>),
    /// `g`.
    Registers,
    /// `G`.
    SetRegisters(Vec<u8>),
    /// `p`.
    Register(u64),
    /// `P`.
    SetRegister(u64, Vec<u8>),
    /// `m`: an address, and how many bytes.
    Memory(u64, u64),
    /// `M`, `X`: an address, and the bytes.
    SetMemory(u64, std::borrow::Cow<'p, [u8]>),
    /// `Z`.
    Insert(Request),
    /// `z`.
    Remove(Request),
    /// `D`.
    Detach,
    /// `k`, which has no answer.
    Kill,
    /// `vKill`, which has one.
    KillPolitely,
}

/// A document that a client can read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Document {
    /// `target.xml`.
    Target,
    /// The list of threads.
    Threads,
}

/// Why a packet is no command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Nothing of that name is known: the answer is an empty packet.
    Unknown,
    /// The name is known, and the rest is wrong.
    Malformed,
}

/// Reads the content of a packet.
///
/// # Errors
/// A [`Refusal`].
pub fn parse(packet: &[u8]) -> Result<Command<'_>, Refusal> {
    let (&first, rest) = packet.split_first().ok_or(Refusal::Unknown)?;
    match first {
        b'q' | b'Q' | b'v' => named(packet),
        b'?' => alone(rest, Command::WhyStopped),
        b'H' => select(rest).ok_or(Refusal::Malformed),
        b'T' => Threads::parse(rest).map(Command::IsAlive).ok_or(Refusal::Malformed),
        b'g' => alone(rest, Command::Registers),
        b'G' => hex::bytes(rest).map(Command::SetRegisters).ok_or(Refusal::Malformed),
        b'p' => hex::number(rest).map(Command::Register).ok_or(Refusal::Malformed),
        b'P' => set_register(rest).ok_or(Refusal::Malformed),
        b'm' => pair(rest).map(|(addr, len)| Command::Memory(addr, len)).ok_or(Refusal::Malformed),
        b'M' => set_memory(rest, |data| hex::bytes(data).map(Into::into)).ok_or(Refusal::Malformed),
        b'X' => set_memory(rest, |data| Some(data.into())).ok_or(Refusal::Malformed),
        b'Z' => request(rest).map(Command::Insert),
        b'z' => request(rest).map(Command::Remove),
        b'D' => Ok(Command::Detach),
        b'k' => Ok(Command::Kill),
        _ => Err(Refusal::Unknown),
    }
}

/// Packets with a name of several letters.
fn named(packet: &[u8]) -> Result<Command<'_>, Refusal> {
    let end = packet.iter().position(|byte| b":;,?".contains(byte)).unwrap_or(packet.len());
    let (name, rest) = packet.split_at(end);
    match name {
        b"qSupported" => Ok(Command::Supported),
        b"QStartNoAckMode" => alone(rest, Command::NoAcks),
        b"QNonStop" => match rest {
            b":0" => Ok(Command::NonStop(false)),
            b":1" => Ok(Command::NonStop(true)),
            _ => Err(Refusal::Malformed),
        },
        b"vStopped" => alone(rest, Command::Stopped),
        b"vCtrlC" => alone(rest, Command::Interrupt),
        b"vCont" if rest == b"?" => Ok(Command::Resumptions),
        b"vCont" => resume::parse(rest).map(Command::Resume).ok_or(Refusal::Malformed),
        b"vKill" => Ok(Command::KillPolitely),
        b"qC" => alone(rest, Command::Current),
        b"qfThreadInfo" => alone(rest, Command::Threads),
        b"qsThreadInfo" => alone(rest, Command::MoreThreads),
        b"qThreadExtraInfo" => {
            let thread = rest.strip_prefix(b",").and_then(Threads::parse);
            thread.map(Command::ExtraInfo).ok_or(Refusal::Malformed)
        }
        b"qAttached" => Ok(Command::Attached),
        b"qRcmd" => {
            let line = rest.strip_prefix(b",").and_then(hex::bytes);
            line.map(Command::Monitor).ok_or(Refusal::Malformed)
        }
        b"qXfer" => document(rest),
        _ => Err(Refusal::Unknown),
    }
}

fn alone<'p>(rest: &[u8], command: Command<'p>) -> Result<Command<'p>, Refusal> {
    if rest.is_empty() { Ok(command) } else { Err(Refusal::Malformed) }
}

fn select(rest: &[u8]) -> Option<Command<'_>> {
    let (operation, thread) = rest.split_first()?;
    matches!(operation, b'g' | b'c').then_some(())?;
    Threads::parse(thread).map(Command::Select)
}

fn set_register(rest: &[u8]) -> Option<Command<'_>> {
    let (number, value) = split(rest, b'=')?;
    Some(Command::SetRegister(hex::number(number)?, hex::bytes(value)?))
}

fn set_memory<'p>(
    rest: &'p [u8],
    data: impl FnOnce(&'p [u8]) -> Option<std::borrow::Cow<'p, [u8]>>,
) -> Option<Command<'p>> {
    let (place, bytes) = split(rest, b':')?;
    let (addr, len) = pair(place)?;
    let bytes = data(bytes)?;
    (bytes.len() as u64 == len).then_some(Command::SetMemory(addr, bytes))
}

/// What stands behind `Z` and `z`. Conditions and commands for the stub to evaluate were not offered.
fn request(rest: &[u8]) -> Result<Request, Refusal> {
    let (number, place) = split(rest, b',').ok_or(Refusal::Malformed)?;
    let number =
        hex::number(number).and_then(|number| u8::try_from(number).ok()).ok_or(Refusal::Malformed)?;
    let (addr, kind) = pair(place).ok_or(Refusal::Malformed)?;
    Request::from_packet(number, addr, kind).ok_or(Refusal::Unknown)
}

fn document(rest: &[u8]) -> Result<Command<'_>, Refusal> {
    let documents =
        [(&b":features:read:target.xml:"[..], Document::Target), (b":threads:read::", Document::Threads)];
    let found = documents.iter().find_map(|&(prefix, name)| Some((name, rest.strip_prefix(prefix)?)));
    let (name, part) = found.ok_or(Refusal::Unknown)?;
    let (offset, len) = pair(part).ok_or(Refusal::Malformed)?;
    Ok(Command::Document { name, offset, len })
}

/// Two numbers with a comma between.
fn pair(text: &[u8]) -> Option<(u64, u64)> {
    let (first, second) = split(text, b',')?;
    Some((hex::number(first)?, hex::number(second)?))
}

/// What stands before the first `at`, and what behind.
fn split(text: &[u8], at: u8) -> Option<(&[u8], &[u8])> {
    let place = text.iter().position(|byte| *byte == at)?;
    Some((&text[..place], &text[place + 1..]))
}

#[cfg(test)]
mod tests;
