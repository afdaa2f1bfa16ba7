//! A closure as a callback: one allocation that holds its head and what it captured.

use std::any::type_name;
use std::ptr::NonNull;

use crate::head::{Head, Kind};

/// A closure behind a head.
#[repr(C)]
struct Closure<F> {
    head: Head,
    run: F,
}

impl<F: FnOnce() + Send + 'static> Closure<F> {
    // SAFETY: (1) heads of this kind are made by `closure_head` only: `run_closure` frees the box made there, which may be
    // dropped and called on any thread because `F: Send`, at any time because `F: 'static`. (2) a constant.
    const KIND: Kind = unsafe { Kind::new(run_closure::<F>, type_name::<F>) };
}

/// Boxes a closure and gives it up, as a head that runs it, with provenance over the whole box.
pub fn closure_head<F: FnOnce() + Send + 'static>(run: F) -> NonNull<Head> {
    let closure = Box::new(Closure { head: Head::new(&Closure::<F>::KIND), run });
    NonNull::from(Box::leak(closure)).cast()
}

/// # Safety
/// 1. `head` came from [`closure_head`] with this `F`, and this is the only call with it.
unsafe fn run_closure<F: FnOnce()>(head: NonNull<Head>) {
    // SAFETY: (1): the head is the first field of a leaked `Box<Closure<F>>`, taken back once.
    let closure = unsafe { Box::from_raw(head.cast::<Closure<F>>().as_ptr()) };
    (closure.run)();
}
