//! A queue: any number of producers push, one thread takes everything.
//!
//! ```text
//! producer                               the callback thread
//!   fill in the callback
//!   push   CAS head, Release   [queue]     take   swap head for null, Acquire   [queue]
//!   was it empty? then wake                read and run the callbacks
//! ```
//!
//! A push is one CAS and never leaves the queue half-linked. It is a stack; what is taken is reversed, so that callbacks of
//! one thread keep their order.
//!
//! Invariant (1): every head that can be reached from `head`, or from a batch, is valid, and the right to it was given up to
//! whoever takes it.

use std::ptr::{self, NonNull};

use crate::head::Head;
use crate::sync::{AtomicPtr, Ordering};

/// The callbacks that wait for a grace period to be started for them.
#[derive(Debug)]
pub struct Queue {
    head: AtomicPtr<Head>,
}

impl Queue {
    const_fn! {
        pub fn new() -> Self {
            Self { head: AtomicPtr::new(ptr::null_mut()) }
        }
    }

    /// Adds a callback; true if the queue was empty, and its taker may have to be woken.
    ///
    /// # Safety
    /// 1. `head` is valid, and the caller gives up the right to it to whoever takes it.
    pub unsafe fn push(&self, head: NonNull<Head>) -> bool {
        // Relaxed: the CAS checks the guess, and nothing is read through it.
        let mut last = self.head.load(Ordering::Relaxed);
        loop {
            // SAFETY: (1): the head is valid and still ours.
            let head_ref = unsafe { head.as_ref() };
            // SAFETY: (1): nobody else reads or writes `next` until the head is pushed.
            head_ref.next.with_mut(|next| unsafe { *next = last });
            // Release [queue]: pairs with the swap in take_before. Relaxed: as for the guess.
            let pushed =
                self.head.compare_exchange(last, head.as_ptr(), Ordering::Release, Ordering::Relaxed);
            match pushed {
                Ok(_) => return last.is_null(),
                Err(newer) => last = newer,
            }
        }
    }

    /// Whether nothing is queued. A producer may change that at once.
    pub fn is_empty(&self) -> bool {
        // Relaxed: nothing is read through it.
        self.head.load(Ordering::Relaxed).is_null()
    }

    /// Takes all callbacks, oldest first, and puts them before `rest`.
    pub fn take_before(&self, rest: Batch) -> Batch {
        // Acquire [queue]: pairs with the CAS in push.
        let mut newest = self.head.swap(ptr::null_mut(), Ordering::Acquire);
        let mut oldest = rest.oldest;
        while let Some(head) = NonNull::new(newest) {
            // SAFETY: invariant (1), and the swap was this call's: the head is valid and ours.
            let head_ref = unsafe { head.as_ref() };
            // SAFETY: invariant (1): nobody else uses `next`.
            newest = head_ref.next.with_mut(|next| unsafe { std::mem::replace(&mut *next, oldest) });
            oldest = head.as_ptr();
        }
        Batch { oldest }
    }

    /// Forgets what is queued, which leaks: in a forked child, where it may have been copied in part.
    #[cfg(not(rcu_loom))]
    pub fn forget(&self) {
        // Relaxed: a forked child has one thread.
        self.head.store(ptr::null_mut(), Ordering::Relaxed);
    }
}

/// Callbacks that were taken, and belong to nobody else. They are leaked if they are not consumed.
#[derive(Debug)]
pub struct Batch {
    oldest: *mut Head,
}

// SAFETY: invariant (1): the right to each head was given up to whoever has the batch, on any thread.
unsafe impl Send for Batch {}

impl Default for Batch {
    fn default() -> Self {
        Self::new()
    }
}

impl Batch {
    pub const fn new() -> Self {
        Self { oldest: ptr::null_mut() }
    }

    pub fn is_empty(&self) -> bool {
        self.oldest.is_null()
    }

    /// Adds another batch behind this one. Walks over this one.
    pub fn append(&mut self, other: Batch) {
        let Some(mut last) = NonNull::new(self.oldest) else {
            *self = other;
            return;
        };
        loop {
            // SAFETY: invariant (1): the head is valid.
            let head = unsafe { last.as_ref() };
            // SAFETY: invariant (1): nobody else uses `next`.
            let next = head.next.with(|next| unsafe { *next });
            match NonNull::new(next) {
                Some(next) => last = next,
                // SAFETY: as above.
                None => return head.next.with_mut(|next| unsafe { *next = other.oldest }),
            }
        }
    }

    /// How many there are. Walks over them.
    #[cfg(not(rcu_loom))]
    pub fn len(&self) -> u64 {
        Batch { oldest: self.oldest }.count() as u64
    }
}

impl Iterator for Batch {
    type Item = NonNull<Head>;

    fn next(&mut self) -> Option<NonNull<Head>> {
        let head = NonNull::new(self.oldest)?;
        // SAFETY: invariant (1): the head is valid, and not run before this returns it.
        let head_ref = unsafe { head.as_ref() };
        // SAFETY: invariant (1): nobody else uses `next`.
        self.oldest = head_ref.next.with(|next| unsafe { *next });
        Some(head)
    }
}
