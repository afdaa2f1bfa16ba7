//! What the indexes of snapshots could get wrong: ten thousand entries, ranges that touch the ends of the address space or cover
//! most of it, flags of several entries at one address, duplicates that come and go. In a debug build every publication compares
//! its index with one made from scratch, too.

use debug_tables::{Access, BreakpointTable, Error, Flags, WatchpointTable};
use rcu_core::read_lock;

const MANY: u64 = 10_000;

/// A permutation of `0..MANY`.
fn scattered() -> impl Iterator<Item = u64> {
    (0..MANY).map(|n| n * 7919 % MANY)
}

fn found(table: &BreakpointTable, pc: u64) -> bool {
    let section = read_lock();
    let breakpoints = table.read(&section);
    let found = table.test(&section, pc, Flags::ANY);
    assert_eq!(breakpoints.first_match(pc, Flags::ANY).is_some(), found);
    assert_eq!(breakpoints.any_in(pc..=pc), found);
    found
}

fn stops(table: &WatchpointTable, addr: u64, len: u64, access: Access) -> bool {
    let section = read_lock();
    let stops = table.check(&section, addr, len, access, |_| true).is_some();
    assert!(!stops || table.matches(&section, addr, len).intersects(access.flags()));
    stops
}

#[test]
fn each_of_ten_thousand_breakpoints_is_found_and_nothing_between_them() {
    for stride in [1, 4, 4096, 1 << 40] {
        let table = BreakpointTable::new();
        // From the end of the address space back, so that the largest stride goes around it.
        let pc = |n: u64| u64::MAX.wrapping_sub(n.wrapping_mul(2 * stride));
        table.update(|edit| scattered().try_for_each(|n| edit.insert(pc(n), Flags::CPU))).unwrap();
        for n in 0..MANY {
            assert!(found(&table, pc(n)));
            assert!(!found(&table, pc(n).wrapping_add(stride)));
        }
        let every_second = |n: &u64| n % 2 == 0;
        let removed = table.update(|edit| {
            scattered().filter(every_second).step_by(50).try_for_each(|n| edit.remove(pc(n), Flags::CPU))
        });
        removed.unwrap();
        let gone: Vec<u64> = scattered().filter(every_second).step_by(50).collect();
        assert!((0..MANY).all(|n| found(&table, pc(n)) != gone.contains(&n)));
    }
}

#[test]
fn a_table_that_shrinks_entry_by_entry_finds_what_is_left() {
    let table = BreakpointTable::new();
    table.update(|edit| (0..300).try_for_each(|pc| edit.insert(pc * 3, Flags::CPU))).unwrap();
    for gone in 0..300 {
        table.remove(gone * 3, Flags::CPU).unwrap();
        assert!((0..300).all(|pc| found(&table, pc * 3) == (pc > gone)));
    }
    assert_eq!(table.remove(0, Flags::CPU), Err(Error::NotFound));
}

#[test]
fn the_flags_at_an_address_are_those_of_the_breakpoints_that_are_left() {
    let table = BreakpointTable::new();
    for flags in [Flags::CPU, Flags::GDB, Flags::CPU, Flags::empty(), Flags::MEM_READ | Flags::GDB] {
        table.insert(8, flags).unwrap();
    }
    let with = |mask| table.test(&read_lock(), 8, mask);
    assert!(with(Flags::GDB) && with(Flags::CPU) && with(Flags::MEM_READ) && !with(Flags::MEM_WRITE));
    table.remove(8, Flags::MEM_READ | Flags::GDB).unwrap();
    assert!(with(Flags::GDB) && !with(Flags::MEM_READ));
    table.remove(8, Flags::CPU).unwrap();
    assert!(with(Flags::GDB) && with(Flags::CPU), "one of two went");
    table.remove(8, Flags::CPU).unwrap();
    assert!(with(Flags::GDB) && !with(Flags::CPU));
    table.remove(8, Flags::GDB).unwrap();
    assert!(!with(Flags::all()), "listed, and found by no mask");
    assert!(table.read(&read_lock()).any_in(8..=8));
}

#[test]
fn of_equal_watchpoints_one_goes_at_a_time() {
    let table = WatchpointTable::new();
    let flags = Flags::GDB | Flags::MEM_WRITE;
    for _ in 0..3 {
        table.insert(60, 8, flags).unwrap();
    }
    for left in (0..3).rev() {
        table.remove(60, 8, flags).unwrap();
        // Both of the two times 64 bytes that it touches.
        assert_eq!(stops(&table, 60, 1, Access::Write), left > 0);
        assert_eq!(stops(&table, 67, 1, Access::Write), left > 0);
    }
    assert_eq!(table.remove(60, 8, flags), Err(Error::NotFound));
}

#[test]
fn watchpoints_at_both_ends_of_the_address_space_are_met_from_all_sides() {
    let table = WatchpointTable::new();
    let flags = Flags::GDB | Flags::MEM_ACCESS;
    table.insert(0, 1, flags).unwrap();
    table.insert(u64::MAX, 1, flags).unwrap();
    for access in [Access::Read, Access::Write] {
        assert!(stops(&table, 0, 1, access) && stops(&table, u64::MAX, 1, access));
        assert!(stops(&table, u64::MAX - 7, 8, access));
        assert!(stops(&table, u64::MAX - 3, 8, access), "cut off at the end, and not gone on with at 0");
        assert!(!stops(&table, u64::MAX - 8, 8, access));
        assert!(!stops(&table, 1, 8, access));
        assert!(!stops(&table, 1, u64::MAX - 1, access), "all that is between");
        assert!(stops(&table, 1, u64::MAX, access));
        assert!(stops(&table, 0, u64::MAX, access));
        assert!(!stops(&table, 0, 0, access) && !stops(&table, u64::MAX, 0, access));
    }
}

#[test]
fn a_huge_watchpoint_among_small_ones_is_met_everywhere_while_it_is_there() {
    /// Each hit is a walk.
    const SOME: u64 = 500;

    let table = WatchpointTable::new();
    let [read, write] = [Flags::MEM_READ, Flags::MEM_WRITE].map(|kind| Flags::CPU | kind);
    let small = |n: u64| 0x1_0000 + n * 256;
    table.update(|edit| (0..SOME).try_for_each(|n| edit.insert(small(n), 8, write))).unwrap();
    let between = |access| (0..SOME).filter(|&n| stops(&table, small(n) + 64, 8, access)).count() as u64;
    let on = |access| (0..SOME).filter(|&n| stops(&table, small(n), 8, access)).count() as u64;
    assert_eq!((on(Access::Write), between(Access::Write), on(Access::Read)), (SOME, 0, 0));
    for huge in [u64::MAX, 1 << 40] {
        table.insert(0, huge, read).unwrap();
        assert_eq!((on(Access::Write), between(Access::Write)), (SOME, 0), "it is for reads");
        assert_eq!((on(Access::Read), between(Access::Read)), (SOME, SOME));
        // One comes and one goes meanwhile.
        table.insert(8, 8, write).unwrap();
        table.insert(0, huge, write).unwrap();
        assert_eq!(between(Access::Write), SOME);
        table.remove(8, 8, write).unwrap();
        table.remove(0, huge, write).unwrap();
        table.remove(0, huge, read).unwrap();
        assert_eq!((on(Access::Write), between(Access::Write), on(Access::Read)), (SOME, 0, 0));
    }
}

#[test]
fn a_watchpoint_that_starts_far_before_others_is_not_hidden_by_them() {
    let table = WatchpointTable::new();
    let flags = Flags::GDB | Flags::MEM_WRITE;
    table.insert(0x1000, 0x900, flags).unwrap();
    for n in 0..8 {
        table.insert(0x1000 + n * 0x100, 8, flags).unwrap();
    }
    assert!(stops(&table, 0x18f8, 8, Access::Write));
    assert!(!stops(&table, 0x1900, 8, Access::Write));
    table.remove(0x1000, 0x900, flags).unwrap();
    assert!(!stops(&table, 0x18f8, 8, Access::Write) && !stops(&table, 0x1708, 8, Access::Write));
    assert!(stops(&table, 0x1707, 8, Access::Write));
}

#[test]
fn a_watchpoint_for_no_access_overlaps_and_is_never_hit() {
    let table = WatchpointTable::new();
    table.insert(0x1000, 8, Flags::GDB).unwrap();
    let section = read_lock();
    assert_eq!(table.matches(&section, 0x1004, 1), Flags::GDB);
    assert_eq!(table.matches(&section, 0x1008, 1), Flags::empty());
    assert!(table.read(&section).any_in(0x1000..=0x1fff));
    assert!(!stops(&table, 0x1000, 8, Access::Read) && !stops(&table, 0x1000, 8, Access::Write));
}

#[test]
fn a_failed_or_empty_update_leaves_the_index_as_it_was() {
    let table = BreakpointTable::new();
    table.update(|edit| scattered().take(100).try_for_each(|pc| edit.insert(pc, Flags::GDB))).unwrap();
    let all = |table: &BreakpointTable| (0..MANY).filter(|&pc| found(table, pc)).collect::<Vec<_>>();
    let before = all(&table);
    let failed = table.update(|edit| {
        edit.remove_all(Flags::GDB);
        (0..1000).try_for_each(|pc| edit.insert(pc, Flags::CPU))?;
        edit.remove(MANY, Flags::GDB)
    });
    assert_eq!(failed, Err(Error::NotFound));
    // The next publication compares the working copy.
    table.insert(MANY, Flags::CPU).unwrap();
    assert_eq!(all(&table), before);
}
