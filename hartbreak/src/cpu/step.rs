//! The step: one instruction from fetch to outcome.
//!
//! Called by the hart's thread for every instruction, so everything on the way to [`Step::Retired`] is
//! inlined into the caller's loop, and whatever is rare is kept out of line.

use rrs_lib::process_instruction;

use super::{Cause, Fault, Hart, Watch, atomics, system};
use crate::ram::Ram;

/// Tells what one step did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Step {
    /// The instruction retired.
    Retired {
        /// Whether it was a jump or a taken branch, so that a straight run of instructions (a block) ends
        /// with it.
        jumped: bool,
    },
    /// An `ecall` retired: the pc is behind it, a7 names the service, a0 to a6 hold the arguments.
    Ecall,
    /// An `ebreak` was met: the pc is still at it, and it does not count as retired.
    Ebreak,
    /// The instruction could not execute: the pc is still at it, and nothing changed.
    Fault(Fault),
}

/// What an instruction does to the flow of control.
pub(super) enum Flow {
    Next,
    Jumped,
    Ecall,
    Ebreak,
}

/// The instruction cannot execute. The reason is in the hart's `cause`, or, if that is empty, that it is
/// illegal: kept out of this type, so that every instruction's result fits a byte.
pub(super) struct Stopped;

/// Executes one instruction of a hart.
pub(super) struct Executor<'a, W> {
    pub(super) hart: &'a mut Hart,
    pub(super) ram: &'a Ram,
    pub(super) watch: &'a mut W,
}

impl Hart {
    /// Executes one instruction; `watch` hears of its data accesses. Instruction fetch is not a data access.
    #[inline]
    pub fn step<W: Watch>(&mut self, ram: &Ram, watch: &mut W) -> Step {
        let Some(cell) = ram.word(self.pc) else {
            return self.fault(Cause::Fetch);
        };
        let instruction = cell.load();
        let mut executor = Executor { hart: self, ram, watch };
        let flow = match process_instruction(&mut executor, instruction) {
            Some(flow) => flow,
            None => executor.extension(instruction),
        };
        match flow {
            Ok(Flow::Next) => {
                self.retire_to_next();
                Step::Retired { jumped: false }
            }
            Ok(Flow::Jumped) => {
                self.retired += 1;
                Step::Retired { jumped: true }
            }
            Ok(Flow::Ecall) => {
                self.retire_to_next();
                Step::Ecall
            }
            Ok(Flow::Ebreak) => Step::Ebreak,
            Err(Stopped) => {
                let cause = self.cause.take().unwrap_or(Cause::IllegalInstruction { instruction });
                self.fault(cause)
            }
        }
    }

    #[inline]
    fn retire_to_next(&mut self) {
        self.pc = self.pc.wrapping_add(4);
        self.retired += 1;
    }

    #[cold]
    fn fault(&self, cause: Cause) -> Step {
        Step::Fault(Fault { hart: self.id, pc: self.pc, cause })
    }
}

impl<W: Watch> Executor<'_, W> {
    /// Gives register x`number`.
    #[inline(always)]
    pub(super) fn register(&self, number: usize) -> u32 {
        self.hart.registers[number]
    }

    /// Executes what the decoder of RV32IM does not know.
    #[cold]
    fn extension(&mut self, instruction: u32) -> Result<Flow, Stopped> {
        match instruction & 0x7f {
            atomics::OPCODE => self.atomic(instruction),
            system::OPCODE => self.system(instruction),
            _ => Err(Stopped),
        }
    }
}
