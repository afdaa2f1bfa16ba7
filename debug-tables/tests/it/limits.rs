//! A table of a domain with a hard limit: old snapshots are handed over once the update lock is free.

use std::sync::mpsc::{Sender, channel};
use std::thread;

use debug_tables::{BreakpointTable, CpuTables, Error, Flags, TableSet};
use rcu_core::Domain;

use crate::watchdog;

/// Waits until the domain's limit has made somebody wait.
fn until_somebody_waits(domain: &Domain) {
    while domain.stats().calls_waited == 0 {
        thread::yield_now();
    }
}

/// Has `update` wait at the limit of a domain on a thread of its own while `inside` updates the same things in a section, and then
/// ends that section: the one grace period that makes room.
fn wait_at_the_limit(domain: &Domain, update: impl FnOnce() + Send, inside: impl FnOnce()) {
    let reader = domain.reader();
    let section = reader.read_lock();
    // As many as the limit allows.
    domain.call(|| ());
    thread::scope(|scope| {
        scope.spawn(update);
        until_somebody_waits(domain);
        // If the lock were still held, this would wait for its holder, who waits for this section.
        inside();
        drop(section);
    });
    domain.barrier();
    assert_eq!(domain.stats().callbacks_pending, 0);
}

#[test]
fn updater_that_waits_at_a_hard_limit_does_not_hold_the_update_lock() {
    let _watchdog = watchdog::watch("updater_that_waits_at_a_hard_limit_does_not_hold_the_update_lock");
    let domain = Domain::builder().hard_limit(1).build();
    let table = BreakpointTable::new_in(&domain);
    table.insert(1, Flags::GDB).unwrap();
    wait_at_the_limit(
        &domain,
        || table.insert(2, Flags::GDB).unwrap(),
        || {
            table.insert(3, Flags::GDB).unwrap();
            table.remove(1, Flags::GDB).unwrap();
        },
    );
    let pcs: Vec<u64> = table.read(&domain.reader().read_lock()).iter().map(|entry| entry.pc()).collect();
    assert_eq!(pcs, [3, 2]);
    assert_eq!(domain.stats().calls_over_limit, 2, "the two updates inside the section");
}

/// What it invalidates is done by then too: nobody who obeys the update waits for the limit.
#[test]
fn updater_that_waits_at_a_hard_limit_has_published_and_invalidated() {
    let _watchdog = watchdog::watch("updater_that_waits_at_a_hard_limit_has_published_and_invalidated");
    let domain = Domain::builder().hard_limit(1).build();
    let (send, invalidated): (Sender<u64>, _) = channel();
    let table = BreakpointTable::new_in(&domain)
        .with_invalidate(move |range| send.send(*range.start()).expect("the test listens"));
    table.insert(1, Flags::GDB).unwrap();
    let reader = domain.reader();
    wait_at_the_limit(
        &domain,
        || table.insert(2, Flags::GDB).unwrap(),
        || {
            assert!(table.test(&reader.read_lock(), 2, Flags::GDB));
            assert_eq!(invalidated.try_iter().collect::<Vec<_>>(), [1, 2]);
        },
    );
}

#[test]
fn broadcast_that_waits_at_a_hard_limit_holds_no_lock_of_its_set() {
    let _watchdog = watchdog::watch("broadcast_that_waits_at_a_hard_limit_holds_no_lock_of_its_set");
    let domain = Domain::builder().hard_limit(1).build();
    let set: TableSet<u32, Domain> = TableSet::new();
    let tables = [CpuTables::new_in(&domain), CpuTables::new_in(&domain)];
    for (number, tables) in tables.iter().enumerate() {
        set.join(number as u32, tables.clone());
    }
    set.insert_all(1, Flags::GDB).unwrap();
    wait_at_the_limit(
        &domain,
        || set.insert_all(2, Flags::GDB).unwrap(),
        || {
            set.insert_all(3, Flags::GDB).unwrap();
            set.join(2, CpuTables::new_in(&domain));
            assert_eq!(set.remove_all(4, Flags::GDB), Err(Error::NotFound));
            tables[1].breakpoints.insert(5, Flags::CPU).unwrap();
        },
    );
    let reader = domain.reader();
    let section = reader.read_lock();
    assert_eq!(tables.each_ref().map(|tables| tables.breakpoints.read(&section).len()), [3, 4]);
}
