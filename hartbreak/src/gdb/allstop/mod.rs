//! The all-stop server: packets by the crate `gdbstub`, breakpoints by the glue of `debug-tables`.
//!
//! While the client looks and works, no hart runs; when it resumes them they run until one of them stops, and then all are stopped
//! before the client is told. Several may have stopped by themselves by then: one is told, the others wait in the queue, and are
//! told when the client resumes them, if their stops still hold.

mod target;
mod wire;

use std::sync::Arc;

use gdbstub::common::Signal;
use gdbstub::stub::state_machine::GdbStubStateMachine;
use gdbstub::stub::{DisconnectReason, GdbStubBuilder, MultiThreadStopReason};

use super::event::{Why, signal};
use super::frame::LONGEST;
use super::session::{End, Session};
use crate::machine::Machine;
use target::{Emulator, tid};
use wire::Wire;

type Stub = GdbStubStateMachine<'static, Emulator, Wire>;

/// A client's session in all-stop mode.
#[expect(missing_debug_implementations, reason = "gdbstub's state machine has none")]
pub struct AllStop {
    emulator: Emulator,
    /// None once it has failed: the session is over then.
    stub: Option<Stub>,
}

impl AllStop {
    /// Stops all harts, for a client that has said nothing yet.
    pub fn new(machine: Arc<Machine>) -> Self {
        let mut emulator = Emulator::new(machine);
        emulator.harts.halt();
        let stub = GdbStubBuilder::new(Wire::default()).packet_buffer_size(LONGEST);
        let stub = stub.build().ok().and_then(|stub| stub.run_state_machine(&mut emulator).ok());
        Self { emulator, stub }
    }

    /// Gives the stub a byte, and the stop that it may wait for after that.
    fn feed(&mut self, byte: u8) {
        let fed = match self.stub.take() {
            Some(Stub::Idle(stub)) => stub.incoming_data(&mut self.emulator, byte).ok(),
            Some(Stub::Running(stub)) => stub.incoming_data(&mut self.emulator, byte).ok(),
            other => other,
        };
        self.stub = match fed {
            Some(Stub::CtrlCInterrupt(stub)) => {
                self.emulator.harts.halt();
                let first = self.emulator.harts.alive().next();
                let reason = first.map(|hart| self.reason(hart, Why::Signal(signal::INTERRUPT)));
                stub.interrupt_handled(&mut self.emulator, reason).ok()
            }
            other => other,
        };
    }

    /// Tells the stub of a stop, if it waits for one and there is one.
    fn tell(&mut self) {
        let Some(Stub::Running(stub)) = self.stub.take_if(|stub| matches!(stub, Stub::Running(_))) else {
            return;
        };
        let Some((hart, why)) = self.emulator.next_event() else {
            self.stub = Some(Stub::Running(stub));
            return;
        };
        self.emulator.harts.halt();
        let reason = self.reason(hart, why);
        self.stub = stub.report_stop(&mut self.emulator, reason).ok();
    }

    fn reason(&self, hart: u32, why: Why) -> MultiThreadStopReason<u32> {
        match why {
            Why::Met(request) => self.emulator.stop_reason(request, tid(hart)),
            Why::Signal(signal) => {
                MultiThreadStopReason::SignalWithThread { tid: tid(hart), signal: Signal(signal) }
            }
            Why::Ended => MultiThreadStopReason::Exited(0),
        }
    }

    /// What the stub has written; and whether the session is over.
    fn flush(&mut self, out: &mut Vec<u8>) -> Option<End> {
        let written = match &mut self.stub {
            Some(Stub::Idle(stub)) => stub.borrow_conn(),
            Some(Stub::Running(stub)) => stub.borrow_conn(),
            Some(Stub::CtrlCInterrupt(stub)) => stub.borrow_conn(),
            Some(Stub::Disconnected(stub)) => {
                out.append(&mut stub.borrow_conn().0);
                return Some(match stub.get_reason() {
                    DisconnectReason::Kill => End::Killed,
                    DisconnectReason::TargetExited(_) | DisconnectReason::TargetTerminated(_) => {
                        End::GuestEnded
                    }
                    DisconnectReason::Disconnect => End::Detached,
                });
            }
            None => return Some(End::Misbehaved),
        };
        out.append(&mut written.0);
        None
    }
}

impl Session for AllStop {
    fn receive(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Option<End> {
        for &byte in bytes {
            self.feed(byte);
            self.tell();
            let end = self.flush(out);
            if end.is_some() {
                return end;
            }
        }
        None
    }

    fn announce(&mut self, out: &mut Vec<u8>) -> Option<End> {
        self.tell();
        self.flush(out)
    }

    fn leave(&mut self) {
        self.emulator.leave();
    }
}
