//! Updaters that share a grace period.

use rcu_core::sync::{Arc, model, thread};
use rcu_core::synchronize::Waiter;
use rcu_core::{Domain, Fences, RcuCell};

use crate::payload::Payload;
use crate::run::{EXHAUSTIVE, Extent, Mode, Model, reach, reader};
use crate::scene::{AWAKE, SAW, SLEPT, Scene, look_at};

const SHARED: &str = "two updaters shared a grace period";
const ONE_EACH: &str = "each updater had a grace period of its own";

/// See the module.
pub const MODELS: &[Model] = &[
    Model {
        name: "shared/two-updaters",
        shows: "an unlink that came while a grace period was driven is covered by the next one, whoever drives it",
        threads: 3,
        readers: 1,
        extent: [Extent::Bound(3); 2],
        covered_by: &["shared/reader-drives", "wake/one-section"],
        long: &Mode::ALL,
        outcomes: &[SAW[0], SAW[1], SLEPT, AWAKE, ONE_EACH],
        run: updaters::<2>,
    },
    Model {
        name: "shared/three-updaters",
        shows: "as two-updaters; two that come while a grace period is driven share the next one",
        threads: 4,
        readers: 1,
        extent: [Extent::Bound(2); 2],
        covered_by: &["shared/reader-drives", "wake/one-section", "poll/over"],
        long: &Mode::ALL,
        outcomes: &[SAW[0], SAW[1], SLEPT, AWAKE, SHARED, ONE_EACH],
        run: updaters::<3>,
    },
    Model {
        name: "shared/reader-drives",
        shows: "an unlink that came while a grace period was driven is not covered by that one: its driver's next section counts",
        threads: 2,
        readers: 1,
        extent: EXHAUSTIVE,
        covered_by: &[],
        long: &Mode::ALL,
        outcomes: &[SAW[0], SAW[1], SLEPT, AWAKE],
        run: reader_drives,
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
            look_at(cell.load(&section));
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
    reach(if model::sleeps() > sleeps { SLEPT } else { AWAKE });
    reach(if domain.stats().grace_periods < N as u64 { SHARED } else { ONE_EACH });
}

fn replace(cell: &RcuCell<Payload, Domain>) {
    drop(cell.replace(Payload::new(1)).wait());
}

/// The reader is an updater, too. Its section comes after the grace period that it has driven, or waited for.
fn reader_drives() {
    let shared = Scene::of_sections(Fences::Auto);
    let reading = Arc::clone(&shared);
    let reader = reader(move || {
        reading.grace_periods.wait(Waiter::default());
        reading.section();
    });
    shared.replace(0);
    reader.join().unwrap();
}
