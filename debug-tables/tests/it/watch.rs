//! Watchpoints: ranges, order, hits.

use debug_tables::{Access, Error, Flags, Hit, WatchpointTable};
use rcu_core::read_lock;

const PAGE: u64 = 0x1000;

fn check(table: &WatchpointTable, addr: u64, len: u64, access: Access) -> Option<Hit> {
    table.check(&read_lock(), addr, len, access, |_| true)
}

#[test]
fn a_range_may_end_at_the_end_of_the_address_space_but_not_past_it() {
    let table = WatchpointTable::new();
    let flags = Flags::GDB | Flags::MEM_WRITE;
    assert_eq!(table.insert(8, 0, flags), Err(Error::EmptyRange));
    assert_eq!(table.insert(u64::MAX, 2, flags), Err(Error::RangeOverflow));
    assert_eq!(table.insert(u64::MAX - 7, 8, flags), Ok(()));
    assert_eq!(check(&table, u64::MAX, 1, Access::Write).unwrap().hit_addr, u64::MAX);
    assert_eq!(check(&table, u64::MAX - 15, 8, Access::Write), None);
    assert_eq!(check(&table, u64::MAX - 8, u64::MAX, Access::Write).unwrap().hit_addr, u64::MAX - 7);
}

#[test]
fn removal_compares_the_range_and_the_flags_without_hit_bits() {
    let table = WatchpointTable::new();
    let flags = Flags::GDB | Flags::MEM_READ;
    table.insert(8, 4, flags).unwrap();
    assert_eq!(table.remove(8, 8, flags), Err(Error::NotFound));
    assert_eq!(table.remove(8, 4, Flags::GDB), Err(Error::NotFound));
    assert_eq!(table.remove(8, 0, flags), Err(Error::NotFound));
    assert_eq!(table.remove(u64::MAX, 4, flags), Err(Error::NotFound));
    assert_eq!(table.remove(8, 4, flags | Flags::HIT_READ), Ok(()));
}

#[test]
fn matching_flags_are_those_of_every_overlapping_entry() {
    let table = WatchpointTable::new();
    table.insert(PAGE - 4, 4, Flags::GDB | Flags::MEM_READ).unwrap();
    table.insert(PAGE, 4, Flags::CPU | Flags::MEM_WRITE).unwrap();
    let section = read_lock();
    let matches = |addr, len| table.matches(&section, addr, len);
    assert_eq!(matches(0, PAGE), Flags::GDB | Flags::MEM_READ);
    assert_eq!(matches(PAGE, PAGE), Flags::CPU | Flags::MEM_WRITE);
    assert_eq!(matches(PAGE - 1, 2), Flags::ANY | Flags::MEM_ACCESS);
    assert_eq!(matches(0, PAGE - 4), Flags::empty());
    assert_eq!(matches(PAGE + 4, 1), Flags::empty());
}

#[test]
fn a_query_of_length_zero_matches_nothing() {
    let table = WatchpointTable::new();
    table.insert(0, u64::MAX, Flags::GDB | Flags::MEM_ACCESS).unwrap();
    assert_eq!(table.matches(&read_lock(), 8, 0), Flags::empty());
    assert_eq!(check(&table, 8, 0, Access::Read), None);
}

#[test]
fn an_access_is_hit_only_by_watchpoints_of_its_kind() {
    let table = WatchpointTable::new();
    table.insert(8, 8, Flags::GDB | Flags::MEM_READ).unwrap();
    table.insert(16, 8, Flags::GDB | Flags::MEM_WRITE).unwrap();
    table.insert(24, 8, Flags::GDB | Flags::MEM_ACCESS).unwrap();
    table.insert(32, 8, Flags::GDB).unwrap();
    let hits = |access| (1..=4).map(|slot| check(&table, slot * 8, 8, access).is_some()).collect::<Vec<_>>();
    assert_eq!(hits(Access::Read), [true, false, true, false]);
    assert_eq!(hits(Access::Write), [false, true, true, false]);
}

#[test]
fn the_first_hit_in_table_order_is_the_debuggers() {
    let table = WatchpointTable::new();
    table.insert(8, 8, Flags::CPU | Flags::MEM_READ).unwrap();
    table.insert(8, 4, Flags::GDB | Flags::MEM_READ).unwrap();
    let hit = check(&table, 8, 8, Access::Read).unwrap();
    assert_eq!(hit.watchpoint.flags(), Flags::GDB | Flags::MEM_READ);
}

#[test]
fn the_architecture_is_asked_about_the_cpus_own_watchpoints_only() {
    let table = WatchpointTable::new();
    for (addr, flags) in [(8, Flags::CPU), (9, Flags::CPU), (10, Flags::empty())] {
        table.insert(addr, 4, flags | Flags::MEM_WRITE).unwrap();
    }
    let mut asked = Vec::new();
    let section = read_lock();
    let hit = table.check(&section, 0, 16, Access::Write, |watchpoint| {
        asked.push(watchpoint.addr());
        false
    });
    assert_eq!(hit.unwrap().watchpoint.addr(), 10);
    assert_eq!(asked, [8, 9]);
    let hit = table.check(&section, 0, 16, Access::Write, |watchpoint| watchpoint.addr() == 9);
    assert_eq!(hit.unwrap().watchpoint.addr(), 9);
}

#[test]
fn a_hit_says_where_how_and_by_which_watchpoint() {
    let table = WatchpointTable::new();
    table.insert(12, 4, Flags::GDB | Flags::MEM_WRITE).unwrap();
    let before = check(&table, 8, 8, Access::Write).unwrap().with_attrs(7);
    assert_eq!((before.hit_addr, before.access, before.attrs), (12, Access::Write, 7));
    assert_eq!(before.watchpoint.range(), 12..=15);
    assert_eq!(before.flags(), Flags::GDB | Flags::MEM_WRITE | Flags::HIT_WRITE);
    let inside = check(&table, 14, 8, Access::Write).unwrap();
    assert_eq!((inside.hit_addr, inside.attrs), (14, 0));
}

#[test]
fn a_watchpoint_covers_any_page_it_touches() {
    let table = WatchpointTable::new();
    table.insert(PAGE - 1, 2, Flags::GDB).unwrap();
    let section = read_lock();
    let watchpoints = table.read(&section);
    assert!(watchpoints.any_in(0..=PAGE - 1));
    assert!(watchpoints.any_in(PAGE..=2 * PAGE - 1));
    assert!(!watchpoints.any_in(2 * PAGE..=u64::MAX));
}
