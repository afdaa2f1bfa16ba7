//! A callback when nothing else happens: how long until it runs, and until a barrier that waits for it returns.

use std::sync::atomic::Ordering;
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use super::measure::{Effort, Work, until};
use super::rivals::{Callback, count, lists};
use super::threads::{Readers, beside};
use super::{Entrant, Job, LATENCY};

pub const LONE: Job = Job {
    name: "lone-callback",
    group: "callbacks",
    measures: LATENCY,
    full: Effort::new(15, 20_000),
    quick: Effort::new(3, 2_000),
    entrants: |_| {
        let all: Vec<fn() -> Entrant> = lists::rcus!(lone);
        all.into_iter().map(|of| of()).collect()
    },
};

pub const BARRIER: Job = Job {
    name: "barrier",
    group: "callbacks",
    measures: LATENCY,
    full: Effort::new(15, 20_000),
    quick: Effort::new(3, 2_000),
    entrants: |_| {
        let all: Vec<fn() -> Entrant> = lists::rcus!(barrier);
        all.into_iter().map(|of| of()).collect()
    },
};

/// One idle reader is registered.
const READERS: Readers = Readers { idle: 1, running: 0 };

/// Long enough for a callback thread that has nothing to do to go to sleep.
const IDLE: Duration = Duration::from_millis(1);

fn lone<S: Callback>() -> Entrant {
    let subject = S::new();
    let work: Work = Box::new(move |turn, samples| {
        beside(&subject, READERS, || {
            let (send, ran) = channel();
            until(turn, || {
                thread::sleep(IDLE);
                let send = send.clone();
                let called = Instant::now();
                subject.call(move || send.send(Instant::now()).expect("the job waits"));
                let took = ran.recv().expect("the callback runs") - called;
                samples.took(1, took);
                (1, IDLE + took)
            });
        });
    });
    Entrant::new::<S>("one idle", 1, work)
}

fn barrier<S: Callback>() -> Entrant {
    let subject = S::new();
    let work: Work = Box::new(move |turn, samples| {
        beside(&subject, READERS, || {
            let ran = count();
            let mut called = 0;
            until(turn, || {
                thread::sleep(IDLE);
                let begun = Instant::now();
                // Relaxed, here and below: a number, which the barrier orders.
                subject.call(|| {
                    ran.fetch_add(1, Ordering::Relaxed);
                });
                subject.barrier();
                let took = begun.elapsed();
                called += 1;
                assert_eq!(ran.load(Ordering::Relaxed), called, "{}: the callback has run", S::NAME);
                samples.took(1, took);
                (1, IDLE + took)
            });
        });
    });
    Entrant::new::<S>("one callback", 1, work)
}
