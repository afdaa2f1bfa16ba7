//! The event alone: no wake-up is lost, and each legal outcome of the race is really reached.
//!
//! loom may miss interleavings around a thread's own load before an RMW of the same cell. The event has only RMWs; that no
//! interleaving is missed is what the outcomes show.

use std::cell::Cell;

use rcu_core::event::Event;
use rcu_core::sync::{Arc, AtomicU64, Ordering, model, thread};

use crate::run::{EXHAUSTIVE, Extent, Model, reach};

const SLEPT: &str = "slept and was woken";
const BEFORE_WAIT: &str = "set between the look and the wait: no sleep";
const BEFORE_RESET: &str = "set before the reset: no wait";

/// See the module.
pub const MODELS: &[Model] = &[
    Model {
        name: "event/one-setter",
        shows: "whoever resets, looks and waits sees the condition that was made true before a set",
        threads: 2,
        readers: 0,
        extent: EXHAUSTIVE,
        covered_by: &[],
        long: &[],
        outcomes: &[SLEPT, BEFORE_WAIT, BEFORE_RESET],
        run: one_setter,
    },
    Model {
        name: "event/two-setters",
        shows: "as one-setter, when two causes have to be seen",
        threads: 3,
        readers: 0,
        extent: [Extent::Bound(3); 2],
        covered_by: &["event/one-setter"],
        long: &[],
        outcomes: &[SLEPT, BEFORE_WAIT, BEFORE_RESET],
        run: two_setters,
    },
];

fn one_setter() {
    wait_for(1);
}

fn two_setters() {
    wait_for(2);
}

/// The condition is Relaxed on both sides: only the event orders it.
fn wait_for(setters: u64) {
    let shared = Arc::new((Event::new(), [AtomicU64::new(0), AtomicU64::new(0)]));
    let handles: Vec<_> = (0..setters as usize)
        .map(|setter| {
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                shared.1[setter].store(1, Ordering::Relaxed);
                shared.0.set();
            })
        })
        .collect();
    let waits = Cell::new(0);
    loop {
        shared.0.reset();
        if (0..setters as usize).all(|setter| shared.1[setter].load(Ordering::Relaxed) != 0) {
            break;
        }
        waits.set(waits.get() + 1);
        let sleeps = model::sleeps();
        shared.0.wait(None);
        reach(if model::sleeps() > sleeps { SLEPT } else { BEFORE_WAIT });
    }
    if waits.get() == 0 {
        reach(BEFORE_RESET);
    }
    for handle in handles {
        handle.join().unwrap();
    }
}
