//! Update locks of more than one table: nobody waits for whoever waits for him.

use debug_tables::{Flags, TableSet};
use rcu_core::Domain;
use rcu_core::sync::{Arc, model, thread};

use super::update::in_lock_order;
use super::{Breakpoints, PC};
use crate::run::{EXHAUSTIVE, Model};

/// See the module.
pub const MODELS: &[Model] = &[
    // 10 executions in both modes, under 0.1 s.
    Model {
        name: "table/two-inherit",
        shows: "two tables inherit from each other at once",
        threads: 2,
        readers: 0,
        extent: EXHAUSTIVE,
        covered_by: &[],
        long: &[],
        outcomes: &[],
        run: two_inherit,
    },
    // 5 executions in both modes, under 0.1 s.
    Model {
        name: "table/two-sets",
        shows: "two broadcasts lock the tables that their sets share, under keys of different order",
        threads: 2,
        readers: 1,
        extent: EXHAUSTIVE,
        covered_by: &[],
        long: &[],
        outcomes: &[],
        run: two_sets,
    },
];

fn two_inherit() {
    let domain = Domain::new();
    let tables = Arc::new([(); 2].map(|()| Breakpoints::new_in(&domain)));
    let other = Arc::clone(&tables);
    let thread = thread::spawn(move || other[1].inherit(&other[0], Flags::GDB));
    assert_eq!(tables[0].inherit(&tables[1], Flags::GDB), 0);
    assert_eq!(thread.join().unwrap(), 0);
}

fn two_sets() {
    model::as_reader();
    let domain = Domain::new();
    let tables = in_lock_order(&domain);
    let sets = Arc::new([(); 2].map(|()| TableSet::<usize, Domain>::new()));
    for (key, tables) in tables.iter().enumerate() {
        sets[0].join(key, tables.clone());
        sets[1].join(1 - key, tables.clone());
    }
    let other = Arc::clone(&sets);
    // It takes every lock, and has nothing to publish: no callback thread is another one to explore.
    let thread = thread::spawn(move || other[1].update_breakpoints(|_, _| Ok(())).unwrap());
    sets[0].insert_all(PC, Flags::GDB).unwrap();
    thread.join().unwrap();
    let handle = domain.reader();
    let section = handle.read_lock();
    assert!(
        tables.iter().all(|tables| tables.breakpoints.test(&section, PC, Flags::ANY)),
        "a broadcast was lost"
    );
}
