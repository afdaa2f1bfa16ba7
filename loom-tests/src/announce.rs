//! Announce and scan, leave and free: the words alone, without registry, locks or sleep.
//!
//! The reader's record, the counter and the fences are the shipped ones; the model brings the pointer, the payload, and a
//! scan that yields instead of going to sleep.

use rcu_core::Fences;
use rcu_core::grace_period::GracePeriod;
use rcu_core::reader::Record;
use rcu_core::sync::{Arc, AtomicU64, Ordering, thread};

use crate::payload::Payload;
use crate::run::{EXHAUSTIVE, Extent, Model, reader};

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
    // fence: 8,688 executions, 0.3 s; membarrier: 54,485, 2.0 s.
    Model {
        name: "announce/two-grace-periods",
        shows: "as one-section, for two grace periods one after the other",
        threads: 2,
        readers: 1,
        extent: EXHAUSTIVE,
        long: false,
        outcomes: &[],
        run: two_grace_periods,
    },
    // fence: 11,915 executions, 0.6 s; membarrier: 10,661, 0.6 s.
    Model {
        name: "announce/two-readers",
        shows: "one heavy fence is enough for two readers",
        threads: 3,
        readers: 2,
        extent: [Extent::Bound(3); 2],
        long: false,
        outcomes: &[],
        run: two_readers,
    },
];

/// The words of one reader and one driver, and three payloads of which the reader sees one.
#[derive(Debug)]
pub struct Words {
    period: GracePeriod,
    record: Record,
    second: Record,
    pointer: AtomicU64,
    payloads: [Payload; 3],
}

impl Words {
    /// A reader that locks and unlocks. To be made by the main thread.
    pub fn new(fences: Fences) -> Arc<Self> {
        let words = Self::offline(fences);
        words.record.take_fast_path(&words.period);
        words.second.take_fast_path(&words.period);
        words
    }

    /// A reader that goes online and offline. To be made by the main thread.
    pub fn offline(fences: Fences) -> Arc<Self> {
        let period = GracePeriod::new(fences);
        let [record, second] = [Record::unregistered(), Record::unregistered()];
        let payloads = [Payload::new(0), Payload::new(1), Payload::new(2)];
        Arc::new(Self { period, record, second, pointer: AtomicU64::new(0), payloads })
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

    /// Unlinks the first payload, waits for a grace period of the first reader, and frees it.
    pub fn replace(&self) {
        self.replace_at(0, &[&self.record]);
    }

    fn replace_at(&self, old: usize, readers: &[&Record]) {
        self.pointer.swap(old as u64 + 1, Ordering::AcqRel);
        let new = self.period.start();
        self.period.heavy();
        for reader in readers {
            while !reader.has_passed(new) {
                thread::yield_now();
            }
        }
        self.payloads[old].poison();
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

fn two_grace_periods() {
    let words = Words::new(Fences::Auto);
    let reading = Arc::clone(&words);
    let reader = reader(move || {
        reading.lock();
        reading.look();
        reading.unlock();
    });
    words.replace_at(0, &[&words.record]);
    words.replace_at(1, &[&words.record]);
    reader.join().unwrap();
}

fn two_readers() {
    let words = Words::new(Fences::Auto);
    let of = |record: fn(&Words) -> &Record| {
        let words = Arc::clone(&words);
        reader(move || {
            record(&words).lock(&words.period, || {}, || unreachable!("a light reader"));
            words.look();
            record(&words).unlock(&words.period, || unreachable!("a light reader"));
        })
    };
    let readers = [of(|words| &words.record), of(|words| &words.second)];
    words.replace_at(0, &[&words.record, &words.second]);
    readers.into_iter().for_each(|reader| reader.join().unwrap());
}
