//! The header that lets any allocation wait in a callback queue without another allocation.

use std::ptr::{self, NonNull};

use crate::sync::UnsafeCell;

/// The first field of everything that waits for a grace period. Whoever holds the only right to the head may write
/// `next`: its maker until it is pushed, then the queue, then the thread that runs it.
#[derive(Debug)]
pub struct Head {
    /// The next in the same queue.
    pub next: UnsafeCell<*mut Head>,
    kind: &'static Kind,
}

/// What all callbacks of one type have in common.
#[derive(Debug)]
pub struct Kind {
    /// Consumes the allocation that the head begins.
    run: unsafe fn(NonNull<Head>),
    /// What it is called in a report.
    name: fn() -> &'static str,
}

// SAFETY: a head is a pointer that its one owner writes, and two functions. What they lead to is the business of the type
// that embeds the head, which must be fit to be handed to another thread before it is given to a queue.
unsafe impl Send for Head {}
// SAFETY: `next` is used by whoever holds the only right to the head, and nobody else.
unsafe impl Sync for Head {}

impl Kind {
    /// The kind of those allocations that are consumed by `run`, and named in reports by `name`.
    ///
    /// # Safety
    /// 1. For each head of this kind, `run` may be called once, on any thread, with a pointer to the head, wherever it has
    ///    moved, that has provenance over the whole allocation that `run` expects.
    /// 2. This is the value of a constant: reports read it on threads that nothing orders after its making.
    pub const unsafe fn new(run: unsafe fn(NonNull<Head>), name: fn() -> &'static str) -> Self {
        Self { run, name }
    }

    /// What a callback of this kind is called in a report.
    pub fn name(&self) -> &'static str {
        (self.name)()
    }
}

impl Head {
    /// A head that is in no queue, of an allocation of this kind.
    pub fn new(kind: &'static Kind) -> Self {
        Self { next: UnsafeCell::new(ptr::null_mut()), kind }
    }

    /// The kind of the allocation that a head begins.
    ///
    /// # Safety
    /// 1. `head` is valid.
    pub unsafe fn kind(head: NonNull<Head>) -> &'static Kind {
        // SAFETY: (1).
        unsafe { (*head.as_ptr()).kind }
    }

    /// Runs, and so consumes, the allocation that this head begins.
    ///
    /// # Safety
    /// 1. `head` is valid, has provenance over its whole allocation, and nobody else uses the allocation any more.
    /// 2. This is the only call for it.
    pub unsafe fn run(head: NonNull<Head>) {
        // SAFETY: (1) the head is valid.
        let kind = unsafe { Self::kind(head) };
        // SAFETY: (1) and (2) are what `Kind::new` was promised that `run` needs.
        unsafe { (kind.run)(head) }
    }
}
