//! Publication: what is linked is whole for those who load it, and for those who unlink it.

use rcu_core::sync::{Arc, model, thread};
use rcu_core::{Domain, RcuOption};

use crate::payload::Payload;
use crate::run::{EXHAUSTIVE, Extent, Mode, Model, reach, reader};

const OLD: &str = "the reader saw none";
const NEW: &str = "the reader saw the new value";
const MAIN_FIRST: &str = "the main thread swapped first";
const OTHER_FIRST: &str = "the other thread swapped first";
const ONCE: &str = "an update succeeded at once";
const AGAIN: &str = "an update met another, and began again";

/// See the module.
pub const MODELS: &[Model] = &[
    Model {
        name: "pointer/swap",
        shows: "a value published by swap is whole for a reader",
        threads: 2,
        readers: 2,
        extent: EXHAUSTIVE,
        covered_by: &[],
        long: &[],
        outcomes: &[OLD, NEW],
        run: || publish(|cell| assert!(cell.swap(Some(Payload::new(1).into())).is_none())),
    },
    Model {
        name: "pointer/update",
        shows: "a value published by update is whole for a reader",
        threads: 2,
        readers: 2,
        extent: EXHAUSTIVE,
        covered_by: &[],
        long: &[],
        outcomes: &[OLD, NEW],
        run: || publish(|cell| cell.update(|_| Some(Payload::new(1)))),
    },
    Model {
        name: "pointer/two-swaps",
        shows: "whoever unlinks a value may use it",
        threads: 2,
        readers: 0,
        extent: EXHAUSTIVE,
        covered_by: &[],
        long: &[],
        outcomes: &[MAIN_FIRST, OTHER_FIRST],
        run: two_swaps,
    },
    Model {
        name: "pointer/two-updates",
        shows: "no update is lost, and each looks at a whole value",
        threads: 3,
        readers: 2,
        extent: [Extent::Bound(3); 2],
        covered_by: &["pointer/self-served-two-updates", "handover/self-served-retire-under-reader"],
        long: &[],
        outcomes: &[ONCE, AGAIN],
        run: || two_updates(Domain::new(), |_| {}),
    },
    Model {
        name: "pointer/self-served-two-updates",
        shows: "as two-updates, where an updater runs the callback itself",
        threads: 2,
        readers: 2,
        extent: EXHAUSTIVE,
        covered_by: &[],
        long: &Mode::ALL,
        outcomes: &[ONCE, AGAIN],
        run: || two_updates(Domain::without_thread(), Domain::run_callbacks),
    },
];

type Cell = RcuOption<Payload, Domain>;

fn publish(update: fn(&Cell)) {
    // An update runs inside a section.
    model::as_reader();
    let domain = Domain::new();
    let handle = domain.reader();
    let cell = Arc::new(Cell::none_in(&domain));
    let loaded = Arc::clone(&cell);
    let reader = reader(move || {
        let section = handle.read_lock();
        match loaded.load(&section) {
            Some(payload) => {
                assert_eq!(payload.look(), 1);
                reach(NEW);
            }
            None => reach(OLD),
        }
        drop(section);
        handle
    });
    update(&cell);
    drop(reader.join().unwrap());
}

fn two_swaps() {
    let domain = Domain::new();
    let cell = Arc::new(Cell::none_in(&domain));
    let other = Arc::clone(&cell);
    // What was unlinked stays for the end of the execution: its grace period is not this model's business.
    let swap = |cell: &Cell, value| {
        let old = cell.swap(Some(Payload::new(value).into()));
        old.inspect(|old| assert_ne!(old.look(), value)).map(std::mem::ManuallyDrop::new)
    };
    let thread = thread::spawn(move || swap(&other, 1).is_some());
    let second = swap(&cell, 2).is_some();
    let first = thread.join().unwrap();
    assert!(first != second, "the first swap unlinked none, the second what the first had linked");
    reach(if first { MAIN_FIRST } else { OTHER_FIRST });
}

fn two_updates(domain: Domain, run_callbacks: fn(&Domain)) {
    model::as_reader();
    let cell = Arc::new(Cell::none_in(&domain));
    let other = Arc::clone(&cell);
    let add = |cell: &Cell| {
        let mut calls = 0;
        cell.update(|old| {
            calls += 1;
            Some(Payload::new(old.map_or(1, |old| old.look() + 1)))
        });
        reach(if calls == 1 { ONCE } else { AGAIN });
    };
    let thread = reader(move || add(&other));
    add(&cell);
    run_callbacks(&domain);
    thread.join().unwrap();
    run_callbacks(&domain);
    let handle = domain.reader();
    assert_eq!(cell.load(&handle.read_lock()).unwrap().look(), 2, "an update was lost");
}
