//! Helpers: instruction encoders, a small machine, and a watch that writes down what it hears.

use hartbreak::cpu::{Access, Hart, Step, Watch};
use hartbreak::ram::{BASE, Ram};

/// Address of data that no code of a test reaches.
pub const DATA: u32 = BASE + 0x800;

pub const ECALL: u32 = 0x0000_0073;
pub const EBREAK: u32 = 0x0010_0073;
pub const NOP: u32 = 0x0000_0013;

pub const LR: u32 = 0b00010;
pub const SC: u32 = 0b00011;

/// Encodes an instruction of two registers into a third.
pub fn r(opcode: u32, funct3: u32, funct7: u32, rd: u32, rs1: u32, rs2: u32) -> u32 {
    funct7 << 25 | rs2 << 20 | rs1 << 15 | funct3 << 12 | rd << 7 | opcode
}

/// Encodes an instruction with a 12-bit immediate.
pub fn i(opcode: u32, funct3: u32, rd: u32, rs1: u32, imm: i32) -> u32 {
    (imm as u32) << 20 | rs1 << 15 | funct3 << 12 | rd << 7 | opcode
}

/// Encodes a store of rs2.
pub fn s(funct3: u32, rs1: u32, rs2: u32, imm: i32) -> u32 {
    let imm = imm as u32;
    r(0x23, funct3, imm >> 5 & 0x7f, imm & 0x1f, rs1, rs2)
}

/// Encodes an instruction of the A extension; no aq, no rl.
pub fn amo(operation: u32, rd: u32, rs1: u32, rs2: u32) -> u32 {
    r(0x2f, 0b010, operation << 2, rd, rs1, rs2)
}

/// Encodes a CSR instruction.
pub fn csr(funct3: u32, rd: u32, rs1: u32, number: u32) -> u32 {
    i(0x73, funct3, rd, rs1, number as i32)
}

/// Writes down every access.
#[derive(Debug, Default)]
pub struct Log(pub Vec<Access>);

impl Watch for Log {
    fn accessed(&mut self, access: Access) {
        self.0.push(access);
    }
}

/// One hart over a RAM of one page, with x1 at [`DATA`].
pub struct Machine {
    pub ram: Ram,
    pub hart: Hart,
    pub log: Log,
}

impl Machine {
    pub fn new(code: &[u32]) -> Self {
        let ram = Ram::new(0x1000).unwrap();
        for (at, &word) in (BASE..).step_by(4).zip(code) {
            ram.write_u32(at, word).unwrap();
        }
        let mut hart = Hart::new(0, BASE);
        hart.set_register(1, DATA);
        Self { ram, hart, log: Log::default() }
    }

    pub fn step(&mut self) -> Step {
        self.hart.step(&self.ram, &mut self.log)
    }

    /// Steps `count` times over instructions that must retire.
    pub fn retire(&mut self, count: u32) {
        for _ in 0..count {
            let step = self.step();
            assert!(matches!(step, Step::Retired { .. }), "{step:?}");
        }
    }

    pub fn data(&self) -> u32 {
        self.ram.read_u32(DATA).unwrap()
    }
}

/// Executes one instruction with x2 and x3 set, and gives x4.
pub fn compute(instruction: u32, x2: u32, x3: u32) -> u32 {
    let mut machine = Machine::new(&[instruction]);
    machine.hart.set_register(2, x2);
    machine.hart.set_register(3, x3);
    machine.retire(1);
    machine.hart.register(4)
}
