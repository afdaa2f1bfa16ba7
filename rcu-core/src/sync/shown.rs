//! What is shown to whoever looks from outside: statistics and reports. It orders nothing, so all of it is Relaxed, and the
//! models need not explore it: it is std's in both builds.
#![allow(
    clippy::disallowed_types,
    reason = "part of the door; the model-checked build has no list of such types"
)]

use std::ptr;
use std::sync::atomic::{self, Ordering};

/// A number.
#[derive(Debug)]
pub struct Counter(atomic::AtomicU64);

impl Counter {
    pub const fn new(value: u64) -> Self {
        Self(atomic::AtomicU64::new(value))
    }

    /// The number now.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    /// Replaces the number. For what only one thread at a time changes.
    #[inline]
    pub fn set(&self, value: u64) {
        self.0.store(value, Ordering::Relaxed);
    }

    /// Replaces the number if it still is `old`, and returns what it is then: of threads that all do so, the first decides.
    pub fn decide(&self, old: u64, new: u64) -> u64 {
        let decided = self.0.compare_exchange(old, new, Ordering::Relaxed, Ordering::Relaxed);
        decided.map_or_else(|other| other, |_| new)
    }

    /// Adds to a number that only the calling thread changes, and returns the sum.
    #[inline]
    pub fn add_own(&self, more: u64) -> u64 {
        let sum = self.get() + more;
        self.set(sum);
        sum
    }

    /// Adds to a number that any thread may change, and returns the sum.
    pub fn add(&self, more: u64) -> u64 {
        self.0.fetch_add(more, Ordering::Relaxed) + more
    }
}

/// One of the program's constants, which were there before it began, or none.
#[derive(Debug)]
pub struct Constant<T: 'static>(atomic::AtomicPtr<T>);

impl<T: Sync> Constant<T> {
    pub const fn none() -> Self {
        Self(atomic::AtomicPtr::new(ptr::null_mut()))
    }

    /// # Safety
    /// 1. It is one of the program's constants: whoever gets it is not ordered after its making.
    #[inline]
    pub unsafe fn set(&self, constant: Option<&'static T>) {
        let pointer = constant.map_or(ptr::null(), ptr::from_ref);
        self.0.store(pointer.cast_mut(), Ordering::Relaxed);
    }

    pub fn get(&self) -> Option<&'static T> {
        // SAFETY: only `set` stores, and it stores what is valid for ever; nobody ever wrote to it, `set` (1).
        unsafe { self.0.load(Ordering::Relaxed).as_ref() }
    }
}
