//! Force-RCU kicks: who is in the driver's way is told, before it sleeps, and with no lock held.

use std::ptr::NonNull;

use rcu_core::Fences;
use rcu_core::event::Event;
use rcu_core::registry::Kick;
use rcu_core::sync::{Arc, AtomicU64, Mutex, Ordering, lock, model};
use rcu_core::synchronize::Waiter;

use crate::run::{EXHAUSTIVE, Mode, Model, reach, reader};
use crate::scene::Scene;

const SLEPT: &str = "the driver slept";

/// See the module.
pub const MODELS: &[Model] = &[
    // fence: 1,667 executions, 0.2 s; membarrier: 28,380, 1.9 s.
    Model {
        name: "kick/told",
        shows: "a reader that sleeps inside its section until it is kicked is kicked, and lets the driver pass",
        threads: 2,
        readers: 1,
        extent: EXHAUSTIVE,
        covered_by: &[],
        long: &[],
        outcomes: &[SLEPT],
        run: told,
    },
    // fence: 61,891 executions, 3.8 s; membarrier: 145,584, 9.2 s.
    Model {
        name: "kick/takes-a-lock",
        shows: "a kick may wait for a lock whose holder comes by the registry",
        threads: 2,
        readers: 1,
        extent: EXHAUSTIVE,
        covered_by: &[],
        long: &[Mode::Membarrier],
        outcomes: &[],
        run: takes_a_lock,
    },
];

/// A reader inside its section that runs this, then leaves, while the main thread waits for it and kicks it.
fn kicked(kick: impl Fn() + Send + Sync + 'static, inside: impl FnOnce(&Scene) + 'static) {
    let shared = Scene::of_sections(Fences::Auto);
    let kick: Kick = Arc::new(Mutex::new(Some(Arc::new(kick))));
    shared.grace_periods.registry.add_kick(NonNull::from(&shared.record), kick);
    shared.record.lock(&shared.grace_periods.period, || {}, || unreachable!("a light reader"));
    let reading = Arc::clone(&shared);
    let reader = reader(move || {
        inside(&reading);
        reading.record.unlock(&reading.grace_periods.period, || unreachable!("a light reader"));
    });
    let sleeps = model::sleeps();
    shared.grace_periods.wait(Waiter::default());
    if model::sleeps() > sleeps {
        reach(SLEPT);
    }
    reader.join().unwrap();
}

fn told() {
    let leave = Arc::new((Event::new(), AtomicU64::new(0)));
    let told = Arc::clone(&leave);
    let kick = move || {
        told.1.store(1, Ordering::Relaxed);
        told.0.set();
    };
    kicked(kick, move |_| {
        loop {
            leave.0.reset();
            if leave.1.load(Ordering::Relaxed) != 0 {
                break;
            }
            leave.0.wait(None);
        }
    });
}

fn takes_a_lock() {
    let of_the_application = Arc::new(Mutex::new(()));
    let taken = Arc::clone(&of_the_application);
    kicked(
        move || drop(lock(&taken)),
        move |scene| {
            let held = lock(&of_the_application);
            assert_eq!(scene.grace_periods.registry.len(), 1);
            drop(held);
        },
    );
}
