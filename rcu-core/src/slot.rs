//! Where a domain finds a hook: with what it was built of, or, for the default domain, which is a static and was not built, in a
//! place that is filled while it runs.
//!
//! The lock of such a place is the last that a thread takes, and is never held while the hook runs or is dropped.

#[cfg(not(rcu_loom))]
use crate::sync::{Mutex, MutexGuard, lock};

/// A place for a hook of the default domain.
#[cfg(not(rcu_loom))]
#[derive(Debug)]
pub struct Slot<H>(Mutex<Option<H>>);

#[cfg(not(rcu_loom))]
impl<H: Clone> Slot<H> {
    pub const fn new() -> Self {
        Self(Mutex::new(None))
    }

    /// Replaces the hook. A call of the old one that is under way may still finish.
    pub fn set(&self, hook: H) {
        let old = lock(&self.0).replace(hook);
        // It is the application's: it is dropped with no lock held.
        drop(old);
    }

    fn get(&self) -> Option<H> {
        lock(&self.0).clone()
    }

    /// Keeps the hook as it is, for a fork.
    pub fn freeze(&self) -> Frozen<'_, H> {
        Frozen(lock(&self.0))
    }
}

/// A place that does not change while this is held.
#[cfg(not(rcu_loom))]
#[derive(Debug)]
#[expect(dead_code, reason = "a lock is held until it is dropped")]
pub struct Frozen<'a, H>(MutexGuard<'a, Option<H>>);

/// Where a domain's hook is.
#[derive(Debug)]
pub enum Source<H: 'static> {
    /// With the domain.
    Own(Option<H>),
    /// In a place of the default domain.
    #[cfg(not(rcu_loom))]
    Slot(&'static Slot<H>),
}

impl<H: Clone> Source<H> {
    /// The hook now, if there is one.
    pub fn get(&self) -> Option<H> {
        match self {
            Self::Own(hook) => hook.clone(),
            #[cfg(not(rcu_loom))]
            Self::Slot(slot) => slot.get(),
        }
    }
}
