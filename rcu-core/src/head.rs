//! The header that lets any allocation wait in a callback queue without another allocation.

use std::ptr::{self, NonNull};

use crate::sync::UnsafeCell;

/// The first field of everything that waits for a grace period. Whoever holds the only right to the head may write
/// `next`: its maker until it is pushed, then the queue, then the thread that runs it.
#[derive(Debug)]
pub struct Head {
    pub next: UnsafeCell<*mut Head>,
    run: unsafe fn(NonNull<Head>),
}

// SAFETY: a head is a pointer that its one owner writes, and a function. What they lead to is the business of the type
// that embeds the head, which must be fit to be handed to another thread before it is given to a queue.
unsafe impl Send for Head {}
// SAFETY: `next` is used by whoever holds the only right to the head, and nobody else.
unsafe impl Sync for Head {}

impl Head {
    /// A head whose allocation is consumed by `run`.
    ///
    /// # Safety
    /// 1. `run` may be called once, on any thread, with a pointer to the head made here, wherever it has moved, that has
    ///    provenance over the whole allocation that `run` expects.
    pub unsafe fn new(run: unsafe fn(NonNull<Head>)) -> Self {
        Self { next: UnsafeCell::new(ptr::null_mut()), run }
    }

    /// Runs, and so consumes, the allocation that this head begins.
    ///
    /// # Safety
    /// 1. `head` is valid, has provenance over its whole allocation, and nobody else uses the allocation any more.
    /// 2. This is the only call for it.
    pub unsafe fn run(head: NonNull<Head>) {
        // SAFETY: (1) the head is valid for reads.
        let run = unsafe { (*head.as_ptr()).run };
        // SAFETY: (1) and (2) are what `Head::new` was promised that `run` needs.
        unsafe { run(head) }
    }
}
