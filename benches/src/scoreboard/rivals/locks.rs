//! Locks around the value: std's and `parking_lot`'s.

use std::ops::Deref;
use std::sync::atomic::AtomicU64;
use std::sync::{self, MutexGuard, PoisonError, RwLockReadGuard};

use super::{Payload, Read, Subject, Update, count};

/// A lock around a value.
pub trait Lock: Send + Sync + 'static {
    const NAME: &str;
    /// What a reader holds.
    type Held<'g>: Deref<Target = Payload>;
    fn new(value: Payload) -> Self;
    fn held(&self) -> Self::Held<'_>;
    fn replace(&self, value: Payload);
}

/// Whoever reads holds the lock.
pub struct Locked<L>(L);

impl<L: Lock> Subject for Locked<L> {
    const NAME: &str = L::NAME;
}

impl<L: Lock> Read for Locked<L> {
    type Reader<'a> = ();
    type Guard<'g> = L::Held<'g>;
    // A second one deadlocks: with a Mutex always, with a RwLock if an updater waits between the two.
    const NESTS: bool = false;

    fn new() -> Self {
        Self(L::new(Payload::new(count())))
    }

    fn reader(&self) {}

    #[inline(always)]
    fn enter<'g>(&'g self, (): &'g ()) -> L::Held<'g> {
        self.0.held()
    }

    #[inline(always)]
    fn load(&self, guard: &L::Held<'_>) -> u64 {
        guard.value()
    }
}

impl<L: Lock> Update for Locked<L> {
    fn update(&self, dropped: &'static AtomicU64) {
        self.0.replace(Payload::new(dropped));
    }
}

impl Lock for sync::RwLock<Payload> {
    const NAME: &str = "std-rwlock";
    type Held<'g> = RwLockReadGuard<'g, Payload>;

    fn new(value: Payload) -> Self {
        Self::new(value)
    }

    #[inline(always)]
    fn held(&self) -> RwLockReadGuard<'_, Payload> {
        self.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn replace(&self, value: Payload) {
        *self.write().unwrap_or_else(PoisonError::into_inner) = value;
    }
}

impl Lock for sync::Mutex<Payload> {
    const NAME: &str = "std-mutex";
    type Held<'g> = MutexGuard<'g, Payload>;

    fn new(value: Payload) -> Self {
        Self::new(value)
    }

    #[inline(always)]
    fn held(&self) -> MutexGuard<'_, Payload> {
        self.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn replace(&self, value: Payload) {
        *self.lock().unwrap_or_else(PoisonError::into_inner) = value;
    }
}

impl Lock for parking_lot::RwLock<Payload> {
    const NAME: &str = "parking_lot-rwlock";
    type Held<'g> = parking_lot::RwLockReadGuard<'g, Payload>;

    fn new(value: Payload) -> Self {
        Self::new(value)
    }

    #[inline(always)]
    fn held(&self) -> parking_lot::RwLockReadGuard<'_, Payload> {
        self.read()
    }

    fn replace(&self, value: Payload) {
        *self.write() = value;
    }
}

impl Lock for parking_lot::Mutex<Payload> {
    const NAME: &str = "parking_lot-mutex";
    type Held<'g> = parking_lot::MutexGuard<'g, Payload>;

    fn new(value: Payload) -> Self {
        Self::new(value)
    }

    #[inline(always)]
    fn held(&self) -> parking_lot::MutexGuard<'_, Payload> {
        self.lock()
    }

    fn replace(&self, value: Payload) {
        *self.lock() = value;
    }
}
