//! The defects that were found in, or before, the review which started this crate: one test for each, named after it. DESIGN.md
//! lists them, with the reason why each is impossible here. (That a lookup's result is used outside its section does not
//! compile: see the example of `Table::read`.)

use std::sync::{Arc, OnceLock, mpsc};
use std::thread;
use std::time::Duration;

use debug_tables::{Access, Breakpoint, BreakpointTable, Breakpoints, Error, Flags, WatchpointTable};
use rcu_core::sync::{AtomicU64, Ordering};
use rcu_core::{Culprit, Domain, read_lock};

use crate::order::{pcs, reference};
use crate::publication::{logged, taken};
use crate::reclaim::allocations;
use crate::watchdog;

#[test]
fn entry_0_of_an_empty_table_is_not_read() {
    let table = BreakpointTable::new();
    let section = read_lock();
    assert_eq!(table.get_by_ref(&section, reference(1)), None);
    assert_eq!(table.read(&section).first_match(0, Flags::all()), None);
    assert_eq!(Breakpoints::default().iter().next(), None);
}

#[test]
fn no_entry_is_read_past_the_end() {
    let table = BreakpointTable::new();
    table.insert_with_ref(1, Flags::GDB, reference(1)).unwrap();
    table.insert_with_ref(2, Flags::GDB, reference(2)).unwrap();
    assert_eq!(table.get_by_ref(&read_lock(), reference(3)), None);
    assert_eq!(table.remove_by_ref(reference(3)), Err(Error::StaleRef));
}

#[test]
fn a_lookup_result_is_good_as_long_as_its_section() {
    let table = BreakpointTable::new();
    table.insert_with_ref(1, Flags::GDB, reference(1)).unwrap();
    let section = read_lock();
    let found = table.get_by_ref(&section, reference(1)).unwrap();
    thread::scope(|scope| {
        scope.spawn(|| (2..100).for_each(|pc| table.insert_with_ref(pc, Flags::CPU, reference(1)).unwrap()));
    });
    assert_eq!((found.pc(), found.flags()), (1, Flags::GDB));
    assert_eq!(table.get_by_ref(&section, reference(1)).unwrap().pc(), 99);
}

#[test]
fn entries_and_their_number_are_of_one_snapshot() {
    let table = BreakpointTable::new();
    table.insert(1, Flags::GDB).unwrap();
    table.insert(2, Flags::GDB).unwrap();
    let section = read_lock();
    let (breakpoints, number) = (table.read(&section), table.read(&section).len());
    table.remove_all(Flags::GDB);
    assert_eq!((breakpoints.len(), breakpoints.iter().count()), (number, number));
    assert!(breakpoints.get_by_ref(reference(1)).is_none(), "a search goes over all entries");
    assert!(table.read(&section).is_empty());
}

#[test]
fn emptiness_is_not_decided_before_locking() {
    let _watchdog = watchdog::watch("emptiness_is_not_decided_before_locking");
    let table = Arc::new(BreakpointTable::new());
    let (sender, receiver) = mpsc::channel();
    let remover = thread::spawn({
        let table = Arc::clone(&table);
        move || {
            receiver.recv().unwrap();
            table.remove(8, Flags::GDB)
        }
    });
    let inserted = table.update(|edit| {
        edit.insert(8, Flags::GDB)?;
        sender.send(()).unwrap();
        // The remover may now look, at a table that is still empty, but has to wait.
        thread::sleep(Duration::from_millis(50));
        Ok(())
    });
    assert_eq!(inserted, Ok(()));
    assert_eq!(remover.join().unwrap(), Ok(()));
}

#[test]
fn invalidation_does_not_come_before_publication() {
    static TABLE: OnceLock<BreakpointTable> = OnceLock::new();
    let expected = |range: std::ops::RangeInclusive<u64>| {
        let table = TABLE.get().unwrap();
        assert!(table.test(&read_lock(), *range.start(), Flags::GDB));
        assert_eq!(table.generation(), 1);
    };
    TABLE.set(BreakpointTable::new().with_invalidate(expected)).unwrap();
    TABLE.get().unwrap().insert(8, Flags::GDB).unwrap();
}

#[test]
fn both_addresses_are_invalidated_when_an_entry_moves() {
    let (table, log) = logged::<Breakpoint>();
    table.insert_with_ref(1, Flags::CPU, reference(1)).unwrap();
    taken(&log);
    table.insert_with_ref(2, Flags::CPU, reference(1)).unwrap();
    assert_eq!(taken(&log), [1..=1, 2..=2]);
    table.insert_with_ref(3, Flags::GDB, reference(1)).unwrap();
    assert_eq!(taken(&log), [2..=2, 3..=3]);
    assert_eq!(pcs(&table), [3]);
}

#[test]
fn inheriting_does_not_overwrite_the_child() {
    let (parent, child) = (BreakpointTable::new(), BreakpointTable::new());
    child.insert(1, Flags::CPU).unwrap();
    parent.insert(2, Flags::GDB).unwrap();
    child.inherit(&parent, Flags::ANY);
    assert_eq!(pcs(&child), [2, 1]);
}

#[test]
fn removal_does_not_take_the_duplicates() {
    let table = BreakpointTable::new();
    table.insert(1, Flags::GDB).unwrap();
    table.insert(1, Flags::GDB).unwrap();
    table.remove(1, Flags::GDB).unwrap();
    assert_eq!(pcs(&table), [1]);
}

#[test]
fn removal_by_reference_does_not_take_entries_without_one() {
    let table = BreakpointTable::new();
    table.insert(1, Flags::GDB).unwrap();
    table.insert_with_ref(2, Flags::CPU, reference(1)).unwrap();
    table.insert(3, Flags::CPU).unwrap();
    table.remove_by_ref(reference(1)).unwrap();
    assert_eq!(pcs(&table), [1, 3]);
}

#[test]
fn a_removal_that_succeeds_does_not_report_an_error() {
    let table = BreakpointTable::new();
    table.insert(1, Flags::GDB).unwrap();
    assert_eq!(table.remove(1, Flags::GDB), Ok(()));
}

#[test]
fn nothing_is_published_when_nothing_changed() {
    let table = BreakpointTable::new();
    table.insert(1, Flags::GDB).unwrap();
    let section = read_lock();
    let before: *const Breakpoints = table.read(&section);
    assert_eq!(table.remove(2, Flags::GDB), Err(Error::NotFound));
    assert_eq!(table.remove_all(Flags::CPU), 0);
    assert!(std::ptr::eq(before, table.read(&section)));
}

#[test]
fn nothing_is_copied_from_a_table_that_has_none() {
    let (parent, child) = (BreakpointTable::new(), BreakpointTable::new());
    assert_eq!(child.inherit(&parent, Flags::ANY), 0);
    assert_eq!(child.remove_all(Flags::ANY), 0);
    assert_eq!(child.generation(), 0);
}

#[test]
fn an_empty_snapshot_is_not_kept() {
    let (never, emptied) = (BreakpointTable::new(), BreakpointTable::new());
    emptied.insert(1, Flags::GDB).unwrap();
    emptied.remove(1, Flags::GDB).unwrap();
    let section = read_lock();
    assert!(std::ptr::eq(never.read(&section), emptied.read(&section)), "both show the static one");
}

#[test]
fn the_update_lock_is_not_held_across_invalidation() {
    let _watchdog = watchdog::watch("the_update_lock_is_not_held_across_invalidation");
    static TABLE: OnceLock<BreakpointTable> = OnceLock::new();
    let elsewhere = |range: std::ops::RangeInclusive<u64>| {
        if range == (1..=1) {
            // Another thread updates, and is waited for.
            thread::spawn(|| TABLE.get().unwrap().insert(2, Flags::GDB)).join().unwrap().unwrap();
        }
    };
    TABLE.set(BreakpointTable::new().with_invalidate(elsewhere)).unwrap();
    TABLE.get().unwrap().insert(1, Flags::GDB).unwrap();
    assert_eq!(pcs(TABLE.get().unwrap()), [2, 1]);
}

#[test]
fn a_hit_refers_to_no_snapshot_and_changes_none() {
    let table = WatchpointTable::new();
    let flags = Flags::GDB | Flags::MEM_WRITE;
    table.insert(8, 8, flags).unwrap();
    let generation = table.generation();
    let hit = table.check(&read_lock(), 8, 1, Access::Write, |_| true).unwrap();
    assert_eq!(table.generation(), generation);
    assert_eq!(table.read(&read_lock()).iter().next().unwrap().flags(), flags);
    table.remove(8, 8, flags).unwrap();
    rcu_core::barrier();
    assert_eq!(hit.watchpoint.addr(), 8);
}

#[test]
fn updating_needs_no_reader() {
    let domain = Domain::new();
    let table = BreakpointTable::new_in(&domain);
    table.insert(1, Flags::GDB).unwrap();
    table.insert(2, Flags::GDB).unwrap();
    assert_eq!(domain.stats().readers, 0);
}

#[test]
fn the_update_lock_is_there_before_the_first_update() {
    static TABLE: BreakpointTable = BreakpointTable::new();
    thread::scope(|scope| {
        for cpu in 0..4 {
            scope.spawn(move || (0..100).for_each(|pc| TABLE.insert(100 * cpu + pc, Flags::CPU).unwrap()));
        }
    });
    let mut all = pcs(&TABLE);
    all.sort_unstable();
    assert!(all.into_iter().eq(0..400));
}

#[test]
fn what_a_table_owns_goes_with_it() {
    let owned = Arc::new(());
    let hook = Arc::clone(&owned);
    let table = BreakpointTable::new().with_invalidate(move |_| assert_eq!(*hook, ()));
    table.insert(1, Flags::GDB).unwrap();
    drop(table);
    assert_eq!(Arc::strong_count(&owned), 1);
}

#[test]
fn handing_over_the_old_snapshot_allocates_nothing() {
    let before = Arc::new(AtomicU64::new(0));
    let hook = Arc::clone(&before);
    // Relaxed, and below: one thread's.
    let table = BreakpointTable::new().with_invalidate(move |_| hook.store(allocations(), Ordering::Relaxed));
    // The first is handed over by starting a thread.
    for pc in 1..=4 {
        table.insert(pc, Flags::GDB).unwrap();
    }
    assert_eq!(allocations(), before.load(Ordering::Relaxed), "between the hook and the end of the update");
}

#[test]
fn a_cpu_that_never_leaves_its_section_is_named_and_delays_no_update() {
    let _watchdog = watchdog::watch("a_cpu_that_never_leaves_its_section_is_named_and_delays_no_update");
    let (sender, stalls) = mpsc::channel();
    let domain = Domain::builder()
        .stall_timeout(Duration::from_millis(20))
        .on_stall(move |stall| {
            let _nobody_waits_any_more = sender.send(stall.culprit.clone());
        })
        .build();
    let table = BreakpointTable::new_in(&domain);
    let reader = domain.reader();
    let section = reader.read_lock();
    for pc in 1..=10 {
        table.insert(pc, Flags::GDB).unwrap();
        assert!(table.test(&section, pc, Flags::GDB), "the section does not have to end for it");
    }
    assert!(matches!(stalls.recv().unwrap(), Culprit::Reader { handle: true, .. }));
    drop(section);
    domain.barrier();
}
