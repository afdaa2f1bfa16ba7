//! Loads and stores: the way from an instruction to a cell of RAM.
//!
//! Called by `table` and `atomics`, with lengths that are constants there. Invariants: (1) a misaligned or
//! outside access faults before it touches a cell; (2) the watch hears of an access after it took effect.

use rrs_lib::instruction_formats::{IType, SType};

use super::step::{Executor, Flow, Stopped};
use super::{Access, AccessKind, Cause, Watch};
use crate::ram::{Cell, shift};

impl<'a, W: Watch> Executor<'a, W> {
    /// Loads `len` bytes into rd, widened by `extend`.
    #[inline(always)]
    pub(super) fn load(
        &mut self,
        insn: IType,
        len: u32,
        extend: impl Fn(u32) -> u32,
    ) -> Result<Flow, Stopped> {
        let addr = self.register(insn.rs1).wrapping_add(insn.imm as u32);
        let Some(cell) = self.find(addr, len) else {
            return Err(self.refuse(addr, len, AccessKind::Read));
        };
        let read = cell.load() >> shift(addr) & mask(len);
        self.hart.set_register(insn.rd, extend(read));
        self.watch.accessed(Access { addr, len, kind: AccessKind::Read, read, written: 0 });
        Ok(Flow::Next)
    }

    /// Stores the low `len` bytes of rs2.
    #[inline(always)]
    pub(super) fn store(&mut self, insn: SType, len: u32) -> Result<Flow, Stopped> {
        let addr = self.register(insn.rs1).wrapping_add(insn.imm as u32);
        let Some(cell) = self.find(addr, len) else {
            return Err(self.refuse(addr, len, AccessKind::Write));
        };
        let written = self.register(insn.rs2) & mask(len);
        let tag = self.hart.tags.next();
        if len == 4 {
            cell.store(written, tag);
        } else {
            cell.merge(written << shift(addr), mask(len) << shift(addr), tag);
        }
        self.watch.accessed(Access { addr, len, kind: AccessKind::Write, read: 0, written });
        Ok(Flow::Next)
    }

    /// Finds the cell of an access, if it is aligned and in RAM.
    #[inline(always)]
    pub(super) fn find(&self, addr: u32, len: u32) -> Option<&'a Cell> {
        match len {
            4 => self.ram.word(addr),
            _ if addr % len != 0 => None,
            _ => self.ram.cell(addr),
        }
    }

    /// Notes why an access found no cell.
    #[cold]
    pub(super) fn refuse(&mut self, addr: u32, len: u32, kind: AccessKind) -> Stopped {
        self.hart.cause = Some(match addr % len {
            0 => Cause::OutsideRam { addr, len, kind },
            _ => Cause::Misaligned { addr, len, kind },
        });
        Stopped
    }
}

/// Gives the bits of an access of `len` bytes.
#[inline(always)]
fn mask(len: u32) -> u32 {
    u32::MAX >> (32 - 8 * len)
}
