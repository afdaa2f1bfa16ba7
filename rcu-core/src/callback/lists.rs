//! The lists of a domain: a queue for each producer, so that producers share no cache line.
//!
//! A thread always pushes to the same list, and the callback thread takes all of them, one after another: callbacks of one
//! thread run in its order, those of different threads in any.

use std::ptr::NonNull;

#[cfg(not(rcu_loom))]
use super::lease::own_list;
use super::queue::{Batch, Queue};
use crate::head::Head;
use crate::sync::Counter;

/// How many lists a domain has. In a model two: one that is shared by some producers, and one beside it.
pub const LISTS: usize = if cfg!(rcu_loom) { 2 } else { 64 };

#[cfg(rcu_loom)]
struct Own {
    list: usize,
    leased: bool,
}

#[cfg(rcu_loom)]
fn own_list() -> Own {
    Own { list: crate::sync::model::ordinal() % LISTS, leased: false }
}

/// A queue in lines of its own: processors fetch two at a time.
#[derive(Debug)]
#[repr(align(128))]
struct List {
    queue: Queue,
    /// How many callbacks the thread that leases the list has pushed to it.
    queued: Counter,
}

/// See the module.
#[derive(Debug)]
pub struct Lists {
    lists: [List; LISTS],
    /// How many callbacks were pushed by threads without a lease.
    queued: Counter,
}

impl Lists {
    #[cfg(not(rcu_loom))]
    pub const fn new() -> Self {
        let lists = [const { List { queue: Queue::new(), queued: Counter::new(0) } }; LISTS];
        Self { lists, queued: Counter::new(0) }
    }
    #[cfg(rcu_loom)]
    pub fn new() -> Self {
        let lists = std::array::from_fn(|_| List { queue: Queue::new(), queued: Counter::new(0) });
        Self { lists, queued: Counter::new(0) }
    }

    /// Adds a callback to the calling thread's list. Returns whether that was empty, so that the taker may have to be woken, and how many
    /// callbacks the thread, or all those without a list of their own, have pushed.
    ///
    /// # Safety
    /// 1. `head` is valid, and the caller gives up the right to it to whoever takes it.
    pub unsafe fn push(&self, head: NonNull<Head>) -> (bool, u64) {
        let own = own_list();
        let list = &self.lists[own.list];
        let queued = if own.leased { list.queued.add_own(1) } else { self.queued.add(1) };
        // SAFETY: (1) is what `Queue::push` (1) asks for.
        (unsafe { list.queue.push(head) }, queued)
    }

    /// How many callbacks have been pushed so far.
    pub fn queued(&self) -> u64 {
        self.queued.get() + self.lists.iter().map(|list| list.queued.get()).sum::<u64>()
    }

    /// Whether nothing is queued. A producer may change that at once.
    pub fn is_empty(&self) -> bool {
        self.lists.iter().all(|list| list.queue.is_empty())
    }

    /// Takes all callbacks, those of each thread oldest first.
    pub fn take(&self) -> Batch {
        // A look first: a swap would take the line away from its producer.
        let queued = self.lists.iter().filter(|list| !list.queue.is_empty());
        queued.fold(Batch::default(), |rest, list| list.queue.take_before(rest))
    }

    /// In a forked child: forgets what was pushed since the lists were last taken. It may have been copied in part.
    #[cfg(not(rcu_loom))]
    pub fn forget(&self) {
        self.lists.iter().for_each(|list| list.queue.forget());
    }

    /// In a forked child: corrects how many callbacks have been pushed so far.
    #[cfg(not(rcu_loom))]
    pub fn count_anew(&self, queued: u64) {
        self.lists.iter().for_each(|list| list.queued.set(0));
        self.queued.set(queued);
    }
}
