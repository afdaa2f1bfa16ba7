//! Online and offline, the fence that is skipped for readers that are away, and quiescent states.

use std::ptr::NonNull;

use rcu_core::Fences;
use rcu_core::reader::Record;
use rcu_core::registry::Form;
use rcu_core::sync::{Arc, thread};
use rcu_core::synchronize::Synchronizer;

use crate::announce::{self, AT_ONCE, WAITED, Words};
use crate::run::{EXHAUSTIVE, Extent, Mode, Model, reach, reader};
use crate::scene::{AWAKE, SAW, SLEPT, Scene};

const SKIPPED: &str = "the grace period passed no remote fence";
const PASSED: &str = "the grace period passed a remote fence";

/// See the module.
pub const MODELS: &[Model] = &[
    Model {
        name: "quiescent/online",
        shows: "a driver that saw a reader offline frees nothing that it looks at once it is online",
        threads: 2,
        readers: 1,
        extent: EXHAUSTIVE,
        covered_by: &[],
        long: &[Mode::Membarrier],
        outcomes: &[SAW[0], SAW[1], SLEPT, AWAKE, SKIPPED, PASSED],
        run: || online(Fences::Auto),
    },
    Model {
        name: "quiescent/slow-online",
        shows: "as online, for a domain whose readers pass full fences on the slow path",
        threads: 2,
        readers: 1,
        extent: EXHAUSTIVE,
        covered_by: &[],
        long: &[],
        outcomes: &[SAW[0], SAW[1], SLEPT, AWAKE, SKIPPED],
        run: || online(Fences::SeqCst),
    },
    Model {
        name: "quiescent/pass",
        shows: "what was looked at before a quiescent state is freed after it, and what is looked at later is not",
        threads: 2,
        readers: 1,
        extent: EXHAUSTIVE,
        covered_by: &[],
        long: &[],
        outcomes: announce::RACE,
        run: || pass(Fences::Auto),
    },
    Model {
        name: "quiescent/slow-pass",
        shows: "as pass, for a domain whose readers pass full fences on the slow path",
        threads: 2,
        readers: 1,
        extent: EXHAUSTIVE,
        covered_by: &[],
        long: &[],
        outcomes: announce::RACE,
        run: || pass(Fences::SeqCst),
    },
    Model {
        name: "quiescent/wake",
        shows: "a driver that sleeps is woken by the quiescent state of the reader it marked",
        threads: 2,
        readers: 1,
        extent: EXHAUSTIVE,
        covered_by: &[],
        long: &[Mode::Membarrier],
        outcomes: &[SLEPT, AWAKE],
        run: || wake(Fences::Auto),
    },
    Model {
        name: "quiescent/slow-wake",
        shows: "as wake, for a domain whose readers pass full fences on the slow path",
        threads: 2,
        readers: 1,
        extent: EXHAUSTIVE,
        covered_by: &[],
        long: &[],
        outcomes: &[SLEPT, AWAKE],
        run: || wake(Fences::SeqCst),
    },
    Model {
        name: "quiescent/pass-and-two-grace-periods",
        shows: "as pass, for two grace periods one after the other",
        threads: 2,
        readers: 1,
        extent: [Extent::Exhaustive, Extent::Bound(6)],
        covered_by: &["quiescent/pass", "announce/two-grace-periods"],
        long: &Mode::ALL,
        outcomes: &[SAW[0], SAW[1], SAW[2], WAITED, AT_ONCE],
        run: pass_and_two_grace_periods,
    },
    Model {
        name: "quiescent/leave-online",
        shows: "a reader that turns back to sections is waited for until it has, and then in its sections",
        threads: 2,
        readers: 1,
        extent: EXHAUSTIVE,
        covered_by: &[],
        long: &[],
        outcomes: announce::RACE,
        run: leave_online,
    },
    Model {
        name: "quiescent/into-reader",
        shows: "a reader that turns back from quiescent states to sections is waited for in both",
        threads: 2,
        readers: 1,
        extent: [Extent::Bound(4); 2],
        covered_by: &["quiescent/online", "quiescent/pass", "quiescent/leave-online"],
        long: &[],
        outcomes: &[SAW[0], SAW[1], SLEPT, AWAKE, SKIPPED, PASSED],
        run: into_reader,
    },
    Model {
        name: "quiescent/two-grace-periods",
        shows: "as online and pass, for two grace periods one after the other",
        threads: 2,
        readers: 1,
        extent: [Extent::Bound(3); 2],
        covered_by: &["quiescent/online", "quiescent/pass", "announce/two-grace-periods"],
        long: &[],
        outcomes: &[SAW[0], SAW[1], SAW[2], SLEPT, AWAKE],
        run: two_grace_periods,
    },
    Model {
        name: "quiescent/beside-a-light-reader",
        shows: "a reader that comes online beside one that runs light is waited for, and so is that one",
        threads: 3,
        readers: 2,
        extent: [Extent::Bound(3); 2],
        covered_by: &["quiescent/online", "wake/one-section"],
        long: &[Mode::Fence],
        outcomes: &[SAW[0], SAW[1], SLEPT, AWAKE],
        run: beside_a_light_reader,
    },
];

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
    shared.replace(0);
    reach_fences(&shared);
    reader.join().unwrap();
}

fn pass(fences: Fences) {
    beside_quiescent_state(fences, Words::replace);
}

fn pass_and_two_grace_periods() {
    beside_quiescent_state(Fences::Auto, Words::replace_twice);
}

fn beside_quiescent_state(fences: Fences, update: fn(&Words)) {
    let words = Words::offline(fences);
    let reading = Arc::clone(&words);
    let reader = reader(move || {
        reading.go_online();
        reading.look();
        reading.pass();
        reading.look();
        reading.go_offline();
    });
    update(&words);
    reader.join().unwrap();
}

fn leave_online() {
    let words = Words::offline(Fences::Auto);
    let reading = Arc::clone(&words);
    words.go_online();
    let reader = reader(move || {
        reading.look();
        reading.leave_online();
        reading.lock();
        reading.look();
        reading.unlock();
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
    shared.replace(0);
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
    shared.replace(0);
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
    shared.replace(0);
    shared.replace(1);
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
    shared.replace(0);
    quiescent.join().unwrap();
    sections.join().unwrap();
}
