//! Protocols of the first proposal for tables under RCU that are wrong, of the shipped parts or of as little as shows them.

use std::ptr;

use debug_tables::{Breakpoint, Flags, TableSet};
use rcu_core::Domain;
use rcu_core::sync::{Arc, AtomicU64, Ordering, model, thread};

use super::update::in_lock_order;
use super::{Breakpoints, PC, fill};
use crate::arrays;
use crate::payload::Payload;
use crate::run::{EXHAUSTIVE, Extent, Model, reader};

/// See the module.
pub const WRONG: &[Model] = &[
    Model {
        name: "table/test-then-lock",
        shows: "an updater that tests for emptiness before it locks reads entry 0 of an empty array",
        threads: 3,
        readers: 2,
        extent: [Extent::Bound(3); 2],
        covered_by: &[],
        long: &[],
        outcomes: &[],
        run: test_then_lock,
    },
    Model {
        name: "table/used-after-section",
        shows: "what was looked up is freed under a reader who uses it after the section",
        threads: 3,
        readers: 1,
        extent: [Extent::Bound(3); 2],
        covered_by: &[],
        long: &[],
        outcomes: &[],
        run: used_after_section,
    },
    Model {
        name: "table/array-and-length",
        shows: "an array and its length that are read apart, under no lock, need not belong together",
        threads: 2,
        readers: 1,
        extent: EXHAUSTIVE,
        covered_by: &[],
        long: &[],
        outcomes: &[],
        run: array_and_length,
    },
    Model {
        name: "table/clone-overwrites",
        shows: "a child that overwrites its table with a copy of its parent's loses a broadcast",
        threads: 2,
        readers: 1,
        extent: EXHAUSTIVE,
        covered_by: &[],
        long: &[],
        outcomes: &[],
        run: clone_overwrites,
    },
];

/// Two threads that remove the first entry, of one.
fn test_then_lock() {
    model::as_reader();
    let domain = Domain::new();
    let table = Arc::new(Breakpoints::new_in(&domain));
    table.insert(PC, Flags::GDB).unwrap();
    let remove_first = |domain: &Domain, table: &Breakpoints| {
        let handle = domain.reader();
        let is_empty = table.read(&handle.read_lock()).is_empty();
        if !is_empty {
            let removed = table.update(|edit| {
                let first = *edit.iter().next().expect("entry 0 of an empty array");
                edit.remove(first.pc(), first.flags())
            });
            removed.unwrap();
        }
    };
    let (other, also) = (domain.clone(), Arc::clone(&table));
    let thread = reader(move || remove_first(&other, &also));
    remove_first(&domain, &table);
    thread.join().unwrap();
}

fn used_after_section() {
    arrays::watch(true);
    let domain = Domain::new();
    let handle = domain.reader();
    let table = Arc::new(Breakpoints::new_in(&domain));
    fill(&table);
    let read = Arc::clone(&table);
    let reader = reader(move || {
        let section = handle.read_lock();
        // A lifetime forbids to keep the reference, not the address.
        let found = read.read(&section).iter().next().map(|first| ptr::from_ref(first).addr());
        drop(section);
        found.inspect(|&found| arrays::look_at(found));
        handle
    });
    table.remove_all(Flags::GDB);
    drop(reader.join().unwrap());
}

/// A table of two words. One entry is left of two.
fn array_and_length() {
    let arrays = [vec![Payload::new(0), Payload::new(1)], vec![Payload::new(1)]];
    let shared = Arc::new((AtomicU64::new(0), AtomicU64::new(2), arrays));
    let read = Arc::clone(&shared);
    let reader = reader(move || {
        let length = read.1.load(Ordering::Acquire);
        let array = &read.2[read.0.load(Ordering::Acquire) as usize];
        array.get(length as usize - 1).expect("an entry past the end of the array").look();
    });
    shared.0.store(1, Ordering::Release);
    shared.1.store(1, Ordering::Release);
    reader.join().unwrap();
}

fn clone_overwrites() {
    model::as_reader();
    let domain = Domain::new();
    let set = Arc::new(TableSet::<u32, Domain>::new());
    let [parent, child] = in_lock_order(&domain);
    set.join(0, parent.clone());
    set.join(1, child.clone());
    let into = child.clone();
    let thread = thread::spawn(move || {
        // Takes the parent's lock: an update that changes nothing.
        let copy = parent.breakpoints.update(|edit| Ok(edit.iter().copied().collect::<Vec<Breakpoint>>()));
        let cloned = into.breakpoints.update(|edit| {
            edit.remove_all(Flags::ANY);
            copy?.iter().try_for_each(|entry| edit.insert(entry.pc(), entry.flags()))
        });
        cloned.unwrap();
    });
    set.insert_all(PC, Flags::GDB).unwrap();
    thread.join().unwrap();
    let handle = domain.reader();
    assert!(child.breakpoints.test(&handle.read_lock(), PC, Flags::ANY), "a broadcast was lost");
}
