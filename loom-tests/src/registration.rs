//! Registration during a grace period: a thread that comes, reads and goes.

use std::ptr::NonNull;

use rcu_core::reader::Record;
use rcu_core::registry::Form;
use rcu_core::stall::Stalls;
use rcu_core::sync::{Arc, AtomicU64, Ordering, model};
use rcu_core::synchronize::Synchronizer;
use rcu_core::{Domain, Fences, RcuCell};

use crate::payload::Payload;
use crate::run::{Extent, Model, reach, reader};

const SLEPT: &str = "the driver slept until the reader left";

/// See the module.
pub const MODELS: &[Model] = &[
    // fence: 2,124,546 executions, 87.0 s; membarrier: 33,105, 1.4 s.
    Model {
        name: "registration/come-and-go",
        shows: "a reader may register and unregister at any point of a grace period",
        threads: 2,
        readers: 1,
        extent: [Extent::Exhaustive, Extent::Bound(5)],
        long: true,
        outcomes: &[SLEPT],
        run: come_and_go,
    },
    // fence: 7,571 executions, 0.3 s; membarrier: 12,854, 0.6 s.
    Model {
        name: "registration/handle",
        shows: "as come-and-go, through a domain, a handle and a cell",
        threads: 2,
        readers: 1,
        extent: [Extent::Bound(4); 2],
        long: false,
        outcomes: &[SLEPT],
        run: handle,
    },
    // fence: 1,661 executions, under 0.1 s; membarrier: 2,252, 0.1 s.
    Model {
        name: "registration/thread",
        shows: "as come-and-go, for a thread of the default domain, registered by its first section and its end",
        threads: 2,
        readers: 1,
        extent: [Extent::Bound(3); 2],
        long: false,
        outcomes: &[SLEPT],
        run: thread,
    },
    // fence: 5,439 executions, 0.2 s; membarrier: 15,921, 0.7 s.
    Model {
        name: "registration/stand-in",
        shows: "a section goes on in the record that stands in for its thread's, and is waited for there",
        threads: 2,
        readers: 1,
        extent: [Extent::Bound(4); 2],
        long: false,
        outcomes: &[SLEPT],
        run: stand_in,
    },
];

fn come_and_go() {
    let grace_periods = Arc::new(Synchronizer::new(Fences::Auto, Stalls::never()));
    let shared = Arc::new((AtomicU64::new(0), [Payload::new(0), Payload::new(1)]));
    let (own, reading) = (Arc::clone(&grace_periods), Arc::clone(&shared));
    let reader = reader(move || {
        let period = &own.period;
        let record = Record::unregistered();
        record.take_fast_path(period);
        // SAFETY: (1): unregistered below, before the record is gone.
        unsafe { own.registry.register(NonNull::from(&record), Form::Handle) };
        record.lock(period, || {}, || unreachable!("a light reader"));
        reading.1[reading.0.load(Ordering::Acquire) as usize].look();
        record.unlock(period, || unreachable!("a light reader"));
        own.registry.unregister(NonNull::from(&record));
    });
    shared.0.swap(1, Ordering::AcqRel);
    wait(|| grace_periods.wait(None));
    shared.1[0].poison();
    reader.join().unwrap();
}

/// As a thread does that ends while a guard is open in a later destructor.
fn stand_in() {
    let grace_periods = Arc::new(Synchronizer::new(Fences::Auto, Stalls::never()));
    let shared = Arc::new((AtomicU64::new(0), [Payload::new(0), Payload::new(1)]));
    let record = Arc::new(Record::unregistered());
    record.take_fast_path(&grace_periods.period);
    // SAFETY: (1): replaced and unregistered below, before the record is gone.
    unsafe { grace_periods.registry.register(NonNull::from(&*record), Form::Handle) };
    let (own, reading) = (Arc::clone(&grace_periods), Arc::clone(&shared));
    let reader = reader(move || {
        let period = &own.period;
        record.lock(period, || {}, || unreachable!("a light reader"));
        let payload = &reading.1[reading.0.load(Ordering::Acquire) as usize];
        let stand_in = own.registry.replace(NonNull::from(&*record));
        drop(record);
        payload.look();
        // SAFETY: it is valid until it is freed below.
        unsafe { stand_in.as_ref() }.unlock_slow(period);
        own.registry.unregister(stand_in);
        // SAFETY: `replace` leaked this box; its section has ended, and it is in no registry.
        drop(unsafe { Box::from_raw(stand_in.as_ptr()) });
    });
    shared.0.swap(1, Ordering::AcqRel);
    wait(|| grace_periods.wait(None));
    shared.1[0].poison();
    reader.join().unwrap();
}

fn handle() {
    let domain = Domain::new();
    let cell = Arc::new(RcuCell::new_in(&domain, Payload::new(0)));
    let (reading, loaded) = (domain.clone(), Arc::clone(&cell));
    let reader = reader(move || {
        let handle = reading.reader();
        loaded.load(&handle.read_lock()).look();
    });
    wait(|| drop(cell.replace(Payload::new(1)).wait()));
    reader.join().unwrap();
}

fn wait(grace_period: impl FnOnce()) {
    let sleeps = model::sleeps();
    grace_period();
    if model::sleeps() > sleeps {
        reach(SLEPT);
    }
}

fn thread() {
    // The domain is made by the main thread: one made later would hand its maker's causality to every user.
    rcu_core::stats();
    let cell = Arc::new(RcuCell::new(Payload::new(0)));
    let loaded = Arc::clone(&cell);
    let reader = reader(move || {
        loaded.load(&rcu_core::read_lock()).look();
    });
    wait(|| drop(cell.replace(Payload::new(1)).wait()));
    reader.join().unwrap();
}
