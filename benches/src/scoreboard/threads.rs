//! Threads that do work at the same time, beside readers of some kind.

use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use super::rivals::{Read, Shape};

/// Runs so many threads, which wait for each other and for the caller at the barrier once they are ready; then `meanwhile`.
pub fn at_once<R: Send, M>(
    threads: usize,
    body: impl Fn(&Barrier) -> R + Sync,
    meanwhile: impl FnOnce() -> M,
) -> (Vec<R>, M) {
    let start = Barrier::new(threads + 1);
    thread::scope(|s| {
        let all: Vec<_> = (0..threads).map(|_| s.spawn(|| body(&start))).collect();
        start.wait();
        let meanwhile = meanwhile();
        (all.into_iter().map(|thread| thread.join().expect("no panic")).collect(), meanwhile)
    })
}

/// What other readers do.
#[derive(Clone, Copy, Debug)]
pub struct Readers {
    /// So many are registered, and read nothing.
    pub idle: usize,
    /// So many run sections all the time.
    pub running: usize,
}

/// How many sections pass between two looks whether to stop.
const SECTIONS: u64 = 100;

/// Runs `f` beside readers.
pub fn beside<S: Read, R>(subject: &S, readers: Readers, f: impl FnOnce() -> R) -> R {
    let stop = AtomicBool::new(false);
    let registered = Barrier::new(readers.idle + readers.running + 1);
    let running = AtomicUsize::new(0);
    // Relaxed, here and below: joining orders the rest.
    let stopped = || stop.load(Ordering::Relaxed);
    thread::scope(|s| {
        let idle: Vec<_> = (0..readers.idle)
            .map(|_| {
                s.spawn(|| {
                    let mut reader = subject.reader();
                    check(subject, &mut reader, SECTIONS);
                    subject.idle(&mut reader, || {
                        registered.wait();
                        while !stopped() {
                            thread::park();
                        }
                    });
                })
            })
            .collect();
        for _ in 0..readers.running {
            s.spawn(|| {
                let mut reader = subject.reader();
                subject.idle(&mut reader, || {
                    registered.wait();
                });
                check(subject, &mut reader, SECTIONS);
                running.fetch_add(1, Ordering::Relaxed);
                while !stopped() {
                    check(subject, &mut reader, SECTIONS);
                }
            });
        }
        registered.wait();
        // They may be on their way through the barrier yet, and that is not running.
        while running.load(Ordering::Relaxed) < readers.running {
            thread::yield_now();
        }
        let result = f();
        stop.store(true, Ordering::Relaxed);
        idle.iter().for_each(|thread| thread.thread().unpark());
        result
    })
}

/// Runs so many pairs, and checks that they read what is valid.
pub fn check<S: Read>(subject: &S, reader: &mut S::Reader<'_>, count: u64) {
    let sum = subject.sections::<0>(reader, Shape::Pair, count);
    assert_eq!(sum, Some(Shape::Pair.sum(count)), "{}: a reader found a value that was gone", S::NAME);
}
