//! Readers that have passed, beside one that is waited for: they may go, and it is not forgotten.

use std::ptr::NonNull;

use rcu_core::Fences;
use rcu_core::reader::Record;
use rcu_core::registry::Form;
use rcu_core::sync::{Arc, model, thread};
use rcu_core::synchronize::Waiter;

use crate::run::{Extent, Model, reach, reader};
use crate::scene::Scene;

const SLEPT: &str = "the driver slept until the reader left";

/// See the module.
pub const MODELS: &[Model] = &[
    // fence: 3,340 executions, 0.3 s; membarrier: 3,532, 0.3 s.
    Model {
        name: "pass/they-go",
        shows: "readers that have passed unregister while another one is waited for",
        threads: 3,
        readers: 1,
        extent: [Extent::Bound(3); 2],
        covered_by: &["registration/come-and-go-scanned", "wake/one-section"],
        long: &[],
        outcomes: &[SLEPT],
        run: they_go,
    },
    // fence: 687 executions, 0.1 s; membarrier: 1,020, 0.2 s.
    Model {
        name: "pass/they-stay",
        shows: "a reader that registered before others, and leaves after them, is waited for",
        threads: 2,
        readers: 1,
        extent: [Extent::Bound(4); 2],
        covered_by: &["registration/come-and-go-scanned", "wake/one-section"],
        long: &[],
        outcomes: &[SLEPT],
        run: they_stay,
    },
];

/// A reader that is inside, and two that are not.
struct Readers {
    scene: Arc<Scene>,
    outside: [Record; 2],
}

impl Readers {
    fn new() -> Arc<Self> {
        let scene = Scene::of_sections(Fences::Auto);
        let period = &scene.grace_periods.period;
        scene.record.lock(period, || {}, || unreachable!("a light reader"));
        let readers = Arc::new(Self { scene, outside: [(); 2].map(|()| Record::unregistered()) });
        for record in &readers.outside {
            record.take_fast_path(&readers.scene.grace_periods.period);
            // SAFETY: (1): the scene, and with it the registry, is used no more when the record is gone.
            unsafe { readers.scene.grace_periods.registry.register(NonNull::from(record), Form::Handle) };
        }
        readers
    }
}

/// The reader looks and leaves, while a payload is replaced.
fn replace(scene: &Arc<Scene>) {
    let reading = Arc::clone(scene);
    let reader = reader(move || {
        reading.payloads[0].look();
        let period = &reading.grace_periods.period;
        reading.record.unlock(period, || unreachable!("a light reader"));
    });
    scene.unlink(0);
    let sleeps = model::sleeps();
    scene.grace_periods.wait(Waiter::default());
    if model::sleeps() > sleeps {
        reach(SLEPT);
    }
    scene.payloads[0].poison();
    reader.join().unwrap();
}

fn they_go() {
    let readers = Readers::new();
    let going = Arc::clone(&readers);
    let thread = thread::spawn(move || {
        let registry = &going.scene.grace_periods.registry;
        going.outside.iter().for_each(|record| registry.unregister(NonNull::from(record)));
    });
    replace(&readers.scene);
    thread.join().unwrap();
}

fn they_stay() {
    replace(&Readers::new().scene);
}
