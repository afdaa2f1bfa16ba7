//! Everything at once, with payloads that say that they were freed.
//!
//! `RCU_STRESS_SECONDS` sets how long; `ci/stress.sh` runs it for longer, in both fence modes, and once with the scan of the
//! readers disabled, where it has to fail.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;
use std::{hint, thread};

use rcu_core::{Domain, Fences, RcuCell, ReadGuard, Scope};

use crate::keep::keep;
use crate::watchdog::{Watchdog, waiting};

/// Where payloads say whether they are alive. Slots are never freed, so a reader may ask long after the payload is gone.
struct Slot {
    /// Odd while a payload uses the slot. Counts up, so that a reader notices a slot that was given to another payload.
    generation: AtomicU64,
}

/// A value that is alive until it is dropped, and can be asked.
pub struct Payload {
    slot: &'static Slot,
    generation: u64,
}

/// Slots to use again, oldest first.
static FREE: Mutex<VecDeque<&'static Slot>> = Mutex::new(VecDeque::new());

impl Payload {
    pub fn new() -> Self {
        let free = FREE.lock().unwrap().pop_front();
        let slot = free.unwrap_or_else(|| Box::leak(Box::new(Slot { generation: AtomicU64::new(0) })));
        let generation = slot.generation.fetch_add(1, Ordering::SeqCst) + 1;
        Self { slot, generation }
    }

    /// Tells whether the payload is alive. What is asked is the slot, which stays, and not the payload, which a bug might free.
    pub fn witness(&self) -> impl Fn() -> bool + use<> {
        let Self { slot, generation } = *self;
        move || slot.generation.load(Ordering::SeqCst) == generation
    }
}

impl Drop for Payload {
    fn drop(&mut self) {
        self.slot.generation.fetch_add(1, Ordering::SeqCst);
        FREE.lock().unwrap().push_back(self.slot);
    }
}

/// How many numbered callbacks there are at most.
const CALLBACKS: usize = 1 << 20;

/// What a stress of one domain counts.
struct Counts {
    stop: AtomicBool,
    sections: AtomicU64,
    /// Payloads that were freed inside a section that had loaded them.
    freed: AtomicU64,
    queued: AtomicUsize,
    /// How often the callback of each number ran.
    ran: Box<[AtomicU32]>,
}

/// A reader: sections whose guards nest, overlap, and are dropped in either order.
fn read<'r, S: Scope>(
    cells: &[RcuCell<Payload, S>; 2],
    lock: impl Fn() -> ReadGuard<'r, S>,
    counts: &Counts,
) {
    let load = |section: &ReadGuard<'r, S>, cell: usize| cells[cell].load(section).witness();
    let mut round = 0;
    while !counts.stop.load(Ordering::Relaxed) {
        round += 1;
        let first = lock();
        let seen_first = load(&first, 0);
        let second = lock();
        let (last, seen_second) = match round % 3 {
            0 => {
                let seen = load(&second, 1);
                drop(second);
                (first, seen)
            }
            _ => {
                drop(first);
                let seen = load(&second, 1);
                (second, seen)
            }
        };
        (0..round % 64).for_each(|_| hint::spin_loop());
        for is_alive in [seen_first, seen_second] {
            if !is_alive() {
                counts.freed.fetch_add(1, Ordering::Relaxed);
            }
        }
        drop(last);
        counts.sections.fetch_add(1, Ordering::Relaxed);
    }
}

/// An updater: values retired and waited for, and numbered callbacks.
fn update<S: Scope>(
    cells: &[RcuCell<Payload, S>; 2],
    call: impl Fn(Box<dyn FnOnce() + Send>),
    barrier: impl Fn(),
    counts: &'static Counts,
) {
    for round in 0_usize.. {
        if counts.stop.load(Ordering::Relaxed) {
            return;
        }
        let old = cells[round % 2].replace(Payload::new());
        if round % 7 == 0 {
            drop(old.wait())
        } else {
            drop(old)
        }
        let number = counts.queued.fetch_add(1, Ordering::Relaxed);
        if let Some(ran) = counts.ran.get(number) {
            call(Box::new(|| {
                ran.fetch_add(1, Ordering::Relaxed);
            }));
        }
        // Keeps what is pending, and so the memory of the test, small.
        if round % 512 == 0 {
            waiting("the callbacks of an updater", &barrier);
        }
    }
}

/// Two updaters against as many readers as there are processors, for a while.
fn stress<S: Scope>(
    scope: &'static S,
    read: impl Fn(&[RcuCell<Payload, S>; 2], &Counts) + Sync,
    call: impl Fn(Box<dyn FnOnce() + Send>) + Sync,
    barrier: impl Fn() + Sync,
) {
    let seconds =
        std::env::var("RCU_STRESS_SECONDS").map_or(1, |text| text.parse().expect("a number of seconds"));
    let counts: &Counts = keep(Counts {
        stop: AtomicBool::new(false),
        sections: AtomicU64::new(0),
        freed: AtomicU64::new(0),
        queued: AtomicUsize::new(0),
        ran: (0..CALLBACKS).map(|_| AtomicU32::new(0)).collect(),
    });
    let cells = [(); 2].map(|()| RcuCell::new_in(scope, Payload::new()));
    let readers = thread::available_parallelism().map_or(2, usize::from);
    thread::scope(|s| {
        (0..readers).for_each(|_| drop(s.spawn(|| read(&cells, counts))));
        (0..2).for_each(|_| drop(s.spawn(|| update(&cells, &call, &barrier, counts))));
        thread::sleep(Duration::from_secs(seconds));
        counts.stop.store(true, Ordering::Relaxed);
    });
    waiting("all callbacks", barrier);
    let queued = counts.queued.load(Ordering::Relaxed).min(CALLBACKS);
    let sections = counts.sections.load(Ordering::Relaxed);
    println!("stress: {sections} sections, {queued} numbered callbacks");
    assert_eq!(counts.freed.load(Ordering::Relaxed), 0, "payloads were freed while a section used them");
    let ran = counts.ran.iter().map(|ran| ran.load(Ordering::Relaxed));
    assert!(ran.take(queued).all(|ran| ran == 1), "a callback did not run exactly once");
    assert!(sections > 0 && queued > 0, "nothing happened");
}

pub fn stress_default_domain() {
    stress(
        &rcu_core::Global,
        |cells, counts| read(cells, rcu_core::read_lock, counts),
        rcu_core::call,
        rcu_core::barrier,
    );
}

pub fn stress_domain(fences: Fences) {
    let domain: &Domain = keep(Domain::builder().fences(fences).build());
    let read_with_handle = |cells: &_, counts: &_| {
        let reader = domain.reader();
        read(cells, || reader.read_lock(), counts);
    };
    stress(domain, read_with_handle, |f| domain.call(f), || domain.barrier());
}

#[test]
fn default_domain_frees_nothing_early_and_runs_every_callback_once() {
    let _watchdog = Watchdog::new("default_domain_frees_nothing_early_and_runs_every_callback_once");
    stress_default_domain();
}

#[test]
fn domain_frees_nothing_early_and_runs_every_callback_once() {
    let _watchdog = Watchdog::new("domain_frees_nothing_early_and_runs_every_callback_once");
    stress_domain(Fences::Auto);
}

#[test]
fn domain_with_full_fences_frees_nothing_early_and_runs_every_callback_once() {
    let _watchdog = Watchdog::new("domain_with_full_fences_frees_nothing_early_and_runs_every_callback_once");
    stress_domain(Fences::SeqCst);
}
