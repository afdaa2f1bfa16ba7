//! What would wait for its own thread panics instead, and a hook's panic is its own.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use debug_tables::{BreakpointTable, CpuTables, Flags, TableSet, WatchpointTable};
use rcu_core::sync::{AtomicU64, Mutex, Ordering, lock};

/// The message that `f` panics with.
fn refusal(f: impl FnOnce()) -> String {
    let payload = catch_unwind(AssertUnwindSafe(f)).expect_err("nothing was refused");
    *payload.downcast::<String>().expect("a message")
}

const RULE: &str = "called from the closure of an update: it would wait for locks that its own thread holds";

#[test]
fn updating_inside_the_closure_of_an_update_panics_and_changes_nothing() {
    let (table, other) = (BreakpointTable::new(), WatchpointTable::new());
    let refused = refusal(|| {
        let _ = table.update(|edit| {
            edit.insert(1, Flags::GDB)?;
            table.insert(2, Flags::GDB)
        });
    });
    assert_eq!(refused, format!("Table::update {RULE}"));
    let refused = refusal(|| {
        let _ = table.update(|_| Ok(other.remove_all(Flags::ANY)));
    });
    assert_eq!(refused, format!("Table::remove_all {RULE}"));
    let refused = refusal(|| {
        let _ = table.update(|_| Ok(table.inherit(&BreakpointTable::new(), Flags::ANY)));
    });
    assert_eq!(refused, format!("Table::inherit {RULE}"));
    assert!(table.read(&rcu_core::read_lock()).is_empty());
    table.insert(3, Flags::GDB).expect("the lock was released, and the thread may update again");
}

#[test]
fn using_the_set_inside_a_broadcast_panics_and_changes_nothing() {
    let set = TableSet::new();
    set.join(0, CpuTables::new());
    let in_broadcast = |f: &dyn Fn()| {
        refusal(|| {
            let _ = set.update_breakpoints(|_, edit| {
                edit.insert(1, Flags::GDB)?;
                f();
                Ok(())
            });
        })
    };
    assert_eq!(in_broadcast(&|| drop(set.keys())), format!("TableSet::keys {RULE}"));
    assert_eq!(in_broadcast(&|| drop(set.get(&0))), format!("TableSet::get {RULE}"));
    assert_eq!(in_broadcast(&|| drop(set.leave(&0))), format!("TableSet::leave {RULE}"));
    assert_eq!(in_broadcast(&|| set.join(1, CpuTables::new())), format!("TableSet::join {RULE}"));
    let nested = || assert!(set.insert_all(2, Flags::GDB).is_err());
    assert_eq!(in_broadcast(&nested), format!("TableSet::update {RULE}"));
    assert!(set.get(&0).expect("still a member").breakpoints.read(&rcu_core::read_lock()).is_empty());
}

#[test]
fn using_the_set_inside_the_update_of_a_table_panics() {
    let set = TableSet::<u32>::new();
    let table = BreakpointTable::new();
    let refused = refusal(|| {
        let _ = table.update(|_| Ok(set.get(&0)));
    });
    assert_eq!(refused, format!("TableSet::get {RULE}"));
}

#[test]
fn hook_that_panics_in_a_broadcast_leaves_no_other_member_stale() {
    let invalidated = Arc::new(AtomicU64::new(0));
    let set = TableSet::new();
    for cpu in 0..4 {
        let count = Arc::clone(&invalidated);
        let breakpoints = BreakpointTable::new().with_invalidate(move |_| {
            count.fetch_add(1, Ordering::Relaxed);
            assert_ne!(cpu, 1, "expected by the test");
        });
        let watchpoints = Arc::new(WatchpointTable::new());
        set.join(cpu, CpuTables { breakpoints: Arc::new(breakpoints), watchpoints });
    }
    let refused = refusal(|| set.insert_all(1, Flags::GDB).expect("legal flags"));
    assert!(refused.contains("expected by the test"), "{refused}");
    assert_eq!(invalidated.load(Ordering::Relaxed), 4);
}

#[test]
fn hook_may_use_the_tables_and_the_set() {
    let set = Arc::new(TableSet::new());
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (own, keys) = (Arc::downgrade(&set), Arc::clone(&seen));
    let breakpoints = BreakpointTable::new().with_invalidate(move |range| {
        let set = own.upgrade().expect("the test holds it");
        let tables = set.get(&0).expect("a member");
        if *range.start() == 1 {
            tables.breakpoints.insert(2, Flags::CPU).expect("legal flags");
        }
        lock(&keys).push(*range.start());
    });
    let watchpoints = Arc::new(WatchpointTable::new());
    set.join(0, CpuTables { breakpoints: Arc::new(breakpoints), watchpoints });
    set.insert_all(1, Flags::GDB).expect("legal flags");
    assert_eq!(*lock(&seen), [2, 1]);
}
