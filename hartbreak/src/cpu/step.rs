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
    /// The instruction could not execute: the pc is still at it, and nothing changed. [`Hart::fault`] says why; kept out of
    /// this type, so that a step's outcome fits a register.
    Fault,
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
            return self.stopped(Cause::Fetch);
        };
        let instruction = cell.load();
        let mut executor = Executor { hart: self, ram, watch };
        let flow = process_instruction(&mut executor, instruction);
        // The common ones first, and by branches: all of them behind one jump would cost a misprediction more.
        if let Some(Ok(Flow::Next)) = flow {
            self.retire_to_next();
            Step::Retired { jumped: false }
        } else if let Some(Ok(Flow::Jumped)) = flow {
            self.retired += 1;
            Step::Retired { jumped: true }
        } else {
            executor.rest_of_step(flow, instruction)
        }
    }

    /// Why the last step that ended in [`Step::Fault`] did, if any has.
    pub fn fault(&self) -> Option<Fault> {
        self.fault
    }

    #[inline]
    fn retire_to_next(&mut self) {
        self.pc = self.pc.wrapping_add(4);
        self.retired += 1;
    }

    #[cold]
    fn stopped(&mut self, cause: Cause) -> Step {
        self.fault = Some(Fault { hart: self.id, pc: self.pc, cause });
        Step::Fault
    }
}

impl<W: Watch> Executor<'_, W> {
    /// Gives register x`number`.
    #[inline(always)]
    pub(super) fn register(&self, number: usize) -> u32 {
        self.hart.registers[number]
    }

    /// Ends a step that was neither of the common ones.
    #[cold]
    fn rest_of_step(&mut self, flow: Option<Result<Flow, Stopped>>, instruction: u32) -> Step {
        let flow = match flow {
            Some(flow) => flow,
            None => self.extension(instruction),
        };
        match flow {
            Ok(Flow::Next) => {
                self.hart.retire_to_next();
                Step::Retired { jumped: false }
            }
            Ok(Flow::Jumped) => {
                self.hart.retired += 1;
                Step::Retired { jumped: true }
            }
            Ok(Flow::Ecall) => {
                self.hart.retire_to_next();
                Step::Ecall
            }
            Ok(Flow::Ebreak) => Step::Ebreak,
            Err(Stopped) => {
                let cause = self.hart.cause.take().unwrap_or(Cause::IllegalInstruction { instruction });
                self.hart.stopped(cause)
            }
        }
    }

    /// Executes what the decoder of RV32IM does not know.
    fn extension(&mut self, instruction: u32) -> Result<Flow, Stopped> {
        match instruction & 0x7f {
            atomics::OPCODE => self.atomic(instruction),
            system::OPCODE => self.system(instruction),
            _ => Err(Stopped),
        }
    }
}
