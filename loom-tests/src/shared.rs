//! Updaters that share a grace period.

use rcu_core::sync::{Arc, model, thread};
use rcu_core::{Domain, RcuCell};

use crate::payload::Payload;
use crate::run::{Extent, Model, reach, reader};

const SLEPT: &str = "somebody slept";
const SHARED: &str = "two updaters shared a grace period";

/// See the module.
pub const MODELS: &[Model] = &[
    // fence: 114,870 executions, 7.0 s; membarrier: 166,607, 10.2 s.
    Model {
        name: "shared/two-updaters",
        shows: "an unlink that came while a grace period was driven is covered by the next one, whoever drives it",
        threads: 3,
        readers: 1,
        extent: [Extent::Bound(3); 2],
        long: false,
        outcomes: &[SLEPT],
        run: updaters::<2>,
    },
    // fence: 159,076 executions, 12.8 s; membarrier: 133,828, 10.9 s.
    Model {
        name: "shared/three-updaters",
        shows: "as two-updaters; two that come while a grace period is driven share the next one",
        threads: 4,
        readers: 1,
        extent: [Extent::Bound(2); 2],
        long: false,
        outcomes: &[SLEPT, SHARED],
        run: updaters::<3>,
    },
];

/// A cell for each updater, and a reader that looks at all.
fn updaters<const N: usize>() {
    let domain = Domain::new();
    let handle = domain.reader();
    let cells = Arc::new([(); N].map(|()| RcuCell::new_in(&domain, Payload::new(0))));
    let loaded = Arc::clone(&cells);
    let reader = reader(move || {
        let section = handle.read_lock();
        for cell in loaded.iter() {
            cell.load(&section).look();
        }
        drop(section);
        handle
    });
    let sleeps = model::sleeps();
    let others: Vec<_> = (1..N)
        .map(|updater| {
            let cells = Arc::clone(&cells);
            thread::spawn(move || replace(&cells[updater]))
        })
        .collect();
    replace(&cells[0]);
    others.into_iter().for_each(|other| other.join().unwrap());
    drop(reader.join().unwrap());
    if model::sleeps() > sleeps {
        reach(SLEPT);
    }
    if domain.stats().grace_periods < N as u64 {
        reach(SHARED);
    }
}

fn replace(cell: &RcuCell<Payload, Domain>) {
    drop(cell.replace(Payload::new(1)).wait());
}
