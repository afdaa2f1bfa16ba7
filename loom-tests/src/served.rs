//! The callback thread does what it is asked for though nothing else ever happens: its domain lives on, and nobody else calls.

use rcu_core::Domain;
use rcu_core::event::Event;
use rcu_core::sync::{Arc, AtomicU64, Ordering, thread};

use crate::run::{EXHAUSTIVE, Extent, Mode, Model};

/// See the module.
pub const MODELS: &[Model] = &[
    // fence: 414,582 executions, 31.7 s; membarrier: 3,492, 0.4 s.
    Model {
        name: "served/callback",
        shows: "a callback runs, whatever its thread is doing when it is queued",
        threads: 2,
        readers: 0,
        // No fence of a reader is met: the modes do not differ.
        extent: [Extent::Exhaustive, Extent::Bound(4)],
        covered_by: &["handover/self-served-retire-under-reader", "event/one-setter"],
        long: &[Mode::Fence],
        outcomes: &[],
        run: || callback(|domain| domain.init().unwrap()),
    },
    // 8,017 executions in both modes, 0.7 s.
    Model {
        name: "served/first-callback",
        shows: "as callback, for the one that starts the thread",
        threads: 2,
        readers: 0,
        extent: EXHAUSTIVE,
        covered_by: &[],
        long: &Mode::ALL,
        outcomes: &[],
        run: || callback(|_| {}),
    },
    // 964 executions in both modes, 0.1 s.
    Model {
        name: "served/cookie",
        shows: "a grace period that was asked for is driven, whatever the thread is doing then",
        threads: 2,
        readers: 0,
        extent: EXHAUSTIVE,
        covered_by: &[],
        long: &[],
        outcomes: &[],
        run: || cookie(|domain| domain.init().unwrap()),
    },
    // 16 executions in both modes, under 0.1 s.
    Model {
        name: "served/first-cookie",
        shows: "as cookie, for the one that starts the thread",
        threads: 2,
        readers: 0,
        extent: EXHAUSTIVE,
        covered_by: &[],
        long: &[],
        outcomes: &[],
        run: || cookie(|_| {}),
    },
];

fn callback(prepare: fn(&Domain)) {
    let domain = Domain::new();
    prepare(&domain);
    let ran = Arc::new((Event::new(), AtomicU64::new(0)));
    let run = Arc::clone(&ran);
    domain.call(move || {
        run.1.store(1, Ordering::Relaxed);
        run.0.set();
    });
    loop {
        ran.0.reset();
        if ran.1.load(Ordering::Relaxed) != 0 {
            break;
        }
        ran.0.wait(None);
    }
}

fn cookie(prepare: fn(&Domain)) {
    let domain = Domain::new();
    prepare(&domain);
    let cookie = domain.start_poll();
    // Who yields goes on when all others sleep, or have yielded as often.
    (0..4).for_each(|_| thread::yield_now());
    assert!(domain.poll(cookie), "nobody drove the grace period");
}
