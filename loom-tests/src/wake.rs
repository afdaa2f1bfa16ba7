//! Arm and wake: the whole `Synchronizer`, with its registry, its locks, its mark and its sleep.

use std::ptr::NonNull;

use rcu_core::Fences;
use rcu_core::registry::Kick;
use rcu_core::sync::{Arc, AtomicU64, Mutex, Ordering, thread};
use rcu_core::synchronize::Waiter;

use crate::run::{EXHAUSTIVE, Extent, Mode, Model, reach, reader};
use crate::scene::{AWAKE, RACE, SAW, SLEPT, Scene, look_at, watch_sleep};

const KICKED: &str = "the reader was kicked before it left";
const UNKICKED: &str = "the reader left before it was kicked";

/// See the module.
pub const MODELS: &[Model] = &[
    Model {
        name: "wake/one-section",
        shows: "a driver that sleeps is woken by the reader it marked, and frees nothing that is looked at",
        threads: 2,
        readers: 1,
        extent: EXHAUSTIVE,
        covered_by: &[],
        long: &[Mode::Membarrier],
        outcomes: RACE,
        run: || one_section(Fences::Auto),
    },
    Model {
        name: "wake/slow-one-section",
        shows: "as one-section, for a domain whose readers pass full fences on the slow path",
        threads: 2,
        readers: 1,
        extent: EXHAUSTIVE,
        covered_by: &[],
        long: &[],
        outcomes: RACE,
        run: || one_section(Fences::SeqCst),
    },
    Model {
        name: "wake/leaving",
        shows: "as one-section, for a section that was open before and may only end",
        threads: 2,
        readers: 1,
        extent: EXHAUSTIVE,
        covered_by: &[],
        long: &[],
        outcomes: &[SAW[0], SLEPT, AWAKE],
        run: leaving,
    },
    Model {
        name: "wake/kick",
        shows: "a driver kicks the reader in its way before it sleeps: one that leaves for no other reason lets it pass",
        threads: 2,
        readers: 1,
        extent: [Extent::Bound(4); 2],
        covered_by: &["wake/kick-and-notify"],
        long: &[],
        outcomes: &[SLEPT, AWAKE],
        run: kick,
    },
    Model {
        name: "wake/kick-and-notify",
        shows: "as kick, for a reader that sleeps until it is kicked",
        threads: 2,
        readers: 1,
        extent: EXHAUSTIVE,
        covered_by: &[],
        long: &[],
        outcomes: &[SLEPT, AWAKE],
        run: kick_and_notify,
    },
    Model {
        name: "wake/kick-of-one-that-leaves",
        shows: "a kick may come before or after the reader leaves, or not at all, and the driver passes",
        threads: 2,
        readers: 1,
        extent: EXHAUSTIVE,
        covered_by: &[],
        long: &[],
        outcomes: &[SLEPT, AWAKE, KICKED, UNKICKED],
        run: kick_of_one_that_leaves,
    },
];

fn one_section(fences: Fences) {
    let shared = Scene::of_sections(fences);
    let reading = Arc::clone(&shared);
    let reader = reader(move || reading.section());
    shared.replace(0);
    reader.join().unwrap();
}

/// With a section that is open. It can leave only.
fn inside() -> Arc<Scene> {
    let shared = Scene::of_sections(Fences::Auto);
    shared.record.lock(&shared.grace_periods.period, || {}, || unreachable!("a light reader"));
    shared
}

fn leave(scene: &Scene) {
    scene.record.unlock(&scene.grace_periods.period, || unreachable!("a light reader"));
}

fn leaving() {
    let shared = inside();
    let reading = Arc::clone(&shared);
    let reader = reader(move || {
        look_at(&reading.payloads[0]);
        leave(&reading);
    });
    shared.replace(0);
    reader.join().unwrap();
}

fn on_force(scene: &Scene, kick: impl Fn() + Send + Sync + 'static) {
    let kick: Kick = Arc::new(Mutex::new(Some(Arc::new(kick))));
    scene.grace_periods.registry.add_kick(NonNull::from(&scene.record), kick);
}

fn kick() {
    let shared = inside();
    let kicked = Arc::new(AtomicU64::new(0));
    let kick = Arc::clone(&kicked);
    on_force(&shared, move || kick.store(1, Ordering::Relaxed));
    let reading = Arc::clone(&shared);
    let reader = reader(move || {
        while kicked.load(Ordering::Relaxed) == 0 {
            thread::yield_now();
        }
        leave(&reading);
    });
    watch_sleep(|| shared.grace_periods.wait(Waiter::default()));
    reader.join().unwrap();
}

fn kick_and_notify() {
    let shared = inside();
    let kicked = Arc::new(loom::sync::Notify::new());
    let kick = Arc::clone(&kicked);
    on_force(&shared, move || kick.notify());
    let reading = Arc::clone(&shared);
    let reader = reader(move || {
        kicked.wait();
        leave(&reading);
    });
    watch_sleep(|| shared.grace_periods.wait(Waiter::default()));
    reader.join().unwrap();
}

fn kick_of_one_that_leaves() {
    let shared = inside();
    let kicked = Arc::new(AtomicU64::new(0));
    let kick = Arc::clone(&kicked);
    on_force(&shared, move || kick.store(1, Ordering::Relaxed));
    let reading = Arc::clone(&shared);
    let reader = reader(move || {
        reach(if kicked.load(Ordering::Relaxed) == 0 { UNKICKED } else { KICKED });
        leave(&reading);
    });
    watch_sleep(|| shared.grace_periods.wait(Waiter::default()));
    reader.join().unwrap();
}
