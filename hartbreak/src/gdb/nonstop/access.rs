//! Registers and memory.

use super::{Answer, NonStop, Refused, ok, text};
use crate::cpu::Registers;
use crate::gdb::frame::LONGEST;
use crate::gdb::harts::{BAD_ADDRESS, INVALID};
use crate::gdb::{document, hex};

/// The number of the pc, behind those of x0 to x31.
const PC: u64 = 32;

const RUNS: Refused = Refused::Because("the thread is running");

impl NonStop {
    fn stopped(&self) -> Result<Registers, Refused> {
        self.harts.registers(self.selected).ok_or(RUNS)
    }

    fn set(&self, registers: &Registers) -> Answer {
        self.harts.set_registers(self.selected, registers).ok_or(RUNS)?;
        ok()
    }

    pub(super) fn registers(&self) -> Answer {
        let Registers { x, pc } = self.stopped()?;
        text(&document::registers(x.into_iter().chain([pc])))
    }

    pub(super) fn set_registers(&self, bytes: &[u8]) -> Answer {
        let words: Vec<u32> = bytes.chunks_exact(4).map(word).collect();
        let (x, [pc]) = words.split_at_checked(32).ok_or(Refused::Errno(INVALID))? else {
            return Err(Refused::Errno(INVALID));
        };
        let x = x.try_into().map_err(|_| Refused::Errno(INVALID))?;
        self.set(&Registers { x, pc: *pc })
    }

    pub(super) fn register(&self, number: u64) -> Answer {
        let mut registers = self.stopped()?;
        let register = register(&mut registers, number)?;
        text(&document::registers([*register]))
    }

    pub(super) fn set_register(&self, number: u64, bytes: &[u8]) -> Answer {
        let mut registers = self.stopped()?;
        let value = bytes.try_into().map_err(|_| Refused::Errno(INVALID))?;
        *register(&mut registers, number)? = u32::from_le_bytes(value);
        self.set(&registers)
    }

    /// What there is of it in RAM: less than asked for, if it ends there.
    pub(super) fn memory(&self, addr: u64, len: u64) -> Answer {
        let ram = self.harts.machine.ram();
        let addr = u32::try_from(addr).map_err(|_| Refused::Errno(BAD_ADDRESS))?;
        let rest = ram.rest(addr).ok_or(Refused::Errno(BAD_ADDRESS))?;
        let len = len.min(rest.into()).min(LONGEST as u64 / 2) as u32;
        let bytes = ram.read_bytes(addr, len).map_err(|_| Refused::Errno(BAD_ADDRESS))?;
        text(&hex::write(bytes))
    }

    pub(super) fn set_memory(&self, addr: u64, bytes: &[u8]) -> Answer {
        let addr = u32::try_from(addr).map_err(|_| Refused::Errno(BAD_ADDRESS))?;
        // Nothing at all can be written anywhere: so clients ask whether `X` is known.
        if !bytes.is_empty() {
            self.harts.machine.ram().write_bytes(addr, bytes).map_err(|_| Refused::Errno(BAD_ADDRESS))?;
        }
        ok()
    }
}

fn register(registers: &mut Registers, number: u64) -> Result<&mut u32, Refused> {
    match number {
        PC => Ok(&mut registers.pc),
        _ => registers.x.get_mut(number as usize).ok_or(Refused::Errno(INVALID)),
    }
}

fn word(bytes: &[u8]) -> u32 {
    bytes.iter().rev().fold(0, |word, byte| word << 8 | u32::from(*byte))
}
