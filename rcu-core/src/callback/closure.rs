//! A closure as a callback: one allocation that holds its head and what it captured.

use std::ptr::NonNull;

use crate::head::Head;

/// A closure behind a head.
#[repr(C)]
struct Closure<F> {
    head: Head,
    run: F,
}

/// Boxes a closure and gives it up, as a head that runs it.
pub fn closure_head<F: FnOnce() + Send + 'static>(run: F) -> NonNull<Head> {
    // SAFETY: (1) `run_closure` frees the box made here, which may be dropped and called on any thread because `F: Send`,
    // at any time because `F: 'static`. The pointer that the queue gets below has provenance over the whole box.
    let head = unsafe { Head::new(run_closure::<F>) };
    let closure = Box::new(Closure { head, run });
    NonNull::from(Box::leak(closure)).cast()
}

/// # Safety
/// 1. `head` came from [`closure_head`] with this `F`, and this is the only call with it.
unsafe fn run_closure<F: FnOnce()>(head: NonNull<Head>) {
    // SAFETY: (1): the head is the first field of a leaked `Box<Closure<F>>`, taken back once.
    let closure = unsafe { Box::from_raw(head.cast::<Closure<F>>().as_ptr()) };
    (closure.run)();
}
