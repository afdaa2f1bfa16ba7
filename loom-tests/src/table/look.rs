//! Readers of a table against its updaters: what a section sees is a whole snapshot, which is freed once, when nobody reads it.

use debug_tables::Flags;
use rcu_core::Domain;
use rcu_core::sync::Arc;

use super::{Breakpoints, MANY, MOVED, PC, fill};
use crate::arrays;
use crate::run::{EXHAUSTIVE, Extent, Model, reach, reader};

const BEFORE: &str = "the reader saw the table as it was";
const AFTER: &str = "the reader saw the table as it is";

/// See the module.
pub const MODELS: &[Model] = &[
    // fence: 28 executions, under 0.1 s; membarrier: 6, under 0.1 s.
    Model {
        name: "table/insert",
        shows: "a reader sees all of the entries that one update inserts into an empty table, or none",
        threads: 2,
        readers: 1,
        extent: EXHAUSTIVE,
        long: false,
        outcomes: &[BEFORE, AFTER],
        run: insert,
    },
    // fence: 87,055 executions, 9.7 s; membarrier: 187,407, 22.3 s.
    Model {
        name: "table/intact",
        shows: "a reader sees all of an update or nothing of it, and what it sees stays until it leaves, and no longer",
        threads: 3,
        readers: 1,
        extent: [Extent::Bound(4); 2],
        long: false,
        outcomes: &[BEFORE, AFTER],
        run: intact,
    },
    // fence: 12,818 executions, 1.6 s; membarrier: 25,980, 3.2 s.
    Model {
        name: "table/remove",
        shows: "as intact, when an entry is removed",
        threads: 3,
        readers: 1,
        extent: [Extent::Bound(3); 2],
        long: false,
        outcomes: &[BEFORE, AFTER],
        run: remove,
    },
    // fence: 12,818 executions, 1.5 s; membarrier: 25,980, 3.1 s.
    Model {
        name: "table/remove-all",
        shows: "as intact, when all entries are removed and nothing is published in their place",
        threads: 3,
        readers: 1,
        extent: [Extent::Bound(3); 2],
        long: false,
        outcomes: &[BEFORE, AFTER],
        run: remove_all,
    },
    // fence: 88 executions, under 0.1 s; membarrier: 21, under 0.1 s.
    Model {
        name: "table/drop",
        shows: "a table that is dropped by its reader or its updater, whoever is last, frees its snapshot once",
        threads: 2,
        readers: 1,
        extent: EXHAUSTIVE,
        long: false,
        outcomes: &[BEFORE, AFTER],
        run: || drop_after(|_| {}, fill),
    },
    // fence: 17,391 executions, 1.9 s; membarrier: 33,186, 3.8 s.
    Model {
        name: "table/update-and-drop",
        shows: "as drop, when an update has just handed the snapshot before it to the callback thread",
        threads: 3,
        readers: 1,
        extent: [Extent::Bound(3); 2],
        long: false,
        outcomes: &[BEFORE, AFTER],
        run: || drop_after(fill, |table| table.insert(MOVED, Flags::GDB).unwrap()),
    },
];

/// An update of a table with these entries, and a reader of which a section sees some of these breakpoints: as before the
/// update, or as after it.
fn look<const N: usize>(
    prepare: fn(&Breakpoints),
    update: fn(&Breakpoints),
    pcs: [u64; N],
    [before, after]: [([bool; N], usize); 2],
) {
    arrays::watch(true);
    let domain = Domain::new();
    let handle = domain.reader();
    let table = Arc::new(Breakpoints::new_in(&domain));
    prepare(&table);
    let read = Arc::clone(&table);
    let reader = reader(move || {
        let section = handle.read_lock();
        let snapshot = read.read(&section);
        arrays::look(snapshot.iter().as_slice());
        let seen = (pcs.map(|pc| snapshot.test(pc, Flags::ANY)), snapshot.len());
        drop(section);
        assert!(seen == before || seen == after, "half an update: {seen:?}");
        reach(if seen == before { BEFORE } else { AFTER });
        handle
    });
    update(&table);
    drop(reader.join().unwrap());
}

const LAST: u64 = PC + MANY as u64 - 1;

fn insert() {
    look(|_| {}, fill, [PC, LAST], [([false; 2], 0), ([true; 2], MANY)]);
}

fn intact() {
    let update = |table: &Breakpoints| {
        let moved =
            table.update(|edit| edit.remove(PC, Flags::GDB).and_then(|()| edit.insert(MOVED, Flags::GDB)));
        moved.unwrap();
    };
    look(fill, update, [PC, MOVED], [([true, false], MANY), ([false, true], MANY)]);
}

fn remove() {
    look(fill, |table| table.remove(PC, Flags::GDB).unwrap(), [PC], [([true], MANY), ([false], MANY - 1)]);
}

fn remove_all() {
    let update = |table: &Breakpoints| assert_eq!(table.remove_all(Flags::ANY), MANY);
    look(fill, update, [PC, LAST], [([true; 2], MANY), ([false; 2], 0)]);
}

/// An update of a table that is shared, by loom's `Arc`: what the last one to let go of it does is ordered after what
/// others did, which loom sees of its own only.
fn drop_after(prepare: fn(&Breakpoints), update: fn(&Breakpoints)) {
    arrays::watch(true);
    let domain = Domain::new();
    let handle = domain.reader();
    let table = loom::sync::Arc::new(Breakpoints::new_in(&domain));
    prepare(&table);
    let before = table.generation();
    let read = table.clone();
    let reader = reader(move || {
        let section = handle.read_lock();
        let snapshot = read.read(&section);
        arrays::look(snapshot.iter().as_slice());
        let seen = snapshot.len();
        drop(section);
        drop(read);
        reach(if seen == before as usize * MANY { BEFORE } else { AFTER });
        handle
    });
    update(&table);
    drop(table);
    drop(reader.join().unwrap());
}
