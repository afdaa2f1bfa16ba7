//! What this crate orders, where nothing else does: between the accesses there is no lock, no channel and no flag that is more
//! than Relaxed. ThreadSanitizer tells whether they race; `ci/san.sh` weakens, one by one, the orderings that keep them from it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use rcu_core::{Domain, Fences, RcuBox, RcuCell, RcuOption, Scope, read_lock};

use crate::watchdog::Watchdog;

/// Sets a flag, and orders nothing by it.
fn raise(flag: &AtomicBool) {
    flag.store(true, Ordering::Relaxed);
}

/// Waits for a flag, and orders nothing by it.
fn wait_for(flag: &AtomicBool) {
    while !flag.load(Ordering::Relaxed) {
        thread::yield_now();
    }
}

/// Drops the value after `read`, which gets a function to be called outside of any section. That returns after the drop: the end of
/// the thread, which takes locks, is no part of this.
fn drop_after<S: Scope>(cell: &RcuCell<u64, S>, read: impl FnOnce(&dyn Fn()) + Send) {
    let (was_read, was_dropped) = (AtomicBool::new(false), AtomicBool::new(false));
    thread::scope(|s| {
        s.spawn(|| {
            read(&|| {
                raise(&was_read);
                wait_for(&was_dropped);
            })
        });
        wait_for(&was_read);
        assert_eq!(cell.replace(2).wait(), 1);
        raise(&was_dropped);
    });
}

#[test]
fn value_is_dropped_after_the_section_of_a_thread() {
    let _watchdog = Watchdog::new("value_is_dropped_after_the_section_of_a_thread");
    let cell = RcuCell::new(1);
    drop_after(&cell, |outside| {
        let section = read_lock();
        assert_eq!(*cell.load(&section), 1);
        drop(section);
        outside();
    });
}

#[test]
fn value_is_dropped_after_the_section_of_a_reader_with_fences() {
    let _watchdog = Watchdog::new("value_is_dropped_after_the_section_of_a_reader_with_fences");
    let domain = Domain::builder().fences(Fences::SeqCst).build();
    let cell = RcuCell::new_in(&domain, 1);
    drop_after(&cell, |outside| {
        let reader = domain.reader();
        assert_eq!(*cell.load(&reader.read_lock()), 1);
        outside();
    });
}

#[test]
fn value_is_dropped_after_a_quiescent_reader_went_offline() {
    let _watchdog = Watchdog::new("value_is_dropped_after_a_quiescent_reader_went_offline");
    let domain = Domain::new();
    let cell = RcuCell::new_in(&domain, 1);
    drop_after(&cell, |outside| {
        let mut reader = domain.reader().into_quiescent();
        assert_eq!(*cell.load(&reader), 1);
        reader.offline(outside);
    });
}

#[test]
fn callback_sees_what_came_before_its_call() {
    static RUNS: AtomicBool = AtomicBool::new(false);
    static QUEUED: AtomicBool = AtomicBool::new(false);
    static SEEN: AtomicBool = AtomicBool::new(false);
    let _watchdog = Watchdog::new("callback_sees_what_came_before_its_call");
    let domain = Domain::new();
    domain.call(|| {
        raise(&RUNS);
        wait_for(&QUEUED);
    });
    wait_for(&RUNS);
    // The first behind it wakes the thread, which orders what came before that; the second does not.
    domain.call(|| ());
    let value = Box::new(1);
    domain.call(move || {
        assert_eq!(*value, 1);
        raise(&SEEN);
    });
    raise(&QUEUED);
    wait_for(&SEEN);
}

#[test]
fn reader_sees_a_whole_value() {
    let _watchdog = Watchdog::new("reader_sees_a_whole_value");
    let option = RcuOption::none();
    thread::scope(|s| {
        s.spawn(|| {
            loop {
                if let Some(value) = option.load(&read_lock()) {
                    assert_eq!(*value, 1);
                    return;
                }
                thread::yield_now();
            }
        });
        assert!(option.swap(Some(RcuBox::new(1))).is_none());
    });
}
