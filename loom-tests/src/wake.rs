//! Arm and wake: the whole `Synchronizer`, with its registry, its locks, its mark and its sleep.

use std::ptr::NonNull;

use rcu_core::Fences;
use rcu_core::reader::Record;
use rcu_core::sync::{Arc, AtomicU64, Ordering, model};
use rcu_core::synchronize::Synchronizer;

use crate::payload::Payload;
use crate::run::{EXHAUSTIVE, Model, reach, reader};

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
];

/// A synchronizer with its registered reader.
struct Shared {
    grace_periods: Synchronizer,
    record: Record,
    pointer: AtomicU64,
    payloads: [Payload; 2],
}

fn one_section(fences: Fences) {
    let shared = Arc::new(Shared {
        grace_periods: Synchronizer::new(fences),
        record: Record::unregistered(),
        pointer: AtomicU64::new(0),
        payloads: [Payload::new(0), Payload::new(1)],
    });
    shared.record.take_fast_path(&shared.grace_periods.period);
    // SAFETY: (1): the synchronizer, and with it the registry, is gone when the record is.
    unsafe { shared.grace_periods.registry.register(NonNull::from(&shared.record)) };
    let reading = Arc::clone(&shared);
    let reader = reader(move || {
        let Shared { grace_periods: Synchronizer { period, .. }, record, pointer, payloads } = &*reading;
        record.lock(period, || {}, || record.lock_slow(period));
        payloads[pointer.load(Ordering::Acquire) as usize].look();
        record.unlock(period, || record.unlock_slow(period));
    });
    shared.pointer.swap(1, Ordering::AcqRel);
    let sleeps = model::sleeps();
    shared.grace_periods.wait(None);
    shared.payloads[0].poison();
    reach(if model::sleeps() > sleeps { SLEPT } else { AWAKE });
    reader.join().unwrap();
}
