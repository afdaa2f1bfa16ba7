//! Stop replies.

use debug_tables::gdb::{Request, WatchKind};

use super::NonStop;
use crate::gdb::event::{Why, signal};

/// A hart's thread, as packets name it.
pub fn thread(hart: u32) -> String {
    format!("{:x}", hart + 1)
}

impl NonStop {
    /// What the client is told of a hart that has stopped.
    pub(super) fn stop_reply(&self, hart: u32, why: Why) -> String {
        let (thread, trap) = (thread(hart), signal::TRAP);
        match why {
            Why::Met(Request::Software { .. }) => format!("T{trap:02x}swbreak:;thread:{thread};"),
            Why::Met(Request::Hardware { .. }) => format!("T{trap:02x}hwbreak:;thread:{thread};"),
            Why::Met(Request::Watch { addr, kind, .. }) => {
                let kind = match kind {
                    WatchKind::Write => "watch",
                    WatchKind::Read => "rwatch",
                    WatchKind::Access => "awatch",
                };
                format!("T{trap:02x}{kind}:{addr:x};thread:{thread};")
            }
            Why::Signal(signal) => format!("T{signal:02x}thread:{thread};"),
            // The end of the last is the end of the process.
            Why::Ended if self.harts.alive().next().is_none() => "W00".to_owned(),
            Why::Ended => format!("w00;{thread}"),
        }
    }
}
