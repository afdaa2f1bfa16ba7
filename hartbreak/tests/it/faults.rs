//! Instructions that cannot execute: each says why, and has changed nothing.

use hartbreak::cpu::{AccessKind, Cause, Fault, Step};
use hartbreak::ram::BASE;

use crate::machine::{LR, Machine, SC, amo, csr, i, r, s};

/// Executes `instruction`, with x1 at `addr`, and gives the cause of the fault it must have.
fn cause(instruction: u32, addr: u32) -> Cause {
    let mut machine = Machine::new(&[instruction]);
    machine.hart.set_register(1, addr);
    machine.hart.set_register(4, 44);
    let before = machine.ram.read_bytes(BASE, 0x1000).unwrap();
    assert_eq!(machine.step(), Step::Fault, "{instruction:#010x}");
    let Fault { hart, pc, cause } = machine.hart.fault().expect("it said so");
    assert_eq!([hart, pc], [0, BASE]);
    assert_eq!([machine.hart.pc(), machine.hart.register(4), machine.hart.retired() as u32], [BASE, 44, 0]);
    assert_eq!(machine.ram.read_bytes(BASE, 0x1000).unwrap(), before);
    assert!(machine.log.0.is_empty());
    cause
}

#[test]
fn bits_that_are_no_instruction_are_illegal() {
    let illegal = [
        0,
        u32::MAX,
        r(0x33, 0, 0x7f, 4, 1, 1),    // no such operation
        i(0x13, 1, 4, 1, 0x400),      // left shift with the bit of the arithmetic right shift
        i(0x67, 1, 4, 1, 0),          // jalr with a funct3
        i(0x03, 3, 4, 1, 0),          // ld
        i(0x0f, 1, 0, 0, 0),          // fence.i
        r(0x2f, 3, LR << 2, 4, 1, 0), // lr.d
        amo(LR, 4, 1, 1),             // lr with an rs2
        amo(0b00101, 4, 1, 1),        // amocas
        csr(2, 4, 0, 0x300),          // mstatus
        csr(1, 4, 1, 0xf14),          // a write to mhartid
        csr(2, 4, 1, 0xc00),          // a set of cycle
        csr(4, 4, 1, 0x340),          // no such CSR instruction
        0x3020_0073,                  // mret
    ];
    for instruction in illegal {
        assert_eq!(cause(instruction, BASE), Cause::IllegalInstruction { instruction });
    }
}

#[test]
fn accesses_outside_ram_fault_with_their_kind() {
    let accesses = [
        (i(0x03, 2, 4, 1, 0), AccessKind::Read),
        (s(2, 1, 2, 0), AccessKind::Write),
        (amo(LR, 4, 1, 0), AccessKind::Read),
        (amo(SC, 4, 1, 2), AccessKind::Write),
        (amo(0, 4, 1, 2), AccessKind::ReadWrite),
    ];
    for (instruction, kind) in accesses {
        for addr in [0, BASE - 4, BASE + 0x1000, u32::MAX - 3] {
            assert_eq!(cause(instruction, addr), Cause::OutsideRam { addr, len: 4, kind });
        }
        for addr in [BASE + 1, BASE + 2, BASE + 0xfff] {
            assert_eq!(cause(instruction, addr), Cause::Misaligned { addr, len: 4, kind });
        }
    }
}

#[test]
fn accesses_of_parts_fault_as_those_of_words_do() {
    let kind = AccessKind::Read;
    assert_eq!(cause(i(0x03, 1, 4, 1, 0), BASE + 1), Cause::Misaligned { addr: BASE + 1, len: 2, kind });
    assert_eq!(cause(i(0x03, 0, 4, 1, 0), BASE - 1), Cause::OutsideRam { addr: BASE - 1, len: 1, kind });
    let kind = AccessKind::Write;
    assert_eq!(cause(s(1, 1, 2, 0), BASE + 3), Cause::Misaligned { addr: BASE + 3, len: 2, kind });
    assert_eq!(cause(s(0, 1, 2, 0), BASE + 0x1000), Cause::OutsideRam { addr: BASE + 0x1000, len: 1, kind });
}

#[test]
fn a_misaligned_jump_faults_before_it_links() {
    assert_eq!(cause(i(0x67, 0, 4, 1, 2), BASE), Cause::MisalignedJump { target: BASE + 2 });
}

#[test]
fn a_fetch_from_outside_ram_faults() {
    for pc in [0, BASE - 4, BASE + 2, BASE + 0x1000] {
        let mut machine = Machine::new(&[]);
        machine.hart.set_pc(pc);
        assert_eq!(machine.step(), Step::Fault);
        assert_eq!(machine.hart.fault(), Some(Fault { hart: 0, pc, cause: Cause::Fetch }));
    }
}

#[test]
fn the_message_names_hart_pc_and_address() {
    let cause = Cause::OutsideRam { addr: 0x10, len: 2, kind: AccessKind::Write };
    let message = Fault { hart: 3, pc: BASE, cause }.to_string();
    assert_eq!(
        message,
        "guest fault: hart 3 at pc 0x80000000: 2-byte write of address 0x00000010 outside RAM"
    );
}

#[test]
fn random_bits_never_panic_whatever_the_registers_hold() {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 16) as u32
    };
    let mut machine = Machine::new(&[]);
    for _ in 0..200_000 {
        machine.ram.write_u32(BASE, random() << 2 | 0b11).unwrap();
        // Small values near RAM, and anything: both ends of the address checks.
        let value = if random() % 2 == 0 {
            BASE.wrapping_add(random() % 0x2000).wrapping_sub(0x800)
        } else {
            random()
        };
        machine.hart.set_register(random() as usize % 32, value);
        machine.hart.set_pc(BASE);
        let _ = machine.step();
        assert_eq!(machine.hart.register(0), 0);
    }
}
