//! RV32IM, the CSRs and the calls out of the guest, where the specification is easy to get wrong.

use hartbreak::cpu::{Hart, Step, Unwatched};
use hartbreak::ram::{BASE, Ram};

use crate::machine::{DATA, EBREAK, ECALL, Machine, NOP, compute, csr, i, r, s};

const MIN: u32 = i32::MIN as u32;
const MINUS_1: u32 = u32::MAX;

#[test]
fn division_by_zero_and_overflow_give_the_specified_results() {
    let m = |funct3, a, b| compute(r(0x33, funct3, 1, 4, 2, 3), a, b);
    assert_eq!([m(4, 7, 0), m(5, 7, 0), m(6, 7, 0), m(7, 7, 0)], [MINUS_1, MINUS_1, 7, 7]);
    assert_eq!([m(4, MIN, MINUS_1), m(6, MIN, MINUS_1)], [MIN, 0]);
    assert_eq!([m(4, -7i32 as u32, 2), m(6, -7i32 as u32, 2)], [-3i32 as u32, MINUS_1]);
    assert_eq!([m(5, MINUS_1, 2), m(7, MINUS_1, 2)], [0x7fff_ffff, 1]);
}

#[test]
fn multiplication_gives_each_half_with_each_signedness() {
    let m = |funct3, a, b| compute(r(0x33, funct3, 1, 4, 2, 3), a, b);
    assert_eq!(m(0, 0x1_0001, 0x1_0001), 0x0002_0001);
    assert_eq!([m(1, MINUS_1, MINUS_1), m(1, MIN, MIN)], [0, 0x4000_0000]);
    assert_eq!([m(2, MINUS_1, MINUS_1), m(2, MIN, MINUS_1)], [MINUS_1, 0x8000_0000]);
    assert_eq!([m(3, MINUS_1, MINUS_1), m(3, MIN, MIN)], [0xffff_fffe, 0x4000_0000]);
}

#[test]
fn shifts_use_the_low_five_bits() {
    let alu = |funct3, funct7, a, b| compute(r(0x33, funct3, funct7, 4, 2, 3), a, b);
    assert_eq!(alu(1, 0, 1, 33), 2);
    assert_eq!(alu(5, 0, MIN, 63), 1);
    assert_eq!(alu(5, 0x20, MIN, 63), MINUS_1);
    assert_eq!(compute(i(0x13, 5, 4, 2, 0x400 | 4), MIN, 0), 0xf800_0000);
}

#[test]
fn comparisons_tell_signed_from_unsigned() {
    let alu = |funct3, a, b| compute(r(0x33, funct3, 0, 4, 2, 3), a, b);
    assert_eq!([alu(2, MINUS_1, 0), alu(3, MINUS_1, 0)], [1, 0]);
    assert_eq!(compute(i(0x13, 3, 4, 2, -1), 5, 0), 1, "the immediate is sign-extended, then unsigned");
}

#[test]
fn register_zero_stays_zero() {
    let mut machine = Machine::new(&[i(0x13, 0, 0, 0, 5), i(0x13, 0, 2, 0, 1)]);
    machine.retire(2);
    assert_eq!([machine.hart.register(0), machine.hart.register(2)], [0, 1]);
}

#[test]
fn loads_and_stores_of_parts_are_little_endian_and_extend() {
    let mut machine = Machine::new(&[
        s(2, 1, 2, 0),
        s(0, 1, 3, 1),
        s(1, 1, 3, 2),
        i(0x03, 0, 4, 1, 1),
        i(0x03, 4, 5, 1, 1),
        i(0x03, 1, 6, 1, 2),
        i(0x03, 5, 7, 1, 2),
        i(0x03, 2, 8, 1, 0),
    ]);
    machine.hart.set_register(2, 0x1122_3344);
    machine.hart.set_register(3, 0xaabb_8899);
    machine.retire(8);
    let loaded = [4, 5, 6, 7, 8].map(|number| machine.hart.register(number));
    assert_eq!(loaded, [0xffff_ff99, 0x99, 0xffff_8899, 0x8899, 0x8899_9944]);
}

#[test]
fn jalr_uses_its_register_before_it_links() {
    let mut machine = Machine::new(&[i(0x67, 0, 2, 2, 5)]);
    machine.hart.set_register(2, BASE + 0x20);
    assert_eq!(machine.step(), Step::Retired { jumped: true });
    assert_eq!([machine.hart.pc(), machine.hart.register(2)], [BASE + 0x24, BASE + 4]);
}

#[test]
fn only_a_taken_branch_ends_the_block() {
    let beq = |rs2: u32| 0x63 | rs2 << 20 | 1 << 15 | 8 << 8; // beq x1, rs2, +16 from here
    let mut machine = Machine::new(&[beq(2), beq(1), NOP]);
    assert_eq!(machine.step(), Step::Retired { jumped: false });
    assert_eq!(machine.step(), Step::Retired { jumped: true });
    assert_eq!(machine.hart.pc(), BASE + 4 + 16);
}

#[test]
fn mhartid_tells_harts_apart() {
    let ram = Ram::new(0x1000).unwrap();
    ram.write_u32(BASE, csr(2, 4, 0, 0xf14)).unwrap();
    for id in [0, 3, 15] {
        let mut hart = Hart::new(id, BASE);
        assert_eq!(hart.step(&ram, &mut Unwatched), Step::Retired { jumped: false });
        assert_eq!([hart.register(4), hart.register(10)], [id, id]);
    }
}

#[test]
fn csr_instructions_swap_set_and_clear_the_scratch_word() {
    let mscratch = 0x340;
    let mut machine = Machine::new(&[
        csr(1, 4, 1, mscratch),
        csr(6, 5, 0b10, mscratch),
        csr(7, 6, 0b10, mscratch),
        csr(2, 7, 0, mscratch),
        csr(2, 8, 0, 0xc02),
    ]);
    machine.retire(5);
    let read = [4, 5, 6, 7, 8].map(|number| machine.hart.register(number));
    assert_eq!(read, [0, DATA, DATA | 2, DATA, 4]);
}

#[test]
fn ecall_retires_and_ebreak_does_not() {
    let mut machine = Machine::new(&[ECALL, EBREAK]);
    assert_eq!(machine.step(), Step::Ecall);
    assert_eq!([machine.hart.pc(), machine.hart.retired() as u32], [BASE + 4, 1]);
    assert_eq!([machine.step(), machine.step()], [Step::Ebreak; 2]);
    assert_eq!([machine.hart.pc(), machine.hart.retired() as u32], [BASE + 4, 1]);
}
