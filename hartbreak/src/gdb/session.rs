//! What a server's transport knows of a session: bytes in, bytes out.

use std::fmt;

/// A client's session.
pub trait Session: Send {
    /// Bytes have come from the client. What it is to be sent is appended to `out`. Some if the session is over.
    fn receive(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Option<End>;

    /// A hart may have stopped. As [`receive`](Self::receive).
    fn announce(&mut self, out: &mut Vec<u8>) -> Option<End>;

    /// The client is gone, or has been told that the session is over: nothing of it stays.
    fn leave(&mut self);
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Detached => "the client has left",
            Self::Misbehaved => "the client was left, for what it sent",
            Self::Killed => "the client has killed the guest",
            Self::GuestEnded => "the guest has ended",
        })
    }
}

/// Why a session is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The client has detached.
    Detached,
    /// The client has sent what no client sends.
    Misbehaved,
    /// The client wants the guest gone.
    Killed,
    /// The guest has ended.
    GuestEnded,
}
