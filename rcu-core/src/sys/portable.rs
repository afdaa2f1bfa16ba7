//! A futex from a mutex and a condition variable, for hosts without one and for the model checker.

use std::time::Duration;

#[cfg(not(rcu_loom))]
use crate::sync::MutexGuard;
use crate::sync::{AtomicU32, Condvar, Mutex, Ordering, lock};

/// A word on which threads sleep until it changes.
#[derive(Debug)]
pub struct Futex {
    /// The word. Its meaning is the caller's.
    pub value: AtomicU32,
    sleepers: Mutex<()>,
    woken: Condvar,
}

impl Futex {
    const_fn! {
        pub fn new(value: u32) -> Self {
            Self { value: AtomicU32::new(value), sleepers: Mutex::new(()), woken: Condvar::new() }
        }
    }

    /// Sleeps while the word is `expected`, for at most `timeout`, until [`wake`](Self::wake). May return early.
    pub fn wait(&self, expected: u32, timeout: Option<Duration>) {
        let sleepers = lock(&self.sleepers);
        // Relaxed: a waker changes the word before it takes the lock, so either this load comes after it and sees
        // the change, or the waker finds this thread asleep.
        if self.value.load(Ordering::Relaxed) != expected {
            return;
        }
        // The guard that comes back, poisoned or not, is dropped: the caller looks at the word again.
        match timeout {
            Some(timeout) => drop(self.woken.wait_timeout(sleepers, timeout)),
            None => drop(self.woken.wait(sleepers)),
        }
    }

    /// Wakes every sleeper.
    pub fn wake(&self) {
        // Step [wake-under-lock]: a sleeper that has seen the old word sleeps before the lock is free.
        drop(lock(&self.sleepers));
        self.woken.notify_all();
    }

    /// Keeps the word's own lock from being held by another thread, for a fork.
    #[cfg(not(rcu_loom))]
    pub fn freeze(&self) -> Frozen<'_> {
        Frozen(lock(&self.sleepers))
    }
}

/// See [`Futex::freeze`].
#[cfg(not(rcu_loom))]
#[derive(Debug)]
#[expect(dead_code, reason = "a lock is held until it is dropped")]
pub struct Frozen<'a>(MutexGuard<'a, ()>);
