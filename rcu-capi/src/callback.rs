//! `call_rcu1` and `drain_call_rcu`: callbacks whose head is in memory of the caller's.

use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicUsize, Ordering};

use rcu_core::raw::{self, Head, Kind};
use static_assertions::const_assert_eq;

use crate::abort::or_abort;
use crate::hooks::without_big_lock;

/// What C calls with the head that was queued.
type Callback = unsafe extern "C" fn(NonNull<RcuHead>);

/// `struct rcu_head`. To C the first two words are opaque.
#[repr(C)]
#[derive(Debug)]
pub struct RcuHead {
    head: Head,
    run: Callback,
    /// [`mark`], while it is queued.
    queued: AtomicUsize,
}

const_assert_eq!(size_of::<RcuHead>(), 4 * size_of::<usize>());

/// What a queued head bears. It is the address's own: a copy of a queued head is not taken for queued.
fn mark(head: NonNull<RcuHead>) -> usize {
    head.as_ptr().addr() ^ 0x5bd1_e995_1b87_3593_u64 as usize
}

// SAFETY: (1) heads of this kind are made by `rcu_capi_call` only, for a callback that may be called once, on any thread. (2) a constant.
const KIND: Kind = unsafe { Kind::new(run, || "a callback of C") };

/// # Safety
/// 1. `head` was queued by [`rcu_capi_call`], and this is the only call with it.
unsafe fn run(head: NonNull<Head>) {
    let head = head.cast::<RcuHead>();
    let callback = {
        // SAFETY: (1): it is valid until its callback is called.
        let head = unsafe { head.as_ref() };
        // Relaxed: whoever queues it again has it from the callback.
        head.queued.store(0, Ordering::Relaxed);
        head.run
    };
    // SAFETY: (1): what `rcu_capi_call` (2) says.
    unsafe { callback(head) };
}

/// `call_rcu1`: see rcu.h.
///
/// # Safety
/// 1. `head` may be written, and is the engine's until `callback` is called with it.
/// 2. `callback` may be called with it, once, on any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rcu_capi_call(head: Option<NonNull<RcuHead>>, callback: Option<Callback>) {
    or_abort(|| {
        let head = head.expect("call_rcu1: the head is null");
        let callback = callback.expect("call_rcu1: the function is null");
        // What is there may never have been written, for C does not initialise heads. Whatever is found is compared, and used for nothing else;
        // the compiler, which sees no allocation here, cannot know more of it.
        // SAFETY: (1): the place is there.
        let queued = unsafe { &(*head.as_ptr()).queued };
        // Relaxed: it is found only where it was left by a thread that this one follows.
        let found = queued.load(Ordering::Relaxed);
        assert!(
            found != mark(head),
            "call_rcu1: the head is queued already, and its callback has yet to run"
        );
        let new = RcuHead { head: Head::new(&KIND), run: callback, queued: AtomicUsize::new(mark(head)) };
        // SAFETY: (1).
        unsafe { ptr::write(head.as_ptr(), new) };
        // SAFETY: (1) and (2): the head is the first field of what may be written.
        unsafe { raw::call(head.cast()) };
    });
}

/// `drain_call_rcu`: see rcu.h.
#[unsafe(no_mangle)]
pub extern "C" fn rcu_capi_drain() {
    or_abort(|| without_big_lock(|| raw::barrier("drain_call_rcu")));
}
