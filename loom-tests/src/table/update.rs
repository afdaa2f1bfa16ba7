//! Updaters of a table and of a set against one another: no update is lost, none comes twice, none is seen by halves.

use debug_tables::{Breakpoint, CpuTables, Flags, TableSet};
use rcu_core::Domain;
use rcu_core::sync::{Arc, model, thread};

use super::{Breakpoints, MANY, MOVED, PC, fill};
use crate::arrays;
use crate::run::{EXHAUSTIVE, Extent, Model, reach};

const WITHOUT: &str = "the child took over nothing";
const WITH: &str = "the child took over what the parent had just got";

/// See the module.
pub const MODELS: &[Model] = &[
    // fence: 53,662 executions, 5.7 s; membarrier: 12,192, 1.3 s.
    Model {
        name: "table/two-updaters",
        shows: "updaters of one table take turns, and no update is lost",
        threads: 3,
        readers: 1,
        extent: [Extent::Bound(4), Extent::Bound(3)],
        long: false,
        outcomes: &[],
        run: two_updaters,
    },
    // 10 executions in both modes, under 0.1 s.
    Model {
        name: "table/inherit",
        shows: "a child takes over all that one update gives to its parent, or nothing",
        threads: 2,
        readers: 1,
        extent: EXHAUSTIVE,
        long: false,
        outcomes: &[WITHOUT, WITH],
        run: inherit,
    },
    // 14 executions in both modes, under 0.1 s.
    Model {
        name: "table/join",
        shows: "a broadcast reaches a child that joins meanwhile exactly once: by inheritance or by itself",
        threads: 2,
        readers: 1,
        extent: EXHAUSTIVE,
        long: false,
        outcomes: &[WITHOUT, WITH],
        run: join,
    },
];

fn two_updaters() {
    arrays::watch(true);
    // It looks at the end.
    model::as_reader();
    let domain = Domain::new();
    let table = Arc::new(Breakpoints::new_in(&domain));
    let other = Arc::clone(&table);
    let thread = thread::spawn(move || other.insert(MOVED, Flags::GDB).unwrap());
    fill(&table);
    thread.join().unwrap();
    let handle = domain.reader();
    let section = handle.read_lock();
    let snapshot = table.read(&section);
    assert!([PC, MOVED].iter().all(|&pc| snapshot.test(pc, Flags::ANY)), "an update was lost");
    assert_eq!((snapshot.len(), table.generation()), (MANY + 1, 2));
}

fn inherit() {
    arrays::watch(true);
    model::as_reader();
    let domain = Domain::new();
    let parent = Arc::new(Breakpoints::new_in(&domain));
    let child = Arc::new(Breakpoints::new_in(&domain));
    let (from, into) = (Arc::clone(&parent), Arc::clone(&child));
    let thread = thread::spawn(move || into.inherit(&from, Flags::GDB));
    fill(&parent);
    let inherited = thread.join().unwrap();
    assert!(inherited == 0 || inherited == MANY, "half an update: {inherited}");
    reach(if inherited == 0 { WITHOUT } else { WITH });
    let handle = domain.reader();
    assert_eq!(child.read(&handle.read_lock()).len(), inherited);
}

fn join() {
    model::as_reader();
    let domain = Domain::new();
    let set = Arc::new(TableSet::<u32, Domain>::new());
    let [parent, child] = in_lock_order(&domain);
    set.join(0, parent);
    let (joined, tables) = (Arc::clone(&set), child.clone());
    let thread = thread::spawn(move || joined.join_inheriting(1, tables, &0, Flags::GDB).unwrap());
    set.insert_all(PC, Flags::GDB).unwrap();
    reach(if thread.join().unwrap() == 0 { WITHOUT } else { WITH });
    let handle = domain.reader();
    let section = handle.read_lock();
    let pcs: Vec<u64> = child.breakpoints.read(&section).iter().map(Breakpoint::pc).collect();
    assert_eq!(pcs, [PC], "a broadcast was lost, or came twice");
}

/// The tables of two CPUs. A broadcast locks by address, and loom wants the same order in every execution.
pub(super) fn in_lock_order(domain: &Domain) -> [CpuTables<Domain>; 2] {
    let mut tables = [(); 2].map(|()| CpuTables::new_in(domain));
    tables.sort_by_key(|tables| std::ptr::from_ref(&*tables.breakpoints));
    tables
}
