//! Lists behind what lets others change them meanwhile: a lock, taken for each look, or a pointer to a copy.

use std::sync::{Arc, Mutex, PoisonError, RwLock};

use arc_swap::ArcSwap;

use super::lookup::Lookup;
use super::update::TableUpdate;

/// A list of breakpoints or watchpoints.
pub trait Look: Send + Sync + 'static {
    /// With entries of the debugger at these addresses.
    fn with(addrs: &[u64]) -> Self;
    /// Whether there is one at this address.
    fn look(&self, addr: u64) -> bool;
}

/// A list that changes.
pub trait Change: Look + Clone {
    /// Inserts one, and removes the other.
    fn exchange(&mut self, new: u64, old: u64);
}

/// Nobody changes it while it is read.
pub struct Alone<L>(L);

impl<L: Look> Lookup for Alone<L> {
    fn with(addrs: &[u64]) -> Self {
        Self(L::with(addrs))
    }

    #[inline(never)]
    fn found(&self, addrs: &[u64]) -> usize {
        addrs.iter().filter(|&&addr| self.0.look(addr)).count()
    }
}

impl<L: Change> TableUpdate for Alone<L> {
    fn with(addrs: &[u64]) -> Self {
        Self(L::with(addrs))
    }

    fn exchange(&mut self, new: u64, old: u64) {
        self.0.exchange(new, old);
    }
}

/// In a `Mutex`.
pub struct InMutex<L>(Mutex<L>);

impl<L: Look> Lookup for InMutex<L> {
    fn with(addrs: &[u64]) -> Self {
        Self(Mutex::new(L::with(addrs)))
    }

    #[inline(never)]
    fn found(&self, addrs: &[u64]) -> usize {
        let look = |&&addr: &&u64| self.0.lock().unwrap_or_else(PoisonError::into_inner).look(addr);
        addrs.iter().filter(look).count()
    }
}

impl<L: Change> TableUpdate for InMutex<L> {
    fn with(addrs: &[u64]) -> Self {
        Lookup::with(addrs)
    }

    fn exchange(&mut self, new: u64, old: u64) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).exchange(new, old);
    }
}

/// In an `RwLock`.
pub struct InRwLock<L>(RwLock<L>);

impl<L: Look> Lookup for InRwLock<L> {
    fn with(addrs: &[u64]) -> Self {
        Self(RwLock::new(L::with(addrs)))
    }

    #[inline(never)]
    fn found(&self, addrs: &[u64]) -> usize {
        let look = |&&addr: &&u64| self.0.read().unwrap_or_else(PoisonError::into_inner).look(addr);
        addrs.iter().filter(look).count()
    }
}

impl<L: Change> TableUpdate for InRwLock<L> {
    fn with(addrs: &[u64]) -> Self {
        Lookup::with(addrs)
    }

    fn exchange(&mut self, new: u64, old: u64) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).exchange(new, old);
    }
}

/// Behind an `ArcSwap`: an update copies it.
pub struct Swapped<L>(ArcSwap<L>);

impl<L: Look> Lookup for Swapped<L> {
    fn with(addrs: &[u64]) -> Self {
        Self(ArcSwap::from_pointee(L::with(addrs)))
    }

    #[inline(never)]
    fn found(&self, addrs: &[u64]) -> usize {
        addrs.iter().filter(|&&addr| self.0.load().look(addr)).count()
    }
}

impl<L: Change> TableUpdate for Swapped<L> {
    fn with(addrs: &[u64]) -> Self {
        Lookup::with(addrs)
    }

    fn exchange(&mut self, new: u64, old: u64) {
        // One copy for two updates: more than fair.
        let mut copy = L::clone(&self.0.load());
        copy.exchange(new, old);
        self.0.store(Arc::new(copy));
    }
}
