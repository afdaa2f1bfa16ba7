//! The A extension: what each AMO computes, and when SC must fail.

use std::thread;

use hartbreak::cpu::{Hart, RESERVATION_LIFE, Step, Unwatched};
use hartbreak::ram::{BASE, Ram};

use crate::machine::{DATA, LR, Machine, NOP, SC, amo, s};

const ADD: u32 = 0;

/// Encodes LR into x4 and SC of x2 into x5, both at x1.
fn pair() -> [u32; 2] {
    [amo(LR, 4, 1, 0), amo(SC, 5, 1, 2)]
}

/// Runs LR, lets `between` happen, runs SC, and gives the word and whether SC failed.
fn between_lr_and_sc(between: impl FnOnce(&Ram)) -> [u32; 2] {
    let mut machine = Machine::new(&pair());
    machine.hart.set_register(2, 77);
    // LR meets a word that the host stored, so that a second store of the host differs by its tag alone.
    machine.ram.write_u32(DATA, 0).unwrap();
    machine.retire(1);
    between(&machine.ram);
    machine.retire(1);
    [machine.data(), machine.hart.register(5)]
}

/// Executes `instruction` on hart 1, with x1 at the data.
fn on_another_hart(ram: &Ram, instruction: u32) {
    let code = BASE + 0x400;
    ram.write_u32(code, instruction).unwrap();
    let mut hart = Hart::new(1, code);
    hart.set_register(1, DATA);
    assert_eq!(hart.step(ram, &mut Unwatched), Step::Retired { jumped: false });
}

#[test]
fn amos_compute_what_their_names_say() {
    let minus_2 = -2i32 as u32;
    let cases = [
        (ADD, 5, minus_2, 3),
        (0b00001, 5, 9, 9),
        (0b00100, 0b1100, 0b1010, 0b0110),
        (0b01000, 0b1100, 0b1010, 0b1110),
        (0b01100, 0b1100, 0b1010, 0b1000),
        (0b10000, 5, minus_2, minus_2),
        (0b10100, 5, minus_2, 5),
        (0b11000, 5, minus_2, 5),
        (0b11100, 5, minus_2, minus_2),
    ];
    for (operation, old, operand, new) in cases {
        // With aq and rl too: they order, and change no result.
        for order in 0..4 {
            let mut machine = Machine::new(&[amo(operation, 4, 1, 2) | order << 25]);
            machine.ram.write_u32(DATA, old).unwrap();
            machine.hart.set_register(2, operand);
            machine.retire(1);
            assert_eq!([machine.hart.register(4), machine.data()], [old, new], "AMO {operation:#b}");
        }
    }
}

#[test]
fn sc_succeeds_when_nobody_stored() {
    assert_eq!(between_lr_and_sc(|_| ()), [77, 0]);
}

#[test]
fn sc_succeeds_when_others_stored_to_other_words() {
    assert_eq!(between_lr_and_sc(|ram| on_another_hart(ram, s(2, 1, 0, 4))), [77, 0]);
}

#[test]
fn sc_fails_after_another_harts_store_of_the_same_value() {
    let zero_stores = [s(2, 1, 0, 0), s(1, 1, 0, 2), s(0, 1, 0, 3), amo(ADD, 0, 1, 0)];
    for store in zero_stores {
        assert_eq!(between_lr_and_sc(|ram| on_another_hart(ram, store)), [0, 1], "{store:#x}");
    }
}

#[test]
fn sc_fails_after_the_host_stored() {
    assert_eq!(between_lr_and_sc(|ram| ram.write_u32(DATA, 0).unwrap()), [0, 1]);
    assert_eq!(between_lr_and_sc(|ram| ram.write_bytes(DATA, &[0]).unwrap()), [0, 1]);
}

#[test]
fn sc_fails_without_lr_and_after_another_sc() {
    let [lr, sc] = pair();
    let mut machine = Machine::new(&[sc, lr, sc, sc]);
    let mut results = Vec::new();
    for steps in [1, 2, 1] {
        machine.retire(steps);
        results.push(machine.hart.register(5));
    }
    assert_eq!(results, [1, 0, 1]);
}

#[test]
fn sc_to_another_word_fails_and_ends_the_reservation() {
    let [lr, sc] = pair();
    let mut machine = Machine::new(&[lr, amo(SC, 6, 3, 2), sc]);
    machine.hart.set_register(3, DATA + 4);
    machine.retire(3);
    assert_eq!([machine.hart.register(6), machine.hart.register(5)], [1, 1]);
}

#[test]
fn a_reservation_expires_with_its_last_instruction() {
    for (between, failed) in [(RESERVATION_LIFE - 1, 0), (RESERVATION_LIFE, 1)] {
        let [lr, sc] = pair();
        let mut code = vec![lr];
        code.extend((0..between).map(|_| NOP));
        code.push(sc);
        let mut machine = Machine::new(&code);
        machine.retire(code.len() as u32);
        assert_eq!(machine.hart.register(5), failed, "{between} instructions between");
    }
}

#[test]
fn four_host_threads_lose_no_increment() {
    let _alone = crate::alone::alone();
    const ROUNDS: u32 = 2_000;
    // amoadd.w x0, x3, (x1); then an LR/SC increment of (x2), which may have to be tried again.
    let code = [
        amo(ADD, 0, 1, 3),
        amo(LR, 4, 2, 0),
        0x0012_0213,
        amo(SC, 5, 2, 4),
        0xfe02_9ae3, /* bnez x5, -12 */
    ];
    let machine = Machine::new(&code);
    let end = BASE + 4 * code.len() as u32;
    thread::scope(|scope| {
        for id in 0..4 {
            let ram = &machine.ram;
            scope.spawn(move || {
                let mut hart = Hart::new(id, BASE);
                for (number, value) in [(1, DATA), (2, DATA + 4), (3, 1)] {
                    hart.set_register(number, value);
                }
                let mut rounds = 0;
                for _ in 0..ROUNDS * 1_000 {
                    if hart.pc() == end {
                        rounds += 1;
                        hart.set_pc(BASE);
                    }
                    if rounds == ROUNDS {
                        return;
                    }
                    assert!(matches!(hart.step(ram, &mut Unwatched), Step::Retired { .. }));
                }
                panic!("hart {id} made {rounds} rounds only");
            });
        }
    });
    assert_eq!(machine.ram.read_bytes(DATA, 8).unwrap(), [4 * ROUNDS; 2].map(u32::to_le_bytes).concat());
}
