//! The SYSTEM opcode: `ecall`, `ebreak`, and the CSR instructions over the few CSRs that a guest here needs.
//!
//! The CSRs are the hart's number, its counters of retired instructions (cycles are the same) and a scratch
//! word. Anything else is an illegal instruction, so that a guest which relies on more is told so at once.

use rrs_lib::instruction_formats::{IType, OPCODE_SYSTEM};

use super::step::{Executor, Flow, Stopped};
use super::{Hart, Watch};

/// The major opcode SYSTEM.
pub(super) const OPCODE: u32 = OPCODE_SYSTEM;

const ECALL: u32 = 0x0000_0073;
const EBREAK: u32 = 0x0010_0073;

const MSCRATCH: u32 = 0x340;
const CYCLE: u32 = 0xc00;
const INSTRET: u32 = 0xc02;
const CYCLEH: u32 = 0xc80;
const INSTRETH: u32 = 0xc82;
const MHARTID: u32 = 0xf14;

impl<W: Watch> Executor<'_, W> {
    /// Executes an instruction of the SYSTEM opcode.
    pub(super) fn system(&mut self, instruction: u32) -> Result<Flow, Stopped> {
        match instruction {
            ECALL => Ok(Flow::Ecall),
            EBREAK => Ok(Flow::Ebreak),
            _ => self.csr(IType::new(instruction), instruction >> 20),
        }
    }

    fn csr(&mut self, insn: IType, csr: u32) -> Result<Flow, Stopped> {
        let old = self.hart.csr(csr).ok_or(Stopped)?;
        // The upper three forms have a five-bit operand in the place of rs1's number.
        let operand = if insn.funct3 < 0b100 { self.register(insn.rs1) } else { insn.rs1 as u32 };
        let new = match insn.funct3 & 0b11 {
            0b01 => Some(operand),
            // Setting or clearing with x0 or 0 is a pure read, which a read-only CSR allows.
            0b10 => (insn.rs1 != 0).then_some(old | operand),
            0b11 => (insn.rs1 != 0).then_some(old & !operand),
            _ => return Err(Stopped),
        };
        if let Some(new) = new {
            self.hart.set_csr(csr, new)?;
        }
        self.finish(insn.rd, old)
    }
}

impl Hart {
    fn csr(&self, csr: u32) -> Option<u32> {
        Some(match csr {
            MSCRATCH => self.mscratch,
            CYCLE | INSTRET => self.retired as u32,
            CYCLEH | INSTRETH => (self.retired >> 32) as u32,
            MHARTID => self.id,
            _ => return None,
        })
    }

    fn set_csr(&mut self, csr: u32, value: u32) -> Result<(), Stopped> {
        match csr {
            MSCRATCH => self.mscratch = value,
            _ => return Err(Stopped),
        }
        Ok(())
    }
}
