//! What a client is told: a hart has stopped, and why.

use debug_tables::gdb::Request;

use crate::cpu::{Cause, Fault};
use crate::machine::State;

/// GDB's numbers of signals.
pub mod signal {
    pub const NONE: u8 = 0;
    pub const INTERRUPT: u8 = 2;
    pub const ILLEGAL: u8 = 4;
    pub const TRAP: u8 = 5;
    pub const BUS: u8 = 10;
    pub const SEGMENT: u8 = 11;
}

/// Why a hart has stopped, in a client's terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// It met what the client has asked for.
    Met(Request),
    /// A signal: the end of a step, an interrupt, a breakpoint of the monitor's, a fault.
    Signal(u8),
    /// The guest has ended it: no thread is there any more.
    Ended,
}

/// The reason of a hart that has ended. None if it has not.
pub fn end(state: State) -> Option<Why> {
    Some(match state {
        State::Running | State::Stopped(_) => return None,
        State::Exited(_) | State::Gone => Why::Ended,
        State::Ebreak(_) => Why::Signal(signal::TRAP),
        State::Faulted(Fault { cause, .. }) => Why::Signal(match cause {
            Cause::IllegalInstruction { .. } => signal::ILLEGAL,
            Cause::Misaligned { .. } | Cause::MisalignedJump { .. } => signal::BUS,
            Cause::Fetch | Cause::OutsideRam { .. } => signal::SEGMENT,
        }),
    })
}
