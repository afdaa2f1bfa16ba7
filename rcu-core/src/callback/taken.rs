//! What the callback thread has taken from the lists and not yet run.
//!
//! It is in a place of its own, and not on that thread's stack, for the sake of forks: a child has the callbacks, but not the
//! thread. The lock is held for each step and never while a callback runs. So whoever has it finds the chains whole, and
//! what is in them is used by nobody.

use std::mem;
use std::ptr::NonNull;

use super::lists::Lists;
use super::queue::Batch;
use crate::head::Head;
#[cfg(not(rcu_loom))]
use crate::sync::MutexGuard;
use crate::sync::{Mutex, lock};

/// See the module.
#[derive(Debug)]
pub struct Taken {
    chains: Mutex<Chains>,
}

/// What the lock guards.
#[derive(Debug)]
pub struct Chains {
    /// Of the round that is under way: its grace period is being waited for, or is over.
    due: Batch,
    /// Taken from the lists by a fork, for the next round.
    held: Batch,
}

impl Taken {
    const_fn! {
        pub fn new() -> Self {
            Self { chains: Mutex::new(Chains { due: Batch::new(), held: Batch::new() }) }
        }
    }

    /// Takes all that is queued, for a new round; true if that is anything.
    pub fn take(&self, lists: &Lists) -> bool {
        let mut chains = lock(&self.chains);
        debug_assert!(chains.due.is_empty(), "the round before has run all that it took");
        chains.due = mem::take(&mut chains.held);
        let queued = lists.take();
        chains.due.append(queued);
        !chains.due.is_empty()
    }

    /// The next callback of the round, which is the caller's from now on.
    pub fn next(&self) -> Option<NonNull<Head>> {
        lock(&self.chains).due.next()
    }

    /// Whether nothing is taken.
    pub fn is_empty(&self) -> bool {
        let chains = lock(&self.chains);
        chains.due.is_empty() && chains.held.is_empty()
    }
}

/// The chains, which stay as they are while this is held.
#[cfg(not(rcu_loom))]
#[derive(Debug)]
pub struct Frozen<'a>(MutexGuard<'a, Chains>);

#[cfg(not(rcu_loom))]
impl Taken {
    /// Takes what is queued, for the next round, and keeps the chains as they are, for a fork.
    pub fn freeze(&self, lists: &Lists) -> Frozen<'_> {
        let mut chains = lock(&self.chains);
        chains.held.append(lists.take());
        Frozen(chains)
    }
}

#[cfg(not(rcu_loom))]
impl Frozen<'_> {
    /// In a forked child, leaves all to another thread: what was due waits for the next round.
    pub fn start_over(&mut self) {
        let held = mem::take(&mut self.0.held);
        self.0.due.append(held);
        self.0.held = mem::take(&mut self.0.due);
    }

    /// How many callbacks are in the chains.
    pub fn len(&self) -> u64 {
        self.0.due.len() + self.0.held.len()
    }
}
