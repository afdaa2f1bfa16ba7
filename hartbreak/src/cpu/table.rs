//! RV32IM as a table: for each instruction that the decoder of `rrs-lib` knows, its form and its operation.
//!
//! The executor that `rrs-lib` brings is not used: it logs each register write, lets misaligned jumps and
//! some illegal shifts pass, treats `fence` as nothing, and wants memory that is `'static`.

use rrs_lib::InstructionProcessor;
use rrs_lib::instruction_formats::{BType, IType, ITypeShamt, JType, RType, SType, UType};

use super::Watch;
use super::step::{Executor, Flow, Stopped};

/// `callback(format): form(operation);` lines, each a function that hands its instruction to the form's
/// function.
macro_rules! instructions {
    ($($callback:ident($format:ty): $form:ident($($operand:expr),*);)*) => {$(
        #[inline(always)]
        fn $callback(&mut self, insn: $format) -> Self::InstructionResult {
            self.$form(insn, $($operand),*)
        }
    )*};
}

impl<W: Watch> InstructionProcessor for Executor<'_, W> {
    type InstructionResult = Result<Flow, Stopped>;

    instructions! {
        process_add(RType): registers(u32::wrapping_add);
        process_sub(RType): registers(u32::wrapping_sub);
        process_sll(RType): registers(u32::wrapping_shl);
        process_slt(RType): registers(less);
        process_sltu(RType): registers(|a, b| u32::from(a < b));
        process_xor(RType): registers(|a, b| a ^ b);
        process_srl(RType): registers(u32::wrapping_shr);
        process_sra(RType): registers(shift_arithmetic);
        process_or(RType): registers(|a, b| a | b);
        process_and(RType): registers(|a, b| a & b);

        process_addi(IType): immediate(u32::wrapping_add);
        process_slti(IType): immediate(less);
        process_sltui(IType): immediate(|a, b| u32::from(a < b));
        process_xori(IType): immediate(|a, b| a ^ b);
        process_ori(IType): immediate(|a, b| a | b);
        process_andi(IType): immediate(|a, b| a & b);
        process_slli(ITypeShamt): shift(0x00, u32::wrapping_shl);
        process_srli(ITypeShamt): shift(0x00, u32::wrapping_shr);
        process_srai(ITypeShamt): shift(0x20, shift_arithmetic);

        process_mul(RType): registers(u32::wrapping_mul);
        process_mulh(RType): registers(|a, b| ((i64::from(a as i32) * i64::from(b as i32)) >> 32) as u32);
        process_mulhu(RType): registers(|a, b| ((u64::from(a) * u64::from(b)) >> 32) as u32);
        process_mulhsu(RType): registers(|a, b| ((i64::from(a as i32) * i64::from(b)) >> 32) as u32);
        // Division by zero does not trap: the specification names its results.
        process_div(RType): registers(|a, b| match b {
            0 => u32::MAX,
            _ => (a as i32).wrapping_div(b as i32) as u32,
        });
        process_divu(RType): registers(|a, b| a.checked_div(b).unwrap_or(u32::MAX));
        process_rem(RType): registers(|a, b| match b {
            0 => a,
            _ => (a as i32).wrapping_rem(b as i32) as u32,
        });
        process_remu(RType): registers(|a, b| a.checked_rem(b).unwrap_or(a));

        process_beq(BType): branch(|a, b| a == b);
        process_bne(BType): branch(|a, b| a != b);
        process_blt(BType): branch(|a, b| (a as i32) < b as i32);
        process_bltu(BType): branch(|a, b| a < b);
        process_bge(BType): branch(|a, b| a as i32 >= b as i32);
        process_bgeu(BType): branch(|a, b| a >= b);
        process_jal(JType): call();
        process_jalr(IType): call_register();
        process_lui(UType): upper(0);

        process_lb(IType): load(1, |value| value as i8 as u32);
        process_lbu(IType): load(1, |value| value);
        process_lh(IType): load(2, |value| value as i16 as u32);
        process_lhu(IType): load(2, |value| value);
        process_lw(IType): load(4, |value| value);
        process_sb(SType): store(1);
        process_sh(SType): store(2);
        process_sw(SType): store(4);
        process_fence(IType): order();
    }

    #[inline(always)]
    fn process_auipc(&mut self, insn: UType) -> Self::InstructionResult {
        self.upper(insn, self.hart.pc)
    }
}

#[inline(always)]
fn less(a: u32, b: u32) -> u32 {
    u32::from((a as i32) < b as i32)
}

#[inline(always)]
fn shift_arithmetic(a: u32, b: u32) -> u32 {
    (a as i32).wrapping_shr(b) as u32
}
