//! Polling: a number taken now, a grace period that somebody else drives, and a look later.

use rcu_core::grace_period::GracePeriod;
use rcu_core::reader::Record;
use rcu_core::sync::{Arc, AtomicU64, Ordering, thread};
use rcu_core::synchronize::Waiter;
use rcu_core::{Domain, Fences, fence};

use crate::payload::Payload;
use crate::run::{EXHAUSTIVE, Extent, Mode, Model, reach, reader};
use crate::scene::{SAW, Scene, look_at};

const OVER: &str = "the grace period was over at the first look";
const NOT_OVER: &str = "the grace period was not over at the first look";

/// See the module.
pub const MODELS: &[Model] = &[
    Model {
        name: "poll/over",
        shows: "who sees that a grace period is over may free what its readers looked at",
        threads: 2,
        readers: 1,
        extent: EXHAUSTIVE,
        covered_by: &[],
        long: &[],
        outcomes: &[OVER, NOT_OVER],
        run: over,
    },
    Model {
        name: "poll/left",
        shows: "as over, for a reader that only the driver has seen leave",
        threads: 3,
        readers: 1,
        extent: EXHAUSTIVE,
        covered_by: &[],
        long: &[Mode::Membarrier],
        outcomes: &[OVER, NOT_OVER],
        run: left,
    },
    Model {
        name: "poll/unlinker-driver-reader",
        shows: "a cookie covers what was unlinked before it was taken, whoever drives",
        threads: 3,
        readers: 1,
        extent: [Extent::Bound(3); 2],
        covered_by: &["poll/over", "poll/left", "wake/one-section"],
        long: &[],
        outcomes: &[OVER, NOT_OVER, SAW[0], SAW[1]],
        run: unlinker_driver_reader,
    },
    Model {
        name: "poll/expires",
        shows: "a cookie expires without further activity: the callback thread drives what it asks for",
        threads: 3,
        readers: 1,
        extent: [Extent::Bound(3); 2],
        covered_by: &["poll/over", "poll/self-served-expires"],
        long: &Mode::ALL,
        outcomes: &[SAW[0], SAW[1]],
        run: || expires(Domain::new(), |_| {}),
    },
    Model {
        name: "poll/self-served-expires",
        shows: "as expires, where the thread that polls does what the callback thread does",
        threads: 2,
        readers: 1,
        extent: EXHAUSTIVE,
        covered_by: &[],
        long: &[Mode::Membarrier],
        outcomes: &[SAW[0], SAW[1]],
        run: || expires(Domain::without_thread(), Domain::run_callbacks),
    },
];

/// Protocols that are wrong, and must fail.
pub const WRONG: &[Model] = &[Model {
    name: "poll/load-only",
    shows: "a cookie that is taken by a fence and a load alone frees what a reader uses",
    threads: 3,
    readers: 1,
    extent: [Extent::Bound(3); 2],
    covered_by: &[],
    long: &[],
    outcomes: &[],
    run: load_only,
}];

/// Unlinks the first payload, takes a number, looks once, and frees it if it may.
fn unlink_and_poll(scene: &Scene) {
    scene.unlink(0);
    let number = scene.grace_periods.request();
    if scene.grace_periods.is_over(number) {
        scene.payloads[0].poison();
        reach(OVER);
    } else {
        reach(NOT_OVER);
    }
}

/// The reader drives too, once it has left: only what `is_over` sees orders its look before the free.
fn over() {
    let shared = Scene::of_sections(Fences::Auto);
    let reading = Arc::clone(&shared);
    let reader = reader(move || {
        reading.section();
        reading.grace_periods.wait(Waiter::default());
    });
    unlink_and_poll(&shared);
    reader.join().unwrap();
}

/// The reader's look is ordered before the free by its last store, which the driver acquires after all of its fences.
fn left() {
    let shared = Scene::of_sections(Fences::Auto);
    let period = &shared.grace_periods.period;
    shared.record.lock(period, || {}, || unreachable!("a light reader"));
    let (reading, driving) = (Arc::clone(&shared), Arc::clone(&shared));
    let reader = reader(move || {
        reading.payloads[0].look();
        let period = &reading.grace_periods.period;
        reading.record.unlock(period, || unreachable!("a light reader"));
    });
    let driver = thread::spawn(move || driving.grace_periods.wait(Waiter::default()));
    unlink_and_poll(&shared);
    driver.join().unwrap();
    reader.join().unwrap();
}

fn unlinker_driver_reader() {
    let shared = Scene::of_sections(Fences::Auto);
    let (reading, driving) = (Arc::clone(&shared), Arc::clone(&shared));
    let reader = reader(move || reading.section());
    let driver = thread::spawn(move || driving.grace_periods.wait(Waiter::default()));
    unlink_and_poll(&shared);
    driver.join().unwrap();
    reader.join().unwrap();
}

fn expires(domain: Domain, run_callbacks: fn(&Domain)) {
    let handle = domain.reader();
    let shared = Arc::new((AtomicU64::new(0), [Payload::new(0), Payload::new(1)]));
    let reading = Arc::clone(&shared);
    let reader = reader(move || {
        let section = handle.read_lock();
        look_at(&reading.1[reading.0.load(Ordering::Acquire) as usize]);
        drop(section);
        handle
    });
    shared.0.swap(1, Ordering::AcqRel);
    let cookie = domain.start_poll();
    run_callbacks(&domain);
    while !domain.poll(cookie) {
        thread::yield_now();
    }
    shared.1[0].poison();
    drop(reader.join().unwrap());
}

/// The unlinker passes a fence, loads the counter, and trusts a grace period that it saw not started. That is right where
/// readers pass fences. Where they do not, the remote fence has to come after the unlink, which a load does not show. (The
/// driver here passes its own fence last: one before the remote fence, as in the shipped code, would hide the mistake.)
fn load_only() {
    struct Parts {
        period: GracePeriod,
        record: Record,
        pointer: AtomicU64,
        completed: AtomicU64,
        payloads: [Payload; 2],
    }
    let parts = Arc::new(Parts {
        period: GracePeriod::new(Fences::Auto),
        record: Record::unregistered(),
        pointer: AtomicU64::new(0),
        completed: AtomicU64::new(0),
        payloads: [Payload::new(0), Payload::new(1)],
    });
    parts.record.take_fast_path(&parts.period);
    let (reading, driving) = (Arc::clone(&parts), Arc::clone(&parts));
    let reader = reader(move || {
        let Parts { period, record, pointer, payloads, .. } = &*reading;
        record.lock(period, || {}, || unreachable!("a light reader"));
        payloads[pointer.load(Ordering::Acquire) as usize].look();
        record.unlock(period, || unreachable!("a light reader"));
    });
    let driver = thread::spawn(move || {
        let Parts { period, record, completed, .. } = &*driving;
        let new = period.start();
        fence::remote();
        fence::full();
        while !record.has_passed(new) {
            thread::yield_now();
        }
        completed.store(1, Ordering::Release);
    });
    let before = GracePeriod::new(Fences::Auto).current();
    parts.pointer.swap(1, Ordering::AcqRel);
    fence::full();
    let covered = parts.period.current() == before;
    if covered && parts.completed.load(Ordering::Acquire) == 1 {
        parts.payloads[0].poison();
    }
    driver.join().unwrap();
    reader.join().unwrap();
}
