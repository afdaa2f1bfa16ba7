//! Updaters of a table and of a set against one another: no update is lost, none comes twice, none is seen by halves.

use debug_tables::{Breakpoint, CpuTables, Flags, TableSet};
use rcu_core::Domain;
use rcu_core::sync::{Arc, model, thread};

use super::{Breakpoints, MANY, MOVED, PC, Server, fill};
use crate::arrays;
use crate::run::{EXHAUSTIVE, Extent, Mode, Model, reach};

const WITHOUT: &str = "the child took over nothing";
const WITH: &str = "the child took over what the parent had just got";

const FILLED_FIRST: &str = "the updater of many entries came first";
const INSERTED_FIRST: &str = "the updater of one entry came first";

/// See the module.
pub const MODELS: &[Model] = &[
    Model {
        name: "table/two-updaters",
        shows: "updaters of one table take turns, and no update is lost",
        threads: 3,
        readers: 1,
        extent: [Extent::Bound(4), Extent::Bound(3)],
        covered_by: &["table/self-served-two-updaters", "handover/last-handle"],
        long: &[Mode::Fence],
        outcomes: &[FILLED_FIRST, INSERTED_FIRST],
        run: || two_updaters(Server::Thread),
    },
    Model {
        name: "table/self-served-two-updaters",
        shows: "as two-updaters, where one of them runs the callback itself",
        threads: 2,
        readers: 1,
        extent: EXHAUSTIVE,
        covered_by: &[],
        long: &[],
        outcomes: &[FILLED_FIRST, INSERTED_FIRST],
        run: || two_updaters(Server::Updater),
    },
    Model {
        name: "table/inherit",
        shows: "a child takes over all that one update gives to its parent, or nothing",
        threads: 2,
        readers: 1,
        extent: EXHAUSTIVE,
        covered_by: &[],
        long: &[],
        outcomes: &[WITHOUT, WITH],
        run: inherit,
    },
    Model {
        name: "table/join",
        shows: "a broadcast reaches a child that joins meanwhile exactly once: by inheritance or by itself",
        threads: 2,
        readers: 1,
        extent: EXHAUSTIVE,
        covered_by: &[],
        long: &[],
        outcomes: &[WITHOUT, WITH],
        run: join,
    },
];

fn two_updaters(by: Server) {
    arrays::watch(true);
    // It looks at the end.
    model::as_reader();
    let domain = by.domain();
    let table = Arc::new(Breakpoints::new_in(&domain));
    let other = Arc::clone(&table);
    let thread = thread::spawn(move || other.insert(MOVED, Flags::GDB).unwrap());
    fill(&table);
    by.run_callbacks(&domain);
    thread.join().unwrap();
    by.run_callbacks(&domain);
    let handle = domain.reader();
    let section = handle.read_lock();
    let snapshot = table.read(&section);
    assert!([PC, MOVED].iter().all(|&pc| snapshot.test(pc, Flags::ANY)), "an update was lost");
    assert_eq!((snapshot.len(), table.generation()), (MANY + 1, 2));
    // The debugger's entries go to the front.
    let inserted_last = snapshot.iter().next().map(Breakpoint::pc) == Some(MOVED);
    reach(if inserted_last { FILLED_FIRST } else { INSERTED_FIRST });
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
