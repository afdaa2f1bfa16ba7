//! `QuiescentReader` as its user has it: inside for its whole life, but for the time offline.

use rcu_core::sync::{Arc, AtomicU64, Ordering, model};
use rcu_core::{Domain, QuiescentReader};

use crate::payload::Payload;
use crate::run::{EXHAUSTIVE, Extent, Model, reach, reader};

const SLEPT: &str = "the driver slept until the reader let it pass";

/// See the module.
pub const MODELS: &[Model] = &[
    // fence: 7,718 executions, 0.7 s; membarrier: 11,091, 1.0 s.
    Model {
        name: "online/loads",
        shows: "what it loads stays to its next quiescent state, or time offline",
        threads: 2,
        readers: 1,
        extent: [Extent::Bound(3); 2],
        covered_by: &["quiescent/online", "quiescent/pass", "quiescent/leave-online"],
        long: &[],
        outcomes: &[SLEPT],
        run: loads,
    },
    // 1 execution in both modes.
    Model {
        name: "online/waits-offline",
        shows: "a grace period that is waited for offline does not wait for the reader that is",
        threads: 1,
        readers: 0,
        extent: EXHAUSTIVE,
        covered_by: &[],
        long: &[],
        outcomes: &[],
        run: waits_offline,
    },
    // fence: 6,942 executions, 0.6 s; membarrier: 13,898, 1.2 s.
    Model {
        name: "online/turns-back",
        shows: "a reader that turns back to sections is waited for no more",
        threads: 2,
        readers: 1,
        extent: [Extent::Bound(4); 2],
        covered_by: &["quiescent/online", "quiescent/pass", "quiescent/leave-online"],
        long: &[],
        outcomes: &[SLEPT],
        run: || leaves(|cpu| drop(cpu.into_reader())),
    },
    // fence: 6,942 executions, 0.6 s; membarrier: 13,898, 1.3 s.
    Model {
        name: "online/goes",
        shows: "a reader that goes is waited for no more",
        threads: 2,
        readers: 1,
        extent: [Extent::Bound(4); 2],
        covered_by: &["quiescent/online", "quiescent/pass", "quiescent/leave-online"],
        long: &[],
        outcomes: &[SLEPT],
        run: || leaves(drop),
    },
];

fn wait(grace_period: impl FnOnce()) {
    let sleeps = model::sleeps();
    grace_period();
    if model::sleeps() > sleeps {
        reach(SLEPT);
    }
}

fn loads() {
    let domain = Domain::new();
    let handle = domain.reader();
    let shared = Arc::new((AtomicU64::new(0), [Payload::new(0), Payload::new(1)]));
    let reading = Arc::clone(&shared);
    let reader = reader(move || {
        let look = || reading.1[reading.0.load(Ordering::Acquire) as usize].look();
        let mut cpu = handle.into_quiescent();
        look();
        cpu.quiescent();
        cpu.offline(|| ());
        look();
        cpu.into_reader()
    });
    shared.0.swap(1, Ordering::AcqRel);
    wait(|| domain.synchronize());
    shared.1[0].poison();
    drop(reader.join().unwrap());
}

fn waits_offline() {
    let domain = Domain::new();
    let mut cpu = domain.reader().into_quiescent();
    cpu.offline(|| domain.synchronize());
}

fn leaves(leave: fn(QuiescentReader<Domain>)) {
    let domain = Domain::new();
    let handle = domain.reader();
    let reader = reader(move || leave(handle.into_quiescent()));
    wait(|| domain.synchronize());
    reader.join().unwrap();
}
