//! Registration during a grace period: a thread that comes, reads and goes.

use std::ptr::NonNull;

use rcu_core::grace_period::GracePeriod;
use rcu_core::reader::Record;
use rcu_core::registry::Form;
use rcu_core::registry::Registry;
use rcu_core::stall::Stalls;
use rcu_core::sync::{Arc, AtomicU64, Ordering, thread};
use rcu_core::synchronize::{Synchronizer, Waiter};
use rcu_core::{Domain, Fences, RcuCell, fence};

use crate::announce::{AT_ONCE, WAITED};
use crate::payload::Payload;
use crate::run::{EXHAUSTIVE, Extent, Mode, Model, reach, reader};
use crate::scene::{AWAKE, RACE, SAW, SLEPT, look_at, watch_sleep};

const SCANNED: &str = "the reader was registered when the driver looked for light readers";
const UNSCANNED: &str = "no reader was registered when the driver looked for light readers";

/// See the module.
pub const MODELS: &[Model] = &[
    Model {
        name: "registration/come-and-go",
        shows: "a reader may register and unregister at any point of a grace period",
        threads: 2,
        readers: 1,
        extent: [Extent::Exhaustive, Extent::Bound(5)],
        covered_by: &["registration/come-and-go-scanned", "wake/one-section"],
        long: &Mode::ALL,
        outcomes: RACE,
        run: || beside_sleeping_driver(|_, _| come_and_go),
    },
    Model {
        name: "registration/come-and-go-scanned",
        shows: "as come-and-go, for a driver that looks again instead of going to sleep",
        threads: 2,
        readers: 1,
        extent: EXHAUSTIVE,
        covered_by: &[],
        long: &[Mode::Membarrier],
        outcomes: &[SAW[0], SAW[1], WAITED, AT_ONCE, SCANNED, UNSCANNED],
        run: || beside_driver(|_, _| come_and_go),
    },
    Model {
        name: "registration/handle",
        shows: "as come-and-go, through a domain, a handle and a cell",
        threads: 2,
        readers: 1,
        extent: [Extent::Bound(4); 2],
        covered_by: &["registration/come-and-go-scanned", "wake/one-section"],
        long: &[],
        outcomes: RACE,
        run: handle,
    },
    Model {
        name: "registration/thread",
        shows: "as come-and-go, for a thread of the default domain, registered by its first section and its end",
        threads: 2,
        readers: 1,
        extent: [Extent::Bound(3); 2],
        covered_by: &["registration/come-and-go-scanned", "wake/one-section"],
        long: &[],
        outcomes: RACE,
        run: thread_of_default_domain,
    },
    Model {
        name: "registration/stand-in",
        shows: "a section goes on in the record that stands in for its thread's, and is waited for there",
        threads: 2,
        readers: 1,
        extent: [Extent::Bound(4); 2],
        covered_by: &["registration/stand-in-scanned", "registration/stand-in-marked"],
        long: &[],
        outcomes: RACE,
        run: || beside_sleeping_driver(stand_in),
    },
    Model {
        name: "registration/stand-in-scanned",
        shows: "as stand-in, for a driver that looks again instead of going to sleep",
        threads: 2,
        readers: 1,
        extent: EXHAUSTIVE,
        covered_by: &[],
        long: &[Mode::Membarrier],
        outcomes: &[SAW[0], SAW[1], WAITED, AT_ONCE, SCANNED, UNSCANNED],
        run: || beside_driver(stand_in),
    },
    Model {
        name: "registration/stand-in-marked",
        shows: "as stand-in, for a section that was open before: a mark that the driver made before it moved wakes the driver",
        threads: 2,
        readers: 1,
        extent: EXHAUSTIVE,
        covered_by: &[],
        long: &[Mode::Membarrier],
        outcomes: &[SAW[0], SLEPT, AWAKE],
        run: || beside_sleeping_driver(open_and_stand_in),
    },
];

/// What a reader and a driver share.
struct Shared {
    pointer: AtomicU64,
    payloads: [Payload; 2],
}

impl Shared {
    fn new() -> Arc<Self> {
        Arc::new(Self { pointer: AtomicU64::new(0), payloads: [Payload::new(0), Payload::new(1)] })
    }

    fn look(&self) {
        look_at(&self.payloads[self.pointer.load(Ordering::Acquire) as usize]);
    }

    fn replace(&self, grace_period: impl FnOnce()) {
        self.pointer.swap(1, Ordering::AcqRel);
        grace_period();
        self.payloads[0].poison();
    }
}

/// A reader that lives, as `prepare` has it live, beside a grace period.
fn beside_sleeping_driver<L: FnOnce(&GracePeriod, &Registry, &Shared) + 'static>(
    prepare: fn(&GracePeriod, &Registry) -> L,
) {
    let grace_periods = Arc::new(Synchronizer::new(Fences::Auto, Stalls::never()));
    let shared = Shared::new();
    let life = prepare(&grace_periods.period, &grace_periods.registry);
    let (own, reading) = (Arc::clone(&grace_periods), Arc::clone(&shared));
    let reader = reader(move || life(&own.period, &own.registry, &reading));
    shared.replace(|| watch_sleep(|| grace_periods.wait(Waiter::default())));
    reader.join().unwrap();
}

/// The driver does what [`Synchronizer::wait`] does, but for the turns and the sleep, which have no part in this.
fn beside_driver<L: FnOnce(&GracePeriod, &Registry, &Shared) + 'static>(
    prepare: fn(&GracePeriod, &Registry) -> L,
) {
    let parts = Arc::new((GracePeriod::new(Fences::Auto), Registry::new()));
    let shared = Shared::new();
    let life = prepare(&parts.0, &parts.1);
    let (own, reading) = (Arc::clone(&parts), Arc::clone(&shared));
    let reader = reader(move || life(&own.0, &own.1, &reading));
    let (period, registry) = &*parts;
    shared.replace(|| {
        let new = period.start();
        fence::full();
        if registry.has_light_readers(None) {
            reach(SCANNED);
            fence::remote();
        } else {
            reach(UNSCANNED);
        }
        let mut passed = registry.scan(new);
        reach(if passed { AT_ONCE } else { WAITED });
        while !passed {
            thread::yield_now();
            passed = registry.poll(new);
        }
    });
    reader.join().unwrap();
}

fn come_and_go(period: &GracePeriod, registry: &Registry, shared: &Shared) {
    let record = Record::unregistered();
    record.take_fast_path(period);
    // SAFETY: (1): unregistered below, before the record is gone.
    unsafe { registry.register(NonNull::from(&record), Form::Handle) };
    record.lock(period, || {}, || unreachable!("a light reader"));
    shared.look();
    record.unlock(period, || unreachable!("a light reader"));
    registry.unregister(NonNull::from(&record));
}

/// As a thread does that ends while a guard is open in a later destructor.
fn stand_in(
    period: &GracePeriod,
    registry: &Registry,
) -> impl FnOnce(&GracePeriod, &Registry, &Shared) + use<> {
    let record = registered(period, registry);
    move |period, registry, shared| {
        record.lock(period, || {}, || unreachable!("a light reader"));
        let payload = &shared.payloads[shared.pointer.load(Ordering::Acquire) as usize];
        go_on_in_stand_in(record, period, registry, payload);
    }
}

/// As [`stand_in`], from a point in the section on.
fn open_and_stand_in(
    period: &GracePeriod,
    registry: &Registry,
) -> impl FnOnce(&GracePeriod, &Registry, &Shared) + use<> {
    let record = registered(period, registry);
    record.lock(period, || {}, || unreachable!("a light reader"));
    move |period, registry, shared| go_on_in_stand_in(record, period, registry, &shared.payloads[0])
}

fn registered(period: &GracePeriod, registry: &Registry) -> Box<Record> {
    let record = Box::new(Record::unregistered());
    record.take_fast_path(period);
    // SAFETY: (1): replaced in `go_on_in_stand_in`, before the record is gone.
    unsafe { registry.register(NonNull::from(&*record), Form::Handle) };
    record
}

fn go_on_in_stand_in(record: Box<Record>, period: &GracePeriod, registry: &Registry, payload: &Payload) {
    let stand_in = registry.replace(NonNull::from(&*record));
    drop(record);
    look_at(payload);
    // SAFETY: it is valid until it is freed below.
    unsafe { stand_in.as_ref() }.unlock_slow(period);
    registry.unregister(stand_in);
    // SAFETY: `replace` leaked this box; its section has ended, and it is in no registry.
    drop(unsafe { Box::from_raw(stand_in.as_ptr()) });
}

fn handle() {
    let domain = Domain::new();
    let cell = Arc::new(RcuCell::new_in(&domain, Payload::new(0)));
    let (reading, loaded) = (domain.clone(), Arc::clone(&cell));
    let reader = reader(move || {
        let handle = reading.reader();
        look_at(loaded.load(&handle.read_lock()));
    });
    watch_sleep(|| drop(cell.replace(Payload::new(1)).wait()));
    reader.join().unwrap();
}

fn thread_of_default_domain() {
    // The domain is made by the main thread: one made later would hand its maker's causality to every user.
    rcu_core::stats();
    let cell = Arc::new(RcuCell::new(Payload::new(0)));
    let loaded = Arc::clone(&cell);
    let reader = reader(move || look_at(loaded.load(&rcu_core::read_lock())));
    watch_sleep(|| drop(cell.replace(Payload::new(1)).wait()));
    reader.join().unwrap();
}
