//! What is taken out of a cell stays while somebody looks at it, though it is freed, memory and all, as soon as that is right.
//!
//! A payload in the value would be gone with it, and a look at one that is gone tells nothing. So the values have the size of
//! an array that is [watched](crate::arrays).

use std::ptr;

use rcu_core::sync::{Arc, model};
use rcu_core::{Domain, RcuCell};

use crate::arrays;
use crate::run::{Extent, Model, reader};

/// See the module.
pub const MODELS: &[Model] = &[
    // fence: 4,294 executions, 0.5 s; membarrier: 8,597, 0.8 s.
    Model {
        name: "retire/taken-back",
        shows: "a value that is waited for is taken back when no reader looks at it",
        threads: 2,
        readers: 1,
        extent: [Extent::Bound(4); 2],
        covered_by: &["handover/self-served-retire-under-reader", "pointer/two-swaps"],
        long: &[],
        outcomes: &[],
        run: || replace(|cell| _ = cell.replace(value()).wait()),
    },
    // fence: 15,099 executions, 2.7 s; membarrier: 25,980, 3.7 s.
    Model {
        name: "retire/dropped",
        shows: "a value that is dropped is freed when no reader looks at it",
        threads: 3,
        readers: 1,
        extent: [Extent::Bound(3); 2],
        covered_by: &["handover/self-served-retire-under-reader", "pointer/two-swaps"],
        long: &[],
        outcomes: &[],
        run: || replace(|cell| drop(cell.replace(value()))),
    },
    // fence: 4,537 executions, 0.6 s; membarrier: 7,733, 1.0 s.
    Model {
        name: "retire/two-updates",
        shows: "an update looks at a value that another one replaces meanwhile",
        threads: 3,
        readers: 2,
        extent: [Extent::Bound(2); 2],
        covered_by: &["handover/self-served-retire-under-reader", "pointer/two-swaps"],
        long: &[],
        outcomes: &[],
        run: two_updates,
    },
];

/// With its callback head, as large as an array that is watched.
type Large = [u64; 66];
type Cell = RcuCell<Large, Domain>;

const fn value() -> Large {
    [0; 66]
}

fn look(value: &Large) {
    arrays::look_at(ptr::from_ref(value).addr());
}

fn replace(replace: fn(&Cell)) {
    arrays::watch(true);
    let domain = Domain::new();
    let handle = domain.reader();
    let cell = Arc::new(Cell::new_in(&domain, value()));
    let loaded = Arc::clone(&cell);
    let reader = reader(move || {
        look(loaded.load(&handle.read_lock()));
        handle
    });
    replace(&cell);
    drop(reader.join().unwrap());
}

fn two_updates() {
    arrays::watch(true);
    model::as_reader();
    let domain = Domain::new();
    let cell = Arc::new(Cell::new_in(&domain, value()));
    let update = |cell: &Cell| {
        cell.update(|old| {
            look(old);
            value()
        });
    };
    let other = Arc::clone(&cell);
    let thread = reader(move || update(&other));
    update(&cell);
    thread.join().unwrap();
}
