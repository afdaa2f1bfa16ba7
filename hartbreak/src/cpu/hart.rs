//! The state of one hart, as its owner sees it between two steps.

use super::atomics::Reservation;
use super::{Cause, Fault};
use crate::ram::{MAX_HARTS, StoreTags};

/// Register number of a0, the first argument and the result of an `ecall`; a1 to a7 follow it.
pub const A0: usize = 10;
/// Register number of a7, which names the service that an `ecall` wants.
pub const A7: usize = 17;

/// What a debugger may see and change of a hart that waits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Registers {
    /// x0 to x31.
    pub x: [u32; 32],
    /// The address of the next instruction.
    pub pc: u32,
}

/// The state of one hart.
#[derive(Debug)]
pub struct Hart {
    pub(super) registers: [u32; 32],
    pub(super) pc: u32,
    pub(super) retired: u64,
    pub(super) id: u32,
    pub(super) mscratch: u32,
    pub(super) tags: StoreTags,
    pub(super) reservation: Option<Reservation>,
    /// Why the instruction in hand cannot execute; set on the way out to the step, which takes it.
    pub(super) cause: Option<Cause>,
    /// The last step that could not execute.
    pub(super) fault: Option<Fault>,
}

impl Hart {
    /// Makes hart number `id`, about to execute the instruction at `pc` with all registers zero but a0, which
    /// is the hart's number.
    ///
    /// # Panics
    /// If `id` is not less than [`MAX_HARTS`]. Two harts over one RAM must not have the same number: SC tells
    /// their stores apart by it.
    pub fn new(id: u32, pc: u32) -> Self {
        assert!(id < MAX_HARTS, "hart number {id}: only {MAX_HARTS} harts can share a RAM");
        let mut registers = [0; 32];
        registers[A0] = id;
        let tags = StoreTags::new(id);
        Self { registers, pc, retired: 0, id, mscratch: 0, tags, reservation: None, cause: None, fault: None }
    }

    /// Gives the hart's number (the guest's `mhartid`).
    pub fn id(&self) -> u32 {
        self.id
    }

    /// Gives the address of the next instruction.
    #[inline]
    pub fn pc(&self) -> u32 {
        self.pc
    }

    /// Continues at `pc` instead.
    pub fn set_pc(&mut self, pc: u32) {
        self.pc = pc;
    }

    /// Gives register x`number`.
    ///
    /// # Panics
    /// If `number` is 32 or more.
    #[inline]
    pub fn register(&self, number: usize) -> u32 {
        self.registers[number]
    }

    /// Sets register x`number`; x0 stays zero.
    ///
    /// # Panics
    /// If `number` is 32 or more.
    #[inline]
    pub fn set_register(&mut self, number: usize, value: u32) {
        // Undoing a write to x0 is cheaper than a branch on every write.
        self.registers[number] = value;
        self.registers[0] = 0;
    }

    /// Gives all registers.
    pub fn registers(&self) -> Registers {
        Registers { x: self.registers, pc: self.pc }
    }

    /// Sets all registers; x0 stays zero. A pc that is no address of an instruction faults at the next step.
    pub fn set_registers(&mut self, registers: &Registers) {
        self.registers = registers.x;
        self.registers[0] = 0;
        self.pc = registers.pc;
    }

    /// Gives the number of instructions retired so far (the guest's `instret`).
    #[inline]
    pub fn retired(&self) -> u64 {
        self.retired
    }
}
