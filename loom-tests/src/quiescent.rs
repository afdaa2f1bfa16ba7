//! Online and offline, the fence that is skipped for readers that are away, and quiescent states.

use std::ptr::NonNull;

use rcu_core::Fences;
use rcu_core::reader::Record;
use rcu_core::registry::Form;
use rcu_core::sync::{Arc, model, thread};
use rcu_core::synchronize::Synchronizer;

use crate::announce::Words;
use crate::run::{EXHAUSTIVE, Extent, Model, reach, reader};
use crate::scene::Scene;

const SLEPT: &str = "the driver slept until the reader let it pass";
const SKIPPED: &str = "the grace period passed no remote fence";
const PASSED: &str = "the grace period passed a remote fence";

/// See the module.
pub const MODELS: &[Model] = &[
    // fence: 61,718 executions, 2.5 s; membarrier: 17,095, 0.7 s.
    Model {
        name: "quiescent/online",
        shows: "a driver that saw a reader offline frees nothing that it looks at once it is online",
        threads: 2,
        readers: 1,
        extent: [Extent::Exhaustive, Extent::Bound(5)],
        long: false,
        outcomes: &[SLEPT, SKIPPED, PASSED],
        run: || online(Fences::Auto),
    },
    // 61,718 executions in both modes, 2.5 s.
    Model {
        name: "quiescent/slow-online",
        shows: "as online, for a domain whose readers pass full fences on the slow path",
        threads: 2,
        readers: 1,
        extent: EXHAUSTIVE,
        long: false,
        outcomes: &[SLEPT, SKIPPED],
        run: || online(Fences::SeqCst),
    },
    // fence: 3,192 executions, 0.1 s; membarrier: 74,476, 2.9 s.
    Model {
        name: "quiescent/pass",
        shows: "what was looked at before a quiescent state is freed after it, and what is looked at later is not",
        threads: 2,
        readers: 1,
        extent: EXHAUSTIVE,
        long: false,
        outcomes: &[],
        run: || pass(Fences::Auto),
    },
    // 3,192 executions in both modes, 0.1 s.
    Model {
        name: "quiescent/slow-pass",
        shows: "as pass, for a domain whose readers pass full fences on the slow path",
        threads: 2,
        readers: 1,
        extent: EXHAUSTIVE,
        long: false,
        outcomes: &[],
        run: || pass(Fences::SeqCst),
    },
    // fence: 15,713 executions, 0.6 s; membarrier: 238,539, 10.7 s.
    Model {
        name: "quiescent/wake",
        shows: "a driver that sleeps is woken by the quiescent state of the reader it marked",
        threads: 2,
        readers: 1,
        extent: EXHAUSTIVE,
        long: false,
        outcomes: &[SLEPT],
        run: || wake(Fences::Auto),
    },
    // 15,713 executions in both modes, 0.6 s.
    Model {
        name: "quiescent/slow-wake",
        shows: "as wake, for a domain whose readers pass full fences on the slow path",
        threads: 2,
        readers: 1,
        extent: EXHAUSTIVE,
        long: false,
        outcomes: &[SLEPT],
        run: || wake(Fences::SeqCst),
    },
    // fence: 39,218 executions, 1.7 s; membarrier: 82,524, 3.7 s.
    Model {
        name: "quiescent/into-reader",
        shows: "a reader that turns back from quiescent states to sections is waited for in both",
        threads: 2,
        readers: 1,
        extent: [Extent::Bound(4); 2],
        long: false,
        outcomes: &[SLEPT, SKIPPED, PASSED],
        run: into_reader,
    },
    // fence: 13,322 executions, 0.6 s; membarrier: 19,301, 0.9 s.
    Model {
        name: "quiescent/two-grace-periods",
        shows: "as online and pass, for two grace periods one after the other",
        threads: 2,
        readers: 1,
        extent: [Extent::Bound(3); 2],
        long: false,
        outcomes: &[SLEPT],
        run: two_grace_periods,
    },
    // fence: 74,913 executions, 4.3 s; membarrier: 57,100, 3.5 s.
    Model {
        name: "quiescent/beside-a-light-reader",
        shows: "a reader that comes online beside one that runs light is waited for, and so is that one",
        threads: 3,
        readers: 2,
        extent: [Extent::Bound(3); 2],
        long: false,
        outcomes: &[SLEPT],
        run: beside_a_light_reader,
    },
];

/// Replaces a payload by the next one, and frees it after a grace period.
fn replace(scene: &Scene, old: usize) {
    scene.unlink(old);
    let sleeps = model::sleeps();
    scene.grace_periods.wait(None);
    scene.payloads[old].poison();
    if model::sleeps() > sleeps {
        reach(SLEPT);
    }
}

/// Says whether the one grace period passed a remote fence.
fn reach_fences(scene: &Scene) {
    let (_, heavy_fences) = scene.grace_periods.counts();
    reach(if heavy_fences == 0 { SKIPPED } else { PASSED });
}

fn online(fences: Fences) {
    let shared = Scene::offline(fences);
    let reading = Arc::clone(&shared);
    let reader = reader(move || {
        let Scene { grace_periods: Synchronizer { period, .. }, record, .. } = &*reading;
        record.go_online(period);
        reading.look();
        record.go_offline(period);
    });
    replace(&shared, 0);
    reach_fences(&shared);
    reader.join().unwrap();
}

fn pass(fences: Fences) {
    let words = Words::offline(fences);
    let reading = Arc::clone(&words);
    let reader = reader(move || {
        reading.go_online();
        reading.look();
        reading.pass();
        reading.look();
        reading.go_offline();
    });
    words.replace();
    reader.join().unwrap();
}

/// The reader stays online: only its quiescent state, in the grace period that waits for it, lets the driver pass.
fn wake(fences: Fences) {
    let shared = Scene::offline(fences);
    let reading = Arc::clone(&shared);
    let Scene { grace_periods: Synchronizer { period, .. }, record, .. } = &*shared;
    record.go_online(period);
    let before = period.current();
    let reader = reader(move || {
        let Scene { grace_periods: Synchronizer { period, .. }, record, .. } = &*reading;
        while period.current() == before {
            thread::yield_now();
        }
        record.pass(period);
    });
    replace(&shared, 0);
    reader.join().unwrap();
}

fn into_reader() {
    let shared = Scene::offline(Fences::Auto);
    let reading = Arc::clone(&shared);
    let reader = reader(move || {
        let Scene { grace_periods: Synchronizer { period, .. }, record, .. } = &*reading;
        record.go_online(period);
        reading.look();
        record.pass(period);
        reading.look();
        record.leave_online(period);
        reading.section();
    });
    replace(&shared, 0);
    reach_fences(&shared);
    reader.join().unwrap();
}

fn two_grace_periods() {
    let shared = Scene::offline(Fences::Auto);
    let reading = Arc::clone(&shared);
    let reader = reader(move || {
        let Scene { grace_periods: Synchronizer { period, .. }, record, .. } = &*reading;
        record.go_online(period);
        reading.look();
        record.pass(period);
        reading.look();
        record.go_offline(period);
    });
    replace(&shared, 0);
    replace(&shared, 1);
    reader.join().unwrap();
}

fn beside_a_light_reader() {
    let shared = Scene::offline(Fences::Auto);
    let light = Arc::new(Record::unregistered());
    light.take_fast_path(&shared.grace_periods.period);
    // SAFETY: (1): the registry is used no more when the record is gone.
    unsafe { shared.grace_periods.registry.register(NonNull::from(&*light), Form::Handle) };
    let (coming, staying) = (Arc::clone(&shared), (Arc::clone(&shared), Arc::clone(&light)));
    let quiescent = reader(move || {
        let Scene { grace_periods: Synchronizer { period, .. }, record, .. } = &*coming;
        record.go_online(period);
        coming.look();
        record.go_offline(period);
    });
    let sections = reader(move || staying.0.section_of(&staying.1));
    replace(&shared, 0);
    quiescent.join().unwrap();
    sections.join().unwrap();
}
