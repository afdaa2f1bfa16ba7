//! The A extension: LR, SC and the AMOs, atomic between host threads.
//!
//! LR remembers the whole cell, its store tag included, and SC exchanges the cell only if it is still the
//! same: any store in between, by whoever and of whatever value, made it another (`ram::tag` says how far
//! that holds). Invariants: (1) a hart has at most one reservation, which any SC ends; (2) an SC that fails
//! writes nothing and is no access; (3) an access with aq or rl has a fence on both sides, so that it is
//! ordered with every other such access, as RISC-V's RCsc annotations are.

use rrs_lib::instruction_formats::RType;

use super::step::{Executor, Flow, Stopped};
use super::{Access, AccessKind, Watch};
use crate::ram::{Snapshot, fence};

/// The major opcode AMO.
pub(super) const OPCODE: u32 = 0x2f;

/// Instructions that may retire from LR to SC; a later SC fails. RISC-V guarantees success for loops of at
/// most 16 instructions; the bound is there because store tags wrap.
pub const RESERVATION_LIFE: u64 = 128;

const WORD: u32 = 0b010;
const LR: u32 = 0b00010;
const SC: u32 = 0b00011;
const AQ_OR_RL: u32 = 0b11;

/// What LR leaves for SC.
#[derive(Debug)]
pub(super) struct Reservation {
    addr: u32,
    snapshot: Snapshot,
    /// The count of retired instructions after which it is lost.
    expires: u64,
}

impl<W: Watch> Executor<'_, W> {
    /// Executes an instruction of the AMO opcode.
    pub(super) fn atomic(&mut self, instruction: u32) -> Result<Flow, Stopped> {
        let insn = RType::new(instruction);
        let operation = insn.funct7 >> 2;
        if insn.funct3 != WORD || operation == LR && insn.rs2 != 0 {
            return Err(Stopped);
        }
        let ordered = insn.funct7 & AQ_OR_RL != 0;
        if ordered {
            fence();
        }
        let flow = match operation {
            LR => self.load_reserved(insn),
            SC => self.store_conditional(insn),
            _ => self.amo(insn, modification(operation).ok_or(Stopped)?),
        };
        if ordered {
            fence();
        }
        flow
    }

    fn load_reserved(&mut self, insn: RType) -> Result<Flow, Stopped> {
        let addr = self.register(insn.rs1);
        let Some(cell) = self.find(addr, 4) else {
            return Err(self.refuse(addr, 4, AccessKind::Read));
        };
        let snapshot = cell.reserve();
        let expires = self.hart.retired + RESERVATION_LIFE;
        self.hart.reservation = Some(Reservation { addr, snapshot, expires });
        let read = snapshot.value();
        self.watch.accessed(Access { addr, len: 4, kind: AccessKind::Read, read, written: 0 });
        self.finish(insn.rd, read)
    }

    fn store_conditional(&mut self, insn: RType) -> Result<Flow, Stopped> {
        let addr = self.register(insn.rs1);
        if self.find(addr, 4).is_none() {
            return Err(self.refuse(addr, 4, AccessKind::Write));
        }
        let written = self.register(insn.rs2);
        let succeeded = self.exchange_reserved(addr, written);
        if succeeded {
            self.watch.accessed(Access { addr, len: 4, kind: AccessKind::Write, read: 0, written });
        }
        self.finish(insn.rd, u32::from(!succeeded))
    }

    /// Ends the reservation; stores `value` if it was a live one of `addr`, whose cell has not changed since.
    fn exchange_reserved(&mut self, addr: u32, value: u32) -> bool {
        let Some(reservation) = self.hart.reservation.take() else { return false };
        if reservation.addr != addr || self.hart.retired > reservation.expires {
            return false;
        }
        let tag = self.hart.tags.next();
        self.ram.word(addr).is_some_and(|cell| cell.store_if_unchanged(reservation.snapshot, value, tag))
    }

    fn amo(&mut self, insn: RType, modify: fn(u32, u32) -> u32) -> Result<Flow, Stopped> {
        let addr = self.register(insn.rs1);
        let operand = self.register(insn.rs2);
        let tag = self.hart.tags.next();
        let Some(cell) = self.find(addr, 4) else {
            return Err(self.refuse(addr, 4, AccessKind::ReadWrite));
        };
        let (read, written) = cell.update(tag, |old| modify(old, operand));
        self.watch.accessed(Access { addr, len: 4, kind: AccessKind::ReadWrite, read, written });
        self.finish(insn.rd, read)
    }
}

/// Gives what the AMO numbered `operation` makes of the word in memory and of rs2.
fn modification(operation: u32) -> Option<fn(u32, u32) -> u32> {
    Some(match operation {
        0b00000 => u32::wrapping_add,
        0b00001 => |_, operand| operand,
        0b00100 => |old, operand| old ^ operand,
        0b01000 => |old, operand| old | operand,
        0b01100 => |old, operand| old & operand,
        0b10000 => |old, operand| (old as i32).min(operand as i32) as u32,
        0b10100 => |old, operand| (old as i32).max(operand as i32) as u32,
        0b11000 => u32::min,
        0b11100 => u32::max,
        _ => return None,
    })
}
