//! Arm and wake: the whole `Synchronizer`, with its registry, its locks, its mark and its sleep.

use std::ptr::NonNull;

use rcu_core::Fences;
use rcu_core::registry::Kick;
use rcu_core::sync::{Arc, AtomicU64, Mutex, Ordering, model, thread};

use crate::run::{EXHAUSTIVE, Extent, Model, reach, reader};
use crate::scene::Scene;

const SLEPT: &str = "the driver slept until the reader left";
const AWAKE: &str = "the grace period ended without a sleep";

/// See the module.
pub const MODELS: &[Model] = &[
    // fence: 61,718 executions, 2.4 s; membarrier: 646,307, 26.9 s.
    Model {
        name: "wake/one-section",
        shows: "a driver that sleeps is woken by the reader it marked, and frees nothing that is looked at",
        threads: 2,
        readers: 1,
        extent: EXHAUSTIVE,
        long: false,
        outcomes: &[SLEPT, AWAKE],
        run: || one_section(Fences::Auto),
    },
    // 61,718 executions in both modes, 2.5 s.
    Model {
        name: "wake/slow-one-section",
        shows: "as one-section, for a domain whose readers pass full fences on the slow path",
        threads: 2,
        readers: 1,
        extent: EXHAUSTIVE,
        long: false,
        outcomes: &[SLEPT, AWAKE],
        run: || one_section(Fences::SeqCst),
    },
    // fence: 134 executions, under 0.1 s; membarrier: 458, under 0.1 s.
    Model {
        name: "wake/kick",
        shows: "a driver kicks the reader in its way before it sleeps: one that leaves for no other reason lets it pass",
        threads: 2,
        readers: 1,
        extent: [Extent::Bound(4); 2],
        long: false,
        outcomes: &[SLEPT],
        run: kick,
    },
];

fn one_section(fences: Fences) {
    let shared = Scene::of_sections(fences);
    let reading = Arc::clone(&shared);
    let reader = reader(move || reading.section());
    shared.unlink(0);
    let sleeps = model::sleeps();
    shared.grace_periods.wait(None);
    shared.payloads[0].poison();
    reach(if model::sleeps() > sleeps { SLEPT } else { AWAKE });
    reader.join().unwrap();
}

fn kick() {
    let shared = Scene::of_sections(Fences::Auto);
    let leave = Arc::new(AtomicU64::new(0));
    let kick = Arc::clone(&leave);
    let kick: Kick = Arc::new(Mutex::new(Some(Arc::new(move || kick.store(1, Ordering::Relaxed)))));
    shared.grace_periods.registry.add_kick(NonNull::from(&shared.record), kick);
    shared.record.lock(&shared.grace_periods.period, || {}, || unreachable!("a light reader"));
    let reading = Arc::clone(&shared);
    let reader = reader(move || {
        while leave.load(Ordering::Relaxed) == 0 {
            thread::yield_now();
        }
        reading.record.unlock(&reading.grace_periods.period, || unreachable!("a light reader"));
    });
    let sleeps = model::sleeps();
    shared.grace_periods.wait(None);
    if model::sleeps() > sleeps {
        reach(SLEPT);
    }
    reader.join().unwrap();
}
