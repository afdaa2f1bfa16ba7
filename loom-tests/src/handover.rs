//! Callback hand-over: what is called runs once, after a grace period, on a thread that ends when its domain does.

use std::ptr::NonNull;

use rcu_core::callback::{Batch, Callbacks, Limits, Queue, closure_head};
use rcu_core::head::Head;
use rcu_core::reader::Record;
use rcu_core::registry::Form;
use rcu_core::slot::Source;
use rcu_core::stall::Stalls;
use rcu_core::sync::{Arc, AtomicU64, Ordering, model, thread};
use rcu_core::synchronize::{Synchronizer, Waiter};
use rcu_core::{Domain, Fences, RcuOption};

use crate::payload::Payload;
use crate::run::{EXHAUSTIVE, Extent, Mode, Model, owe, pay, reach, reader};
use crate::scene::{AWAKE, RACE, SAW, SLEPT, Scene, look_at, watch_sleep};

const BEFORE: &str = "the callback ran before the last handle went";
const AFTER: &str = "the callback ran after the last handle went";
const SLEPT_FIRST: &str = "the thread slept before the callback came";
const LOOKED_FIRST: &str = "the thread found the callback before it slept";
const TAKEN: &str = "the callback was taken while its maker ran";
const LEFT: &str = "the callback was left for later";

/// See the module.
pub const MODELS: &[Model] = &[
    Model {
        name: "handover/end-to-end",
        shows: "a callback runs once, with what its maker wrote, and the thread of a dropped domain ends",
        threads: 2,
        readers: 0,
        extent: EXHAUSTIVE,
        covered_by: &[],
        long: &Mode::ALL,
        outcomes: &[BEFORE, AFTER],
        run: end_to_end,
    },
    Model {
        name: "handover/last-handle",
        shows: "a callback pushed just before the last handle goes runs, whatever its thread is doing then",
        threads: 2,
        readers: 0,
        extent: EXHAUSTIVE,
        covered_by: &[],
        long: &[],
        outcomes: &[SLEPT_FIRST, LOOKED_FIRST],
        run: last_handle,
    },
    Model {
        name: "handover/stop",
        shows: "what came before the stop is visible to a callback thread that has seen it",
        threads: 2,
        readers: 0,
        extent: EXHAUSTIVE,
        covered_by: &[],
        long: &[],
        outcomes: &[SLEPT, AWAKE],
        run: stop,
    },
    Model {
        name: "handover/retire-under-reader",
        shows: "a callback queued while a reader is inside runs when it has left",
        threads: 3,
        readers: 1,
        extent: [Extent::Bound(4); 2],
        covered_by: &["handover/self-served-retire-under-reader", "handover/last-handle"],
        long: &Mode::ALL,
        outcomes: RACE,
        run: || retire::<1>(Domain::new(), |_| {}),
    },
    Model {
        name: "handover/counted-before",
        shows: "a callback queued while a grace period runs waits for the next one",
        threads: 3,
        readers: 1,
        extent: [Extent::Bound(3); 2],
        covered_by: &["handover/called-inside", "handover/last-handle", "wake/one-section"],
        long: &Mode::ALL,
        outcomes: &[SAW[0], SAW[1], SAW[2], SLEPT, AWAKE],
        run: || retire::<2>(Domain::new(), |_| {}),
    },
    Model {
        name: "handover/self-served-retire-under-reader",
        shows: "as retire-under-reader, where the updater runs the callback itself",
        threads: 2,
        readers: 1,
        extent: EXHAUSTIVE,
        covered_by: &[],
        long: &[Mode::Membarrier],
        outcomes: RACE,
        run: || retire::<1>(Domain::without_thread(), Domain::run_callbacks),
    },
    Model {
        name: "handover/called-inside",
        shows: "a callback queued inside a section waits for that section, whatever grace period was under way",
        threads: 2,
        readers: 1,
        extent: EXHAUSTIVE,
        covered_by: &[],
        long: &[Mode::Membarrier],
        outcomes: &[TAKEN, LEFT],
        run: called_inside,
    },
];

/// Protocols that are wrong, and must fail.
pub const WRONG: &[Model] = &[Model {
    name: "handover/counted-after",
    shows: "a callback that is taken after the grace period, not before it, frees what a reader uses",
    threads: 3,
    readers: 1,
    extent: [Extent::Bound(3); 2],
    covered_by: &[],
    long: &[],
    outcomes: &[],
    run: counted_after,
}];

fn end_to_end() {
    let domain = Domain::new();
    let payload = Payload::new(7);
    // Of loom's: loom does not tell executions apart by what it does not see. Relaxed, it orders nothing.
    let ran = Arc::new(AtomicU64::new(0));
    let runs = Arc::clone(&ran);
    owe();
    domain.call(move || {
        assert_eq!(payload.look(), 7);
        runs.store(1, Ordering::Relaxed);
        pay();
    });
    reach(if ran.load(Ordering::Relaxed) == 0 { AFTER } else { BEFORE });
    drop(domain);
}

fn last_handle() {
    let domain = Domain::new();
    let sleeps = model::sleeps();
    domain.init().unwrap();
    owe();
    domain.call(move || {
        reach(if model::sleeps() > sleeps { SLEPT_FIRST } else { LOOKED_FIRST });
        pay();
    });
    drop(domain);
}

/// loom has no load buffering, so it cannot show a look at the queue that misses a push because the load of the stop
/// word came late. The order itself can be shown: a plain write before the stop, and a look after the thread's end.
fn stop() {
    let shared = Arc::new((
        Callbacks::new(Limits::none(), Source::Own(None)),
        Synchronizer::new(Fences::Auto, Stalls::never()),
        Payload::new(7),
    ));
    let serving = Arc::clone(&shared);
    let thread = thread::spawn(move || {
        serving.0.serve(&serving.1);
        serving.2.poison();
    });
    watch_sleep(|| {
        assert_eq!(shared.2.look(), 7);
        shared.0.stop();
        thread.join().unwrap();
    });
}

/// A reader with one section, while `N` payloads are replaced one after another and each old one is retired.
fn retire<const N: u32>(domain: Domain, run_callbacks: fn(&Domain)) {
    let handle = domain.reader();
    let cell = Arc::new(RcuOption::none_in(&domain));
    drop(cell.swap(Some(Payload::new(0).into())));
    let loaded = Arc::clone(&cell);
    let reader = reader(move || {
        let section = handle.read_lock();
        look_at(loaded.load(&section).unwrap());
        drop(section);
        handle
    });
    watch_sleep(|| {
        for value in 1..=N {
            drop(cell.swap(Some(Payload::new(value).into())));
        }
        run_callbacks(&domain);
        drop(reader.join().unwrap());
    });
}

/// The reader retires what it looks at. The thread that serves begins before, meanwhile, or after, and takes first.
fn called_inside() {
    let shared =
        Arc::new((Callbacks::new(Limits::none(), Source::Own(None)), Scene::of_sections(Fences::Auto)));
    let calling = Arc::clone(&shared);
    owe();
    let reader = reader(move || {
        let (callbacks, scene) = &*calling;
        let period = &scene.grace_periods.period;
        scene.record.lock(period, || {}, || unreachable!("a light reader"));
        scene.unlink(0);
        let freeing = Arc::clone(&calling);
        let free = move || {
            freeing.1.payloads[0].poison();
            pay();
        };
        // SAFETY: (1) and (2): the head of a new closure, which may run on any thread.
        unsafe { callbacks.push(closure_head(free)) };
        look_at(&scene.payloads[0]);
        scene.record.unlock(period, || unreachable!("a light reader"));
    });
    let (callbacks, scene) = &*shared;
    callbacks.stop();
    callbacks.serve(&scene.grace_periods);
    reach(if callbacks.activity.callbacks_run() == 0 { LEFT } else { TAKEN });
    reader.join().unwrap();
    callbacks.serve(&scene.grace_periods);
}

/// The callback thread's loop in the wrong order, of the shipped parts.
fn counted_after() {
    struct Parts {
        queue: Queue,
        grace_periods: Synchronizer,
        record: Record,
        linked: AtomicU64,
        payload: Payload,
    }
    let parts = Arc::new(Parts {
        queue: Queue::new(),
        grace_periods: Synchronizer::new(Fences::Auto, Stalls::never()),
        record: Record::unregistered(),
        linked: AtomicU64::new(1),
        payload: Payload::new(0),
    });
    parts.record.take_fast_path(&parts.grace_periods.period);
    // SAFETY: (1): the registry is gone when the record is.
    unsafe { parts.grace_periods.registry.register(NonNull::from(&parts.record), Form::Handle) };
    let (reading, serving, freeing) = (Arc::clone(&parts), Arc::clone(&parts), Arc::clone(&parts));
    let reader = reader(move || {
        let period = &reading.grace_periods.period;
        reading.record.lock(period, || {}, || unreachable!("a light reader"));
        if reading.linked.load(Ordering::Acquire) != 0 {
            reading.payload.look();
        }
        reading.record.unlock(period, || unreachable!("a light reader"));
    });
    let thread = thread::spawn(move || {
        serving.grace_periods.wait(Waiter::default());
        for head in serving.queue.take_before(Batch::default()) {
            // SAFETY: (1) and (2): taken once, and what the closure captured is its own.
            unsafe { Head::run(head) };
        }
    });
    parts.linked.swap(0, Ordering::AcqRel);
    // SAFETY: (1): the head of a new closure.
    unsafe { parts.queue.push(closure_head(move || freeing.payload.poison())) };
    thread.join().unwrap();
    reader.join().unwrap();
}
