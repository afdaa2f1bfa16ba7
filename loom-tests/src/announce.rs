//! Announce and scan, leave and free: the words alone, without registry, locks or sleep.
//!
//! The reader's record, the counter and the fences are the shipped ones; the model brings the pointer, the payload, and a
//! scan that yields instead of going to sleep.

use rcu_core::Fences;
use rcu_core::grace_period::GracePeriod;
use rcu_core::reader::Record;
use rcu_core::sync::{Arc, AtomicU64, Ordering, thread};

use crate::payload::Payload;
use crate::run::{EXHAUSTIVE, Model, reader};

/// See the module.
pub const MODELS: &[Model] = &[
    // fence: 466 executions, under 0.1 s; membarrier: 1,643, under 0.1 s.
    Model {
        name: "announce/one-section",
        shows: "what a section looks at is freed only when the section has left",
        threads: 2,
        readers: 1,
        extent: EXHAUSTIVE,
        long: false,
        outcomes: &[],
        run: || sections::<1>(Fences::Auto),
    },
    // fence: 9,818 executions, 0.5 s; membarrier: 36,980, 1.5 s.
    Model {
        name: "announce/two-sections",
        shows: "a scan that meets a later section of the same reader is ordered after the first",
        threads: 2,
        readers: 1,
        extent: EXHAUSTIVE,
        long: false,
        outcomes: &[],
        run: || sections::<2>(Fences::Auto),
    },
    // 9,818 executions in both modes, 0.4 s.
    Model {
        name: "announce/slow-two-sections",
        shows: "as two-sections, for a domain whose readers pass full fences on the slow path",
        threads: 2,
        readers: 1,
        extent: EXHAUSTIVE,
        long: false,
        outcomes: &[],
        run: || sections::<2>(Fences::SeqCst),
    },
];

/// The words of one reader and one driver, and two payloads of which the reader sees one.
#[derive(Debug)]
pub struct Words {
    period: GracePeriod,
    record: Record,
    pointer: AtomicU64,
    payloads: [Payload; 2],
}

impl Words {
    /// A reader that locks and unlocks. To be made by the main thread.
    pub fn new(fences: Fences) -> Arc<Self> {
        let words = Self::offline(fences);
        words.record.take_fast_path(&words.period);
        words
    }

    /// A reader that goes online and offline. To be made by the main thread.
    pub fn offline(fences: Fences) -> Arc<Self> {
        let period = GracePeriod::new(fences);
        let record = Record::unregistered();
        let payloads = [Payload::new(0), Payload::new(1)];
        Arc::new(Self { period, record, pointer: AtomicU64::new(0), payloads })
    }

    /// Enters or nests.
    pub fn lock(&self) {
        self.record.lock(&self.period, || {}, || self.record.lock_slow(&self.period));
    }

    /// Un-nests or leaves.
    pub fn unlock(&self) {
        self.record.unlock(&self.period, || self.record.unlock_slow(&self.period));
    }

    /// See [`Record::go_online`].
    pub fn go_online(&self) {
        self.record.go_online(&self.period);
    }

    /// See [`Record::pass`].
    pub fn pass(&self) {
        self.record.pass(&self.period);
    }

    /// See [`Record::go_offline`].
    pub fn go_offline(&self) {
        self.record.go_offline(&self.period);
    }

    /// Follows the pointer.
    pub fn look(&self) {
        let index = self.pointer.load(Ordering::Acquire);
        self.payloads[index as usize].look();
    }

    /// Unlinks the first payload, waits for a grace period, and frees it.
    pub fn replace(&self) {
        self.pointer.swap(1, Ordering::AcqRel);
        let new = self.period.start();
        self.period.heavy();
        while !self.record.has_passed(new) {
            thread::yield_now();
        }
        self.payloads[0].poison();
    }
}

fn sections<const N: usize>(fences: Fences) {
    let words = Words::new(fences);
    let reading = Arc::clone(&words);
    let reader = reader(move || {
        for _ in 0..N {
            reading.lock();
            reading.look();
            reading.unlock();
        }
    });
    words.replace();
    reader.join().unwrap();
}
