//! Breakpoints: order, references, removal, queries.

use debug_tables::{BreakpointTable, Error, Flags, Ref};
use rcu_core::read_lock;

pub fn reference(number: u64) -> Ref {
    Ref::new(number).unwrap()
}

pub fn pcs(table: &BreakpointTable) -> Vec<u64> {
    table.read(&read_lock()).iter().map(|breakpoint| breakpoint.pc()).collect()
}

#[test]
fn debugger_entries_go_to_the_front_and_others_to_the_end() {
    let table = BreakpointTable::new();
    for (pc, flags) in [(1, Flags::CPU), (2, Flags::GDB), (3, Flags::CPU), (4, Flags::GDB), (5, Flags::ANY)] {
        table.insert(pc, flags).unwrap();
    }
    assert_eq!(pcs(&table), [5, 4, 2, 1, 3]);
}

#[test]
fn an_entry_changed_by_reference_keeps_its_place_within_its_class() {
    let table = BreakpointTable::new();
    for number in 1..=3 {
        table.insert_with_ref(number, Flags::CPU, reference(number)).unwrap();
    }
    table.insert_with_ref(20, Flags::CPU | Flags::MEM_READ, reference(2)).unwrap();
    assert_eq!(pcs(&table), [1, 20, 3]);
    let section = read_lock();
    assert_eq!(table.get_by_ref(&section, reference(2)).unwrap().flags(), Flags::CPU | Flags::MEM_READ);
}

#[test]
fn an_entry_that_changes_class_by_reference_moves_as_if_inserted_anew() {
    let table = BreakpointTable::new();
    for number in 1..=3 {
        table.insert_with_ref(number, Flags::CPU, reference(number)).unwrap();
    }
    table.insert_with_ref(2, Flags::GDB, reference(2)).unwrap();
    assert_eq!(pcs(&table), [2, 1, 3]);
    table.insert_with_ref(2, Flags::CPU, reference(2)).unwrap();
    assert_eq!(pcs(&table), [1, 3, 2]);
}

#[test]
fn duplicates_without_a_reference_are_kept_and_removed_one_by_one() {
    let table = BreakpointTable::new();
    for _ in 0..3 {
        table.insert(8, Flags::GDB).unwrap();
    }
    for left in [2, 1, 0] {
        table.remove(8, Flags::GDB).unwrap();
        assert_eq!(pcs(&table).len(), left);
    }
    assert_eq!(table.remove(8, Flags::GDB), Err(Error::NotFound));
}

#[test]
fn removal_matches_address_and_flags_exactly() {
    let table = BreakpointTable::new();
    table.insert(8, Flags::ANY).unwrap();
    assert_eq!(table.remove(8, Flags::GDB), Err(Error::NotFound));
    assert_eq!(table.remove(9, Flags::ANY), Err(Error::NotFound));
    assert_eq!(table.remove(8, Flags::ANY), Ok(()));
}

#[test]
fn removal_finds_entries_whatever_their_reference() {
    let table = BreakpointTable::new();
    table.insert_with_ref(8, Flags::CPU, reference(1)).unwrap();
    table.remove(8, Flags::CPU).unwrap();
    assert_eq!(table.remove_by_ref(reference(1)), Err(Error::StaleRef));
}

#[test]
fn remove_all_takes_every_entry_with_any_flag_of_the_mask() {
    let table = BreakpointTable::new();
    for (pc, flags) in
        [(1, Flags::CPU), (2, Flags::GDB), (3, Flags::ANY), (4, Flags::empty()), (5, Flags::CPU)]
    {
        table.insert(pc, flags).unwrap();
    }
    assert_eq!(table.remove_all(Flags::GDB), 2);
    assert_eq!(pcs(&table), [1, 4, 5]);
    assert_eq!(table.remove_all(Flags::ANY), 2);
    assert_eq!(pcs(&table), [4]);
    assert_eq!(table.remove_all(Flags::empty()), 0);
}

#[test]
fn a_test_needs_one_flag_of_its_mask() {
    let table = BreakpointTable::new();
    table.insert(8, Flags::CPU).unwrap();
    let section = read_lock();
    assert!(table.test(&section, 8, Flags::ANY));
    assert!(!table.test(&section, 8, Flags::GDB));
    assert!(!table.test(&section, 8, Flags::empty()));
    assert!(!table.test(&section, 9, Flags::ANY));
}

#[test]
fn the_first_match_is_the_first_in_table_order() {
    let table = BreakpointTable::new();
    table.insert_with_ref(8, Flags::CPU, reference(1)).unwrap();
    table.insert_with_ref(8, Flags::GDB, reference(2)).unwrap();
    let section = read_lock();
    let found =
        |mask| table.read(&section).first_match(8, mask).and_then(|breakpoint| breakpoint.reference());
    assert_eq!(found(Flags::ANY), Some(reference(2)));
    assert_eq!(found(Flags::CPU), Some(reference(1)));
}

#[test]
fn ranges_include_both_ends_up_to_the_last_address() {
    let table = BreakpointTable::new();
    table.insert(0x1fff, Flags::GDB).unwrap();
    table.insert(u64::MAX, Flags::GDB).unwrap();
    let section = read_lock();
    let breakpoints = table.read(&section);
    assert!(breakpoints.any_in(0x1000..=0x1fff));
    assert!(!breakpoints.any_in(0x2000..=0x2fff));
    assert!(!breakpoints.any_in(0..=0x1ffe));
    assert!(breakpoints.any_in(u64::MAX..=u64::MAX));
    assert!(breakpoints.any_in(0..=u64::MAX));
    #[expect(clippy::reversed_empty_ranges, reason = "an empty range has no breakpoint")]
    let empty = 0x1fff..=0x1ffe;
    assert!(!breakpoints.any_in(empty));
}

#[test]
fn unknown_flags_are_refused_by_every_updating_call() {
    let table = BreakpointTable::new();
    let unknown = Flags::from_bits_retain(0x110);
    assert_eq!(table.insert(8, unknown), Err(Error::UnknownFlags));
    assert_eq!(table.insert_with_ref(8, unknown, reference(1)), Err(Error::UnknownFlags));
    assert_eq!(table.remove(8, unknown), Err(Error::UnknownFlags));
    assert_eq!(table.update(|edit| edit.insert(8, unknown)), Err(Error::UnknownFlags));
    assert_eq!(table.generation(), 0);
}

#[test]
fn errors_have_the_numbers_of_qemu() {
    let numbers = [
        (Error::NotFound, -2),
        (Error::StaleRef, -2),
        (Error::EmptyRange, -22),
        (Error::RangeOverflow, -22),
        (Error::UnknownFlags, -22),
    ];
    for (error, number) in numbers {
        assert_eq!(error.errno(), number, "{error}");
    }
}
