//! Announce and scan, leave and free: the words alone, without registry, locks or sleep.
//!
//! The reader's record, the counter and the fences are the shipped ones; the model brings the pointer, the payload, and a
//! scan that yields instead of going to sleep.

use rcu_core::Fences;
use rcu_core::grace_period::GracePeriod;
use rcu_core::reader::Record;
use rcu_core::sync::{Arc, AtomicU64, Ordering, thread};

use crate::payload::Payload;
use crate::run::{EXHAUSTIVE, Extent, Mode, Model, reach, reader};
use crate::scene::{SAW, look_at};

/// A scan that met a reader in its way.
pub const WAITED: &str = "a scan had to look again";
/// A scan that met none.
pub const AT_ONCE: &str = "a scan passed at the first look";

/// What a race of one reader with one scan comes to.
pub const RACE: &[&str] = &[SAW[0], SAW[1], WAITED, AT_ONCE];
const TWO_GRACE_PERIODS: &[&str] = &[SAW[0], SAW[1], SAW[2], WAITED, AT_ONCE];

/// See the module.
pub const MODELS: &[Model] = &[
    Model {
        name: "announce/one-section",
        shows: "what a section looks at is freed only when the section has left",
        threads: 2,
        readers: 1,
        extent: EXHAUSTIVE,
        covered_by: &[],
        long: &[],
        outcomes: RACE,
        run: || sections::<1>(Fences::Auto),
    },
    Model {
        name: "announce/two-sections",
        shows: "a scan that meets a later section of the same reader is ordered after the first",
        threads: 2,
        readers: 1,
        extent: EXHAUSTIVE,
        covered_by: &[],
        long: &[],
        outcomes: RACE,
        run: || sections::<2>(Fences::Auto),
    },
    Model {
        name: "announce/slow-two-sections",
        shows: "as two-sections, for a domain whose readers pass full fences on the slow path",
        threads: 2,
        readers: 1,
        extent: EXHAUSTIVE,
        covered_by: &[],
        long: &[],
        outcomes: RACE,
        run: || sections::<2>(Fences::SeqCst),
    },
    Model {
        name: "announce/two-grace-periods",
        shows: "as one-section, for two grace periods one after the other",
        threads: 2,
        readers: 1,
        extent: EXHAUSTIVE,
        covered_by: &[],
        long: &[],
        outcomes: TWO_GRACE_PERIODS,
        run: || two_grace_periods::<1>(),
    },
    Model {
        name: "announce/two-by-two",
        shows: "as one-section, for two sections and two grace periods",
        threads: 2,
        readers: 1,
        extent: [Extent::Exhaustive, Extent::Bound(8)],
        covered_by: &["announce/two-sections", "announce/two-grace-periods"],
        long: &Mode::ALL,
        outcomes: TWO_GRACE_PERIODS,
        run: || two_grace_periods::<2>(),
    },
    Model {
        name: "announce/two-readers",
        shows: "one heavy fence is enough for two readers",
        threads: 3,
        readers: 2,
        extent: [Extent::Bound(3); 2],
        covered_by: &["announce/one-section"],
        long: &[],
        outcomes: RACE,
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

    /// See [`Record::leave_online`].
    pub fn leave_online(&self) {
        self.record.leave_online(&self.period);
    }

    /// Follows the pointer.
    pub fn look(&self) {
        let index = self.pointer.load(Ordering::Acquire);
        look_at(&self.payloads[index as usize]);
    }

    /// Unlinks the first payload, waits for a grace period of the first reader, and frees it.
    pub fn replace(&self) {
        self.replace_at(0, &[&self.record]);
    }

    /// The same for the first payload, and then for the second.
    pub fn replace_twice(&self) {
        self.replace();
        self.replace_at(1, &[&self.record]);
    }

    fn replace_at(&self, old: usize, readers: &[&Record]) {
        self.pointer.swap(old as u64 + 1, Ordering::AcqRel);
        let new = self.period.start();
        self.period.heavy();
        let mut outcome = AT_ONCE;
        for reader in readers {
            while !reader.has_passed(new) {
                outcome = WAITED;
                thread::yield_now();
            }
        }
        reach(outcome);
        self.payloads[old].poison();
    }
}

fn sections<const N: usize>(fences: Fences) {
    beside_sections::<N>(fences, Words::replace);
}

fn two_grace_periods<const N: usize>() {
    beside_sections::<N>(Fences::Auto, Words::replace_twice);
}

fn beside_sections<const N: usize>(fences: Fences, update: fn(&Words)) {
    let words = Words::new(fences);
    let reading = Arc::clone(&words);
    let reader = reader(move || {
        for _ in 0..N {
            reading.lock();
            reading.look();
            reading.unlock();
        }
    });
    update(&words);
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
