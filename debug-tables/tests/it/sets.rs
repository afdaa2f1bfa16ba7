//! Sets: membership, and broadcasts that reach all or none.

use std::sync::{Arc, OnceLock};

use debug_tables::{BreakpointTable, CpuTables, Error, Flags, TableSet};
use rcu_core::read_lock;

use crate::order::pcs;
use crate::watchdog;

fn set_of(count: u32) -> (TableSet<u32>, Vec<CpuTables>) {
    let (set, tables) = (TableSet::new(), Vec::from_iter((0..count).map(|_| CpuTables::new())));
    for (key, tables) in (0..).zip(&tables) {
        set.join(key, tables.clone());
    }
    (set, tables)
}

fn generations(tables: &[CpuTables]) -> Vec<(u64, u64)> {
    tables.iter().map(|tables| (tables.breakpoints.generation(), tables.watchpoints.generation())).collect()
}

#[test]
fn a_broadcast_reaches_every_member() {
    let (set, tables) = set_of(3);
    let flags = Flags::GDB | Flags::MEM_WRITE;
    set.insert_all(8, Flags::GDB).unwrap();
    set.insert_all(16, Flags::GDB).unwrap();
    set.remove_all(8, Flags::GDB).unwrap();
    set.watch_all(8, 8, flags).unwrap();
    set.watch_all(16, 8, flags).unwrap();
    set.unwatch_all(16, 8, flags).unwrap();
    for tables in &tables {
        assert_eq!(pcs(&tables.breakpoints), [16]);
        assert_eq!(tables.watchpoints.matches(&read_lock(), 0, 16), flags);
        assert_eq!(tables.watchpoints.matches(&read_lock(), 16, 16), Flags::empty());
    }
}

#[test]
fn a_removal_that_one_member_refuses_changes_nothing_anywhere() {
    let (set, tables) = set_of(3);
    set.insert_all(8, Flags::GDB).unwrap();
    set.watch_all(8, 8, Flags::GDB).unwrap();
    tables[2].breakpoints.remove(8, Flags::GDB).unwrap();
    tables[0].watchpoints.remove(8, 8, Flags::GDB).unwrap();
    let before = generations(&tables);
    assert_eq!(set.remove_all(8, Flags::GDB), Err(Error::NotFound));
    assert_eq!(set.unwatch_all(8, 8, Flags::GDB), Err(Error::NotFound));
    assert_eq!(generations(&tables), before);
    assert_eq!([0, 1, 2].map(|cpu: usize| pcs(&tables[cpu].breakpoints).len()), [1, 1, 0]);
    // Nor do the working copies differ from what is published.
    set.insert_all(16, Flags::CPU).unwrap();
    assert_eq!(pcs(&tables[0].breakpoints), [8, 16]);
}

#[test]
fn invalid_broadcasts_are_refused_even_by_an_empty_set() {
    let set: TableSet<u32> = TableSet::new();
    let unknown = Flags::from_bits_retain(0x100);
    assert_eq!(set.insert_all(8, unknown), Err(Error::UnknownFlags));
    assert_eq!(set.remove_all(8, unknown), Err(Error::UnknownFlags));
    assert_eq!(set.watch_all(8, 0, Flags::GDB), Err(Error::EmptyRange));
    assert_eq!(set.watch_all(u64::MAX, 2, Flags::GDB), Err(Error::RangeOverflow));
    assert_eq!(set.unwatch_all(8, 8, unknown), Err(Error::UnknownFlags));
    assert_eq!(set.insert_all(8, Flags::GDB), Ok(()));
}

#[test]
fn a_removal_is_not_found_only_if_a_member_lacks_it() {
    let set: TableSet<u32> = TableSet::new();
    // No watchpoint can have the last two ranges.
    for (addr, len) in [(8, 8), (8, 0), (u64::MAX, 2)] {
        assert_eq!(set.unwatch_all(addr, len, Flags::GDB), Ok(()));
    }
    assert_eq!(set.remove_all(8, Flags::GDB), Ok(()));
    set.join(0, CpuTables::new());
    for (addr, len) in [(8, 8), (8, 0), (u64::MAX, 2)] {
        assert_eq!(set.unwatch_all(addr, len, Flags::GDB), Err(Error::NotFound));
    }
    assert_eq!(set.remove_all(8, Flags::GDB), Err(Error::NotFound));
}

#[test]
fn members_are_edited_in_the_order_of_their_keys() {
    let (set, tables) = set_of(4);
    let mut seen = Vec::new();
    set.update_breakpoints(|&key, edit| {
        seen.push(key);
        edit.insert(u64::from(key), Flags::CPU)
    })
    .unwrap();
    assert_eq!(seen, [0, 1, 2, 3]);
    assert_eq!(pcs(&tables[3].breakpoints), [3]);
}

#[test]
fn clear_takes_all_of_a_class_and_leaves_the_rest() {
    let (set, tables) = set_of(2);
    set.insert_all(8, Flags::GDB).unwrap();
    set.watch_all(8, 8, Flags::GDB).unwrap();
    tables[1].breakpoints.insert(9, Flags::CPU).unwrap();
    assert_eq!(set.clear(Flags::GDB), 4);
    assert_eq!(pcs(&tables[1].breakpoints), [9]);
    assert!(tables[0].watchpoints.read(&read_lock()).is_empty());
}

#[test]
fn who_has_left_is_not_reached() {
    let (set, tables) = set_of(2);
    set.insert_all(8, Flags::GDB).unwrap();
    assert!(set.leave(&1).is_some());
    assert!(set.leave(&1).is_none() && set.get(&1).is_none());
    set.remove_all(8, Flags::GDB).unwrap();
    assert_eq!(set.keys(), [0]);
    assert_eq!(pcs(&tables[1].breakpoints), [8]);
    assert!(Arc::ptr_eq(&set.get(&0).unwrap().breakpoints, &tables[0].breakpoints));
}

#[test]
fn a_child_joins_with_what_it_inherits_of_both_kinds() {
    let (set, _tables) = set_of(1);
    set.insert_all(8, Flags::GDB).unwrap();
    set.watch_all(8, 8, Flags::GDB).unwrap();
    let child = CpuTables::new();
    child.breakpoints.insert(9, Flags::CPU).unwrap();
    assert_eq!(set.join_inheriting(1, child.clone(), &0, Flags::GDB), Ok(2));
    set.insert_all(10, Flags::GDB).unwrap();
    assert_eq!(pcs(&child.breakpoints), [10, 8, 9]);
}

#[test]
fn a_child_of_nobody_does_not_join() {
    let (set, _tables) = set_of(1);
    assert_eq!(set.join_inheriting(1, CpuTables::new(), &7, Flags::GDB), Err(Error::NotFound));
    assert_eq!(set.keys(), [0]);
}

#[test]
#[should_panic(expected = "the key is a member of the set already")]
fn a_key_joins_once() {
    set_of(1).0.join(0, CpuTables::new());
}

#[test]
#[should_panic(expected = "the tables are a member of the set already")]
fn breakpoints_join_once() {
    let (set, tables) = set_of(2);
    set.join(2, CpuTables { breakpoints: Arc::clone(&tables[1].breakpoints), ..CpuTables::new() });
}

#[test]
#[should_panic(expected = "the tables are a member of the set already")]
fn watchpoints_join_once() {
    let (set, tables) = set_of(2);
    set.join(2, CpuTables { watchpoints: Arc::clone(&tables[0].watchpoints), ..CpuTables::new() });
}

#[test]
fn a_hook_sees_every_member_changed_and_may_use_the_set() {
    static SET: OnceLock<TableSet<u32>> = OnceLock::new();
    let _watchdog = watchdog::watch("a_hook_sees_every_member_changed_and_may_use_the_set");
    let set = SET.get_or_init(TableSet::new);
    let table = || {
        Arc::new(BreakpointTable::new().with_invalidate(|range| {
            let set = SET.get().unwrap();
            for key in set.keys() {
                let tables = set.get(&key).unwrap();
                assert!(tables.breakpoints.test(&read_lock(), *range.start(), Flags::GDB));
            }
            if range == (8..=8) && !set.get(&0).unwrap().breakpoints.test(&read_lock(), 9, Flags::GDB) {
                set.insert_all(9, Flags::GDB).unwrap();
            }
        }))
    };
    for key in 0..2 {
        set.join(key, CpuTables { breakpoints: table(), watchpoints: Arc::default() });
    }
    set.insert_all(8, Flags::GDB).unwrap();
    for key in 0..2 {
        assert_eq!(pcs(&set.get(&key).unwrap().breakpoints), [9, 8]);
    }
}
