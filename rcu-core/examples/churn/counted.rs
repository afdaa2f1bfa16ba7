//! What is counted: values, callbacks, and how often each thing happened.

use std::process;
use std::sync::atomic::{AtomicU64, Ordering};

pub static VALUES: Pair = Pair::new();
pub static CALLBACKS: Pair = Pair::new();
pub static THREADS: AtomicU64 = AtomicU64::new(0);
pub static DOMAINS: AtomicU64 = AtomicU64::new(0);
pub static MOVES: AtomicU64 = AtomicU64::new(0);
pub static SECTIONS: AtomicU64 = AtomicU64::new(0);
pub static GRACE_PERIODS: AtomicU64 = AtomicU64::new(0);

/// How many began, and how many have ended. Relaxed: counts, which are compared when all has come to rest.
pub struct Pair {
    begun: AtomicU64,
    pub ended: AtomicU64,
}

impl Pair {
    const fn new() -> Self {
        Self { begun: AtomicU64::new(0), ended: AtomicU64::new(0) }
    }

    /// Ended first, so that what begins meanwhile only adds to the difference.
    pub fn open(&self) -> u64 {
        let ended = self.ended.load(Ordering::Relaxed);
        self.begun.load(Ordering::Relaxed) - ended
    }
}

pub fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

/// What a value shows as long as it is there.
const ALIVE: u64 = 0x600d_f00d_600d_f00d;

/// A value that is counted, and checked by whoever reads it.
pub struct Value {
    canary: AtomicU64,
    _bulk: [u64; 31],
}

impl Value {
    pub fn new() -> Self {
        count(&VALUES.begun);
        Self { canary: AtomicU64::new(ALIVE), _bulk: [0; 31] }
    }

    pub fn check(&self) {
        count(&SECTIONS);
        if self.canary.load(Ordering::Relaxed) != ALIVE {
            eprintln!("a reader found a value that was dropped");
            process::exit(1);
        }
    }
}

impl Drop for Value {
    fn drop(&mut self) {
        self.canary.store(0, Ordering::Relaxed);
        count(&VALUES.ended);
    }
}

/// What is done wrong on purpose, now and then.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Plant {
    Nothing,
    Leak,
    Loss,
}

/// A callback that is counted. One that is to be lost counts only its beginning.
pub fn callback(lost: bool) -> impl FnOnce() + Send + 'static {
    count(&CALLBACKS.begun);
    move || {
        if !lost {
            count(&CALLBACKS.ended);
        }
    }
}
