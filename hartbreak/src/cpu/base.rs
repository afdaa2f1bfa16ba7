//! RV32IM by form: what all instructions with the same operands have in common.
//!
//! Called by `table`, which supplies each instruction's own operation. Invariant: a function either does all
//! of its instruction or returns before it changed anything. All are forced inline, so that the operation, a
//! constant of the caller, is compiled into one body per instruction.

use rrs_lib::instruction_formats::{BType, IType, ITypeShamt, JType, RType, UType};

use super::step::{Executor, Flow, Stopped};
use super::{Cause, Watch};
use crate::ram::fence;

impl<W: Watch> Executor<'_, W> {
    /// Ends an instruction whose last effect is a register's new value.
    #[inline(always)]
    pub(super) fn finish(&mut self, rd: usize, value: u32) -> Result<Flow, Stopped> {
        self.hart.set_register(rd, value);
        Ok(Flow::Next)
    }

    /// Combines rs1 and rs2 into rd.
    #[inline(always)]
    pub(super) fn registers(
        &mut self,
        insn: RType,
        operation: impl Fn(u32, u32) -> u32,
    ) -> Result<Flow, Stopped> {
        let result = operation(self.register(insn.rs1), self.register(insn.rs2));
        self.finish(insn.rd, result)
    }

    /// Combines rs1 and the sign-extended immediate into rd.
    #[inline(always)]
    pub(super) fn immediate(
        &mut self,
        insn: IType,
        operation: impl Fn(u32, u32) -> u32,
    ) -> Result<Flow, Stopped> {
        let result = operation(self.register(insn.rs1), insn.imm as u32);
        self.finish(insn.rd, result)
    }

    /// Shifts rs1 by a constant into rd. The decoder does not check the left shift's upper bits; this does.
    #[inline(always)]
    pub(super) fn shift(
        &mut self,
        insn: ITypeShamt,
        funct7: u32,
        operation: impl Fn(u32, u32) -> u32,
    ) -> Result<Flow, Stopped> {
        if insn.funct7 != funct7 {
            return Err(Stopped);
        }
        let result = operation(self.register(insn.rs1), insn.shamt);
        self.finish(insn.rd, result)
    }

    /// Puts the upper immediate, added to `base`, into rd.
    #[inline(always)]
    pub(super) fn upper(&mut self, insn: UType, base: u32) -> Result<Flow, Stopped> {
        self.finish(insn.rd, base.wrapping_add(insn.imm as u32))
    }

    /// Jumps if rs1 and rs2 meet the condition.
    #[inline(always)]
    pub(super) fn branch(
        &mut self,
        insn: BType,
        condition: impl Fn(u32, u32) -> bool,
    ) -> Result<Flow, Stopped> {
        if !condition(self.register(insn.rs1), self.register(insn.rs2)) {
            return Ok(Flow::Next);
        }
        self.jump(self.hart.pc.wrapping_add(insn.imm as u32))
    }

    /// Jumps from here, and leaves the address of the next instruction in rd.
    #[inline(always)]
    pub(super) fn call(&mut self, insn: JType) -> Result<Flow, Stopped> {
        self.jump_and_link(insn.rd, self.hart.pc.wrapping_add(insn.imm as u32))
    }

    /// Jumps from rs1, and leaves the address of the next instruction in rd, which may be rs1.
    #[inline(always)]
    pub(super) fn call_register(&mut self, insn: IType) -> Result<Flow, Stopped> {
        if insn.funct3 != 0 {
            return Err(Stopped);
        }
        self.jump_and_link(insn.rd, self.register(insn.rs1).wrapping_add(insn.imm as u32) & !1)
    }

    /// Orders memory accesses; every kind of guest fence takes the strongest of the host.
    pub(super) fn order(&mut self, _: IType) -> Result<Flow, Stopped> {
        fence();
        Ok(Flow::Next)
    }

    #[inline(always)]
    fn jump(&mut self, target: u32) -> Result<Flow, Stopped> {
        if target % 4 != 0 {
            return Err(self.refuse_jump(target));
        }
        self.hart.pc = target;
        Ok(Flow::Jumped)
    }

    #[inline(always)]
    fn jump_and_link(&mut self, rd: usize, target: u32) -> Result<Flow, Stopped> {
        let link = self.hart.pc.wrapping_add(4);
        let flow = self.jump(target)?;
        self.hart.set_register(rd, link);
        Ok(flow)
    }

    #[cold]
    fn refuse_jump(&mut self, target: u32) -> Stopped {
        self.hart.cause = Some(Cause::MisalignedJump { target });
        Stopped
    }
}
