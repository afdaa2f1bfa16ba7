//! What a new CPU takes from its parent.

use debug_tables::{Breakpoint, BreakpointTable, Flags, WatchpointTable};
use rcu_core::read_lock;

use crate::order::{pcs, reference};
use crate::publication::{logged, taken};

fn parent() -> BreakpointTable {
    let table = BreakpointTable::new();
    table.insert(2, Flags::GDB).unwrap();
    table.insert_with_ref(1, Flags::GDB, reference(1)).unwrap();
    table.insert_with_ref(3, Flags::CPU, reference(3)).unwrap();
    table.insert(4, Flags::CPU).unwrap();
    table
}

#[test]
fn a_child_has_the_entries_of_the_mask_in_the_parents_order() {
    let child = BreakpointTable::new();
    assert_eq!(child.inherit(&parent(), Flags::ANY), 4);
    assert_eq!(pcs(&child), [1, 2, 3, 4]);
    let child = BreakpointTable::new();
    assert_eq!(child.inherit(&parent(), Flags::GDB), 2);
    assert_eq!(pcs(&child), [1, 2]);
}

#[test]
fn references_are_copied_with_the_state_of_the_cpu_only() {
    let references = |mask| {
        let child = BreakpointTable::new();
        child.inherit(&parent(), mask);
        child.read(&read_lock()).iter().map(|breakpoint| breakpoint.reference()).collect::<Vec<_>>()
    };
    assert_eq!(references(Flags::GDB), [None, None]);
    assert_eq!(references(Flags::CPU), [Some(reference(3)), None]);
    assert_eq!(references(Flags::ANY), [Some(reference(1)), None, Some(reference(3)), None]);
}

#[test]
fn a_reference_that_the_child_uses_itself_stays_its_own() {
    let child = BreakpointTable::new();
    child.insert_with_ref(30, Flags::CPU, reference(3)).unwrap();
    assert_eq!(child.inherit(&parent(), Flags::CPU), 2);
    assert_eq!(pcs(&child), [30, 3, 4]);
    assert_eq!(child.get_by_ref(&read_lock(), reference(3)).unwrap().pc(), 30);
}

#[test]
fn the_childs_own_entries_stay_between_those_of_the_debugger_and_the_others() {
    let child = BreakpointTable::new();
    child.insert(10, Flags::GDB).unwrap();
    child.insert(20, Flags::CPU).unwrap();
    child.inherit(&parent(), Flags::ANY);
    assert_eq!(pcs(&child), [1, 2, 10, 20, 3, 4]);
}

#[test]
fn inheritance_is_one_publication_and_invalidates_what_came() {
    let (child, log) = logged::<Breakpoint>();
    child.inherit(&parent(), Flags::ANY);
    assert_eq!(child.generation(), 1);
    assert_eq!(taken(&log), [2..=2, 1..=1, 3..=3, 4..=4]);
}

#[test]
fn the_parent_is_not_changed_and_later_changes_do_not_reach_the_child() {
    let (parent, child) = (parent(), BreakpointTable::new());
    let generation = parent.generation();
    child.inherit(&parent, Flags::GDB);
    assert_eq!(parent.generation(), generation);
    parent.remove_all(Flags::ANY);
    assert_eq!(pcs(&child), [1, 2]);
}

#[test]
fn a_table_may_inherit_from_itself() {
    let table = parent();
    assert_eq!(table.inherit(&table, Flags::GDB), 2);
    assert_eq!(pcs(&table), [1, 2, 1, 2, 3, 4]);
}

#[test]
fn watchpoints_are_inherited_alike() {
    let (parent, child) = (WatchpointTable::new(), WatchpointTable::new());
    parent.insert(8, 8, Flags::GDB | Flags::MEM_READ).unwrap();
    parent.insert(16, 8, Flags::CPU | Flags::MEM_WRITE).unwrap();
    assert_eq!(child.inherit(&parent, Flags::GDB), 1);
    assert_eq!(child.matches(&read_lock(), 0, u64::MAX), Flags::GDB | Flags::MEM_READ);
}
