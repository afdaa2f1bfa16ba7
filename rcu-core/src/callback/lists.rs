//! The lists of a domain: a queue for each producer, so that producers share no cache line.
//!
//! A thread always pushes to the same list, and the callback thread takes all of them, one after another: callbacks of one
//! thread run in its order, those of different threads in any.

use std::ptr::NonNull;

#[cfg(not(rcu_loom))]
use super::lease::own_list;
use super::queue::{Batch, Queue};
use crate::head::Head;

/// How many lists a domain has. In a model two: one that is shared by some producers, and one beside it.
pub const LISTS: usize = if cfg!(rcu_loom) { 2 } else { 64 };

#[cfg(rcu_loom)]
fn own_list() -> usize {
    crate::sync::model::ordinal() % LISTS
}

/// A queue in lines of its own: processors fetch two at a time.
#[derive(Debug)]
#[repr(align(128))]
struct List(Queue);

/// See the module.
#[derive(Debug)]
pub struct Lists {
    lists: [List; LISTS],
}

impl Lists {
    #[cfg(not(rcu_loom))]
    pub const fn new() -> Self {
        Self { lists: [const { List(Queue::new()) }; LISTS] }
    }
    #[cfg(rcu_loom)]
    pub fn new() -> Self {
        Self { lists: std::array::from_fn(|_| List(Queue::new())) }
    }

    /// Adds a callback to the calling thread's list; true if that was empty, and the taker may have to be woken.
    ///
    /// # Safety
    /// 1. `head` is valid, and the caller gives up the right to it to whoever takes it.
    pub unsafe fn push(&self, head: NonNull<Head>) -> bool {
        // SAFETY: (1) is what `Queue::push` (1) asks for.
        unsafe { self.lists[own_list()].0.push(head) }
    }

    /// Whether nothing is queued. A producer may change that at once.
    pub fn is_empty(&self) -> bool {
        self.lists.iter().all(|list| list.0.is_empty())
    }

    /// Takes all callbacks, those of each thread oldest first.
    pub fn take(&self) -> Batch {
        // A look first: a swap would take the line away from its producer.
        let queued = self.lists.iter().filter(|list| !list.0.is_empty());
        queued.fold(Batch::default(), |rest, list| list.0.take_before(rest))
    }
}
