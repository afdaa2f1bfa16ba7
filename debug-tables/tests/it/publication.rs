//! Publication, generation, invalidation.

use std::ops::RangeInclusive;
use std::sync::{Arc, OnceLock};

use debug_tables::{Breakpoint, BreakpointTable, Entry, Error, Flags, Table, Watchpoint, WatchpointTable};
use rcu_core::read_lock;
use rcu_core::sync::{Mutex, lock};

use crate::order::{pcs, reference};

pub type Log = Arc<Mutex<Vec<RangeInclusive<u64>>>>;

/// A table that writes down what it invalidates.
pub fn logged<E: Entry>() -> (Table<E>, Log) {
    let log = Log::default();
    let hook = Arc::clone(&log);
    (Table::new().with_invalidate(move |range| lock(&hook).push(range)), log)
}

pub fn taken(log: &Log) -> Vec<RangeInclusive<u64>> {
    std::mem::take(&mut *lock(log))
}

#[test]
fn each_change_has_its_own_generation_and_none_restarts_it() {
    let table = BreakpointTable::new();
    let mut seen = vec![table.generation()];
    table.insert(1, Flags::GDB).unwrap();
    seen.push(table.generation());
    table.insert_with_ref(2, Flags::CPU, reference(1)).unwrap();
    seen.push(table.generation());
    assert_eq!(table.remove_all(Flags::ANY), 2);
    seen.push(table.generation());
    table.insert(1, Flags::GDB).unwrap();
    seen.push(table.generation());
    assert!(seen.is_sorted_by(|one, next| one < next), "{seen:?}");
    assert!(table.is_current(seen[4]));
    assert!(!table.is_current(seen[3]));
}

#[test]
fn calls_that_change_nothing_publish_and_invalidate_nothing() {
    let (table, log) = logged::<Breakpoint>();
    table.insert_with_ref(1, Flags::GDB, reference(1)).unwrap();
    let generation = table.generation();
    assert_eq!(taken(&log), [1..=1]);

    assert_eq!(table.insert_with_ref(1, Flags::GDB, reference(1)), Ok(()));
    assert_eq!(table.remove(2, Flags::GDB), Err(Error::NotFound));
    assert_eq!(table.remove_by_ref(reference(2)), Err(Error::StaleRef));
    assert_eq!(table.remove_all(Flags::CPU), 0);
    assert_eq!(table.inherit(&BreakpointTable::new(), Flags::ANY), 0);
    assert_eq!(table.update(|edit| Ok(edit.len())), Ok(1));
    let cancelled = table.update(|edit| {
        edit.insert(3, Flags::CPU)?;
        edit.insert(4, Flags::CPU)?;
        edit.remove(3, Flags::CPU)?;
        edit.remove(4, Flags::CPU)
    });
    assert_eq!(cancelled, Ok(()));

    assert_eq!(table.generation(), generation);
    assert!(taken(&log).is_empty());
}

#[test]
fn a_change_of_order_alone_is_published() {
    let table = BreakpointTable::new();
    table.insert(1, Flags::CPU).unwrap();
    table.insert(2, Flags::CPU).unwrap();
    let generation = table.generation();
    table
        .update(|edit| {
            edit.remove(1, Flags::CPU)?;
            edit.insert(1, Flags::CPU)
        })
        .unwrap();
    assert_eq!(pcs(&table), [2, 1]);
    assert!(!table.is_current(generation));
}

#[test]
fn every_address_that_came_or_went_is_invalidated() {
    let (table, log) = logged::<Breakpoint>();
    table.insert_with_ref(1, Flags::GDB, reference(1)).unwrap();
    table.insert(2, Flags::GDB).unwrap();
    table.insert(3, Flags::CPU).unwrap();
    assert_eq!(taken(&log), [1..=1, 2..=2, 3..=3]);
    table.remove(2, Flags::GDB).unwrap();
    table.remove_by_ref(reference(1)).unwrap();
    table.remove_all(Flags::CPU);
    assert_eq!(taken(&log), [2..=2, 1..=1, 3..=3]);
}

#[test]
fn a_watchpoint_invalidates_its_whole_range() {
    let (table, log) = logged::<Watchpoint>();
    table.insert(u64::MAX - 7, 8, Flags::GDB).unwrap();
    assert_eq!(taken(&log), [u64::MAX - 7..=u64::MAX]);
}

#[test]
fn changed_flags_invalidate_their_address_once() {
    let (table, log) = logged::<Breakpoint>();
    table.insert_with_ref(1, Flags::GDB, reference(1)).unwrap();
    table.insert_with_ref(1, Flags::CPU, reference(1)).unwrap();
    assert_eq!(taken(&log), [1..=1, 1..=1]);
    assert_eq!(pcs(&table), [1]);
}

#[test]
fn a_hook_may_update_the_table_that_calls_it() {
    static TABLE: OnceLock<BreakpointTable> = OnceLock::new();
    let follow = |range: RangeInclusive<u64>| {
        if *range.start() < 3 {
            TABLE.get().unwrap().insert(range.start() + 1, Flags::CPU).unwrap();
        }
    };
    TABLE.set(BreakpointTable::new().with_invalidate(follow)).unwrap();
    let table = TABLE.get().unwrap();
    table.insert(1, Flags::CPU).unwrap();
    assert_eq!(pcs(table), [1, 2, 3]);
}

#[test]
fn a_panic_in_a_hook_leaves_the_change_published_and_the_table_usable() {
    let table = WatchpointTable::new().with_invalidate(|range| assert!(*range.start() != 8, "as told"));
    let update = std::panic::AssertUnwindSafe(|| table.insert(8, 8, Flags::GDB));
    assert!(std::panic::catch_unwind(update).is_err());
    assert_eq!(table.matches(&read_lock(), 8, 1), Flags::GDB);
    table.insert(16, 8, Flags::CPU).unwrap();
    assert_eq!(table.read(&read_lock()).len(), 2);
}
