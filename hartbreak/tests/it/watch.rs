//! What a watch hears: every data access once, as it was, and nothing else.

use hartbreak::cpu::{Access, AccessKind};

use crate::machine::{DATA, LR, Machine, NOP, SC, amo, i, s};

const KINDS: [AccessKind; 3] = [AccessKind::Read, AccessKind::Write, AccessKind::ReadWrite];

#[test]
fn every_access_is_heard_with_its_kind_address_length_and_value() {
    let mut machine = Machine::new(&[
        s(2, 1, 2, 0),
        s(0, 1, 2, 5),
        i(0x03, 1, 4, 1, 2),
        amo(0, 4, 1, 3),
        amo(LR, 4, 1, 0),
        amo(SC, 4, 1, 3),
        NOP,
    ]);
    machine.hart.set_register(2, 0xffee_ddcc);
    machine.hart.set_register(3, 1);
    machine.retire(7);
    let [r, w, rw] = KINDS;
    let expected = [
        (0, 4, w, 0, 0xffee_ddcc),
        (5, 1, w, 0, 0xcc),
        (2, 2, r, 0xffee, 0),
        (0, 4, rw, 0xffee_ddcc, 0xffee_ddcd),
        (0, 4, r, 0xffee_ddcd, 0),
        (0, 4, w, 0, 1),
    ]
    .map(|(offset, len, kind, read, written)| Access { addr: DATA + offset, len, kind, read, written });
    assert_eq!(machine.log.0, expected);
}

#[test]
fn a_failed_sc_is_no_access() {
    let mut machine = Machine::new(&[amo(SC, 4, 1, 3)]);
    machine.retire(1);
    assert_eq!(machine.hart.register(4), 1);
    assert!(machine.log.0.is_empty());
}

#[test]
fn an_access_is_heard_before_the_next_instruction() {
    let mut machine = Machine::new(&[s(2, 1, 1, 0), i(0x03, 2, 4, 1, 0)]);
    machine.retire(1);
    assert_eq!(machine.log.0.len(), 1);
    machine.retire(1);
    assert_eq!(machine.log.0.len(), 2);
}
