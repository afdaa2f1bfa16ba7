//! Broadcasts beside joins, single updates and other sets.

use std::sync::{Arc, Barrier};
use std::thread;

use debug_tables::{CpuTables, Error, Flags, TableSet};

use crate::order::pcs;
use crate::watchdog;

const BROADCASTS: u64 = 1_000;
const CHILDREN: u32 = 32;

#[test]
fn each_broadcast_reaches_each_child_that_joins_meanwhile_exactly_once() {
    let _watchdog = watchdog::watch("each_broadcast_reaches_each_child_that_joins_meanwhile_exactly_once");
    let set = TableSet::new();
    let parent = CpuTables::new();
    set.join(0, parent.clone());
    thread::scope(|scope| {
        scope.spawn(|| {
            for pc in 0..BROADCASTS {
                set.insert_all(pc, Flags::GDB).unwrap();
                if pc % 3 == 0 {
                    set.remove_all(pc, Flags::GDB).unwrap();
                }
            }
        });
        scope.spawn(|| {
            for key in 1..=CHILDREN {
                set.join_inheriting(key, CpuTables::new(), &(key / 2), Flags::GDB).unwrap();
                thread::yield_now();
            }
        });
        // What belongs to one CPU goes on beside it.
        for _ in 0..BROADCASTS {
            parent.breakpoints.insert(8, Flags::CPU).unwrap();
            parent.breakpoints.remove(8, Flags::CPU).unwrap();
        }
    });
    let expected: Vec<u64> = (0..BROADCASTS).rev().filter(|pc| pc % 3 != 0).collect();
    for key in 0..=CHILDREN {
        assert_eq!(pcs(&set.get(&key).unwrap().breakpoints), expected, "cpu {key}");
    }
}

#[test]
fn a_child_has_each_broadcast_once_whenever_it_joins_and_leaves() {
    let _watchdog = watchdog::watch("a_child_has_each_broadcast_once_whenever_it_joins_and_leaves");
    let set = TableSet::new();
    set.join(0, CpuTables::new());
    thread::scope(|scope| {
        let children = scope.spawn(|| {
            for _ in 0..2_000 {
                set.join_inheriting(1, CpuTables::new(), &0, Flags::GDB).unwrap();
                thread::yield_now();
                let child = pcs(&set.leave(&1).unwrap().breakpoints);
                assert!(child.iter().rev().copied().eq(0..child.len() as u64), "{child:?}");
            }
        });
        while !children.is_finished() {
            (0..100).try_for_each(|pc| set.insert_all(pc, Flags::GDB)).unwrap();
            set.clear(Flags::GDB);
        }
    });
}

#[test]
fn a_removal_beside_single_updates_is_whole_or_refused() {
    let _watchdog = watchdog::watch("a_removal_beside_single_updates_is_whole_or_refused");
    let set = TableSet::new();
    let tables = [(); 3].map(|()| CpuTables::new());
    for (key, tables) in tables.iter().enumerate() {
        set.join(key, tables.clone());
    }
    for _ in 0..500 {
        set.insert_all(8, Flags::GDB).unwrap();
        let (broadcast, single) = thread::scope(|scope| {
            let single = scope.spawn(|| tables[2].breakpoints.remove(8, Flags::GDB));
            (set.remove_all(8, Flags::GDB), single.join().unwrap())
        });
        let left = [0, 1, 2].map(|cpu: usize| pcs(&tables[cpu].breakpoints).len());
        match broadcast {
            Ok(()) => assert_eq!((single, left), (Err(Error::NotFound), [0, 0, 0])),
            Err(error) => assert_eq!((error, single, left), (Error::NotFound, Ok(()), [1, 1, 0])),
        }
        set.clear(Flags::GDB);
    }
}

#[test]
fn sets_that_share_tables_in_opposite_order_do_not_wait_for_each_other() {
    let _watchdog = watchdog::watch("sets_that_share_tables_in_opposite_order_do_not_wait_for_each_other");
    let sets = [TableSet::new(), TableSet::new()];
    let tables = [(); 16].map(|()| CpuTables::new());
    for (key, tables) in tables.iter().enumerate() {
        sets[0].join(key, tables.clone());
        sets[1].join(usize::MAX - key, tables.clone());
    }
    let start = Barrier::new(sets.len());
    thread::scope(|scope| {
        for set in &sets {
            scope.spawn(|| {
                start.wait();
                for pc in 0..BROADCASTS {
                    set.insert_all(pc, Flags::GDB).unwrap();
                    set.remove_all(pc, Flags::GDB).unwrap();
                }
            });
        }
    });
    assert!(tables.iter().all(|tables| pcs(&tables.breakpoints).is_empty()));
    assert_eq!(Arc::strong_count(&tables[0].breakpoints), 3, "a broadcast keeps no table");
}
