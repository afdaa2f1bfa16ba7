//! A test that hangs says so and ends the process, instead of keeping everybody waiting.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(120);

/// Ends the watch when it is dropped.
pub struct Watchdog(#[expect(dead_code, reason = "its drop is the message")] mpsc::Sender<()>);

pub fn watch(test: &'static str) -> Watchdog {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        if receiver.recv_timeout(LIMIT) == Err(RecvTimeoutError::Timeout) {
            eprintln!("{test} has hung for {LIMIT:?}");
            std::process::abort();
        }
    });
    Watchdog(sender)
}
