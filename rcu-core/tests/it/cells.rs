//! The typed layer.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use rcu_core::{Domain, RcuBox, RcuCell, RcuOption, read_lock};

use crate::watchdog::Watchdog;

/// Counts its drops.
struct Counted(Arc<AtomicU32>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

fn counted() -> (Arc<AtomicU32>, impl Fn() -> Counted) {
    let drops = Arc::new(AtomicU32::new(0));
    let make = Arc::clone(&drops);
    (drops, move || Counted(Arc::clone(&make)))
}

#[test]
fn cell_in_a_static_starts_empty_and_loads_what_was_swapped_in() {
    static CELL: RcuOption<u32> = RcuOption::none();
    let section = read_lock();
    assert_eq!(CELL.load(&section), None);
    assert!(CELL.swap(Some(RcuBox::new(5))).is_none());
    assert_eq!(CELL.load(&section), Some(&5));
    assert_eq!(*CELL.swap(None).expect("the 5 was there"), 5);
    assert_eq!(CELL.load(&section), None);
}

#[test]
fn every_value_is_dropped_once_however_it_leaves_its_cell() {
    let _watchdog = Watchdog::new("every_value_is_dropped_once_however_it_leaves_its_cell");
    let domain = Domain::new();
    let (drops, make) = counted();
    let cell = RcuCell::new_in(&domain, make());
    drop(cell.replace(make()));
    domain.barrier();
    assert_eq!(drops.load(Ordering::SeqCst), 1, "retired");
    drop(cell.replace(make()).wait());
    assert_eq!(drops.load(Ordering::SeqCst), 2, "waited for");
    cell.update(|_| make());
    domain.barrier();
    assert_eq!(drops.load(Ordering::SeqCst), 3, "updated");
    drop(cell);
    assert_eq!(drops.load(Ordering::SeqCst), 4, "still in its cell, which nobody reads any more");
    domain.retire(RcuBox::new(make()));
    domain.barrier();
    assert_eq!(drops.load(Ordering::SeqCst), 5, "never published");
}

#[test]
fn concurrent_updates_lose_nothing() {
    const THREADS: u32 = 4;
    const UPDATES: u32 = 2_000;
    let _watchdog = Watchdog::new("concurrent_updates_lose_nothing");
    let cell = RcuCell::new(0);
    thread::scope(|s| {
        for _ in 0..THREADS {
            s.spawn(|| (0..UPDATES).for_each(|_| cell.update(|n| n + 1)));
        }
    });
    assert_eq!(*cell.load(&read_lock()), THREADS * UPDATES);
}

#[test]
fn update_that_panics_leaves_the_value_and_ends_its_section() {
    let _watchdog = Watchdog::new("update_that_panics_leaves_the_value_and_ends_its_section");
    let cell = RcuCell::new(1);
    let panicked =
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| cell.update(|_| panic!("no new value"))));
    assert!(panicked.is_err());
    rcu_core::synchronize();
    assert_eq!(*cell.load(&read_lock()), 1);
}

#[test]
fn debug_of_a_cell_does_not_follow_its_pointer() {
    struct Loud;
    impl std::fmt::Debug for Loud {
        fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            panic!("followed");
        }
    }
    let cell = RcuCell::new(Loud);
    assert!(format!("{cell:?}").starts_with("RcuCell"));
    assert!(format!("{:?}", cell.replace(Loud)).starts_with("Retired"));
}

#[test]
fn cell_outlives_the_handle_of_its_domain() {
    let _watchdog = Watchdog::new("cell_outlives_the_handle_of_its_domain");
    let (drops, make) = counted();
    let domain = Domain::new();
    let reader = domain.reader();
    let cell = RcuCell::new_in(&domain, make());
    drop(domain);
    assert_eq!(Arc::strong_count(&cell.load(&reader.read_lock()).0), 3);
    let old = cell.replace(make());
    drop((cell, reader));
    drop(old.wait());
    assert_eq!(drops.load(Ordering::SeqCst), 2);
}

#[test]
fn retired_value_may_be_given_to_another_thread() {
    let _watchdog = Watchdog::new("retired_value_may_be_given_to_another_thread");
    let cell = RcuCell::new(vec![1]);
    let old = cell.replace(vec![2]);
    let waited = thread::spawn(move || old.wait()).join().expect("the updater does not panic");
    assert_eq!(waited, [1]);
}
