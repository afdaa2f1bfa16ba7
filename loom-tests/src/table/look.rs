//! Readers of a table against its updaters: what a section sees is a whole snapshot, which is freed once, when nobody reads it.

use debug_tables::Flags;
use rcu_core::sync::Arc;

use super::{Breakpoints, MANY, MOVED, PC, Server, fill};
use crate::arrays;
use crate::run::{EXHAUSTIVE, Extent, Mode, Model, reach, reader};

const BEFORE: &str = "the reader saw the table as it was";
const AFTER: &str = "the reader saw the table as it is";

/// See the module.
pub const MODELS: &[Model] = &[
    Model {
        name: "table/insert",
        shows: "a reader sees all of the entries that one update inserts into an empty table, or none",
        threads: 2,
        readers: 1,
        extent: EXHAUSTIVE,
        covered_by: &[],
        long: &[],
        outcomes: &[BEFORE, AFTER],
        run: insert,
    },
    Model {
        name: "table/intact",
        shows: "a reader sees all of an update or nothing of it, and what it sees stays until it leaves, and no longer",
        threads: 3,
        readers: 1,
        extent: [Extent::Bound(4); 2],
        covered_by: &["table/self-served-intact", "handover/last-handle"],
        long: &Mode::ALL,
        outcomes: &[BEFORE, AFTER],
        run: || intact(Server::Thread),
    },
    Model {
        name: "table/self-served-intact",
        shows: "as intact, where the updater runs the callback itself",
        threads: 2,
        readers: 1,
        extent: EXHAUSTIVE,
        covered_by: &[],
        long: &Mode::ALL,
        outcomes: &[BEFORE, AFTER],
        run: || intact(Server::Updater),
    },
    Model {
        name: "table/remove",
        shows: "as intact, when an entry is removed",
        threads: 3,
        readers: 1,
        extent: [Extent::Bound(3); 2],
        covered_by: &["table/self-served-remove", "handover/last-handle"],
        long: &[Mode::Membarrier],
        outcomes: &[BEFORE, AFTER],
        run: || remove(Server::Thread),
    },
    Model {
        name: "table/self-served-remove",
        shows: "as remove, where the updater runs the callback itself",
        threads: 2,
        readers: 1,
        extent: EXHAUSTIVE,
        covered_by: &[],
        long: &Mode::ALL,
        outcomes: &[BEFORE, AFTER],
        run: || remove(Server::Updater),
    },
    Model {
        name: "table/remove-all",
        shows: "as intact, when all entries are removed and nothing is published in their place",
        threads: 3,
        readers: 1,
        extent: [Extent::Bound(3); 2],
        covered_by: &["table/self-served-remove-all", "handover/last-handle"],
        long: &[Mode::Membarrier],
        outcomes: &[BEFORE, AFTER],
        run: || remove_all(Server::Thread),
    },
    Model {
        name: "table/self-served-remove-all",
        shows: "as remove-all, where the updater runs the callback itself",
        threads: 2,
        readers: 1,
        extent: EXHAUSTIVE,
        covered_by: &[],
        long: &Mode::ALL,
        outcomes: &[BEFORE, AFTER],
        run: || remove_all(Server::Updater),
    },
    Model {
        name: "table/drop",
        shows: "a table that is dropped by its reader or its updater, whoever is last, frees its snapshot once",
        threads: 2,
        readers: 1,
        extent: EXHAUSTIVE,
        covered_by: &[],
        long: &[],
        outcomes: &[BEFORE, AFTER],
        run: || drop_after(Server::Thread, |_| {}, fill),
    },
    Model {
        name: "table/update-and-drop",
        shows: "as drop, when an update has just handed the snapshot before it to the callback thread",
        threads: 3,
        readers: 1,
        extent: [Extent::Bound(3); 2],
        covered_by: &["table/self-served-update-and-drop", "handover/last-handle"],
        long: &[Mode::Membarrier],
        outcomes: &[BEFORE, AFTER],
        run: || drop_after(Server::Thread, fill, insert_one),
    },
    Model {
        name: "table/self-served-update-and-drop",
        shows: "as update-and-drop, where the updater runs the callback itself",
        threads: 2,
        readers: 1,
        extent: EXHAUSTIVE,
        covered_by: &[],
        long: &Mode::ALL,
        outcomes: &[BEFORE, AFTER],
        run: || drop_after(Server::Updater, fill, insert_one),
    },
];

/// An update of a table with these entries, and a reader of which a section sees some of these breakpoints: as before the
/// update, or as after it.
fn look<const N: usize>(
    by: Server,
    prepare: fn(&Breakpoints),
    update: fn(&Breakpoints),
    pcs: [u64; N],
    [before, after]: [([bool; N], usize); 2],
) {
    arrays::watch(true);
    let domain = by.domain();
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
    by.run_callbacks(&domain);
    drop(reader.join().unwrap());
}

const LAST: u64 = PC + MANY as u64 - 1;

fn insert() {
    look(Server::Thread, |_| {}, fill, [PC, LAST], [([false; 2], 0), ([true; 2], MANY)]);
}

fn intact(by: Server) {
    let update = |table: &Breakpoints| {
        let moved =
            table.update(|edit| edit.remove(PC, Flags::GDB).and_then(|()| edit.insert(MOVED, Flags::GDB)));
        moved.unwrap();
    };
    look(by, fill, update, [PC, MOVED], [([true, false], MANY), ([false, true], MANY)]);
}

fn remove(by: Server) {
    look(
        by,
        fill,
        |table| table.remove(PC, Flags::GDB).unwrap(),
        [PC],
        [([true], MANY), ([false], MANY - 1)],
    );
}

fn remove_all(by: Server) {
    let update = |table: &Breakpoints| assert_eq!(table.remove_all(Flags::ANY), MANY);
    look(by, fill, update, [PC, LAST], [([true; 2], MANY), ([false; 2], 0)]);
}

fn insert_one(table: &Breakpoints) {
    table.insert(MOVED, Flags::GDB).unwrap();
}

/// An update of a table that is shared, by loom's `Arc`: what the last one to let go of it does is ordered after what
/// others did, which loom sees of its own only.
fn drop_after(by: Server, prepare: fn(&Breakpoints), update: fn(&Breakpoints)) {
    arrays::watch(true);
    let domain = by.domain();
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
    by.run_callbacks(&domain);
    drop(reader.join().unwrap());
}
