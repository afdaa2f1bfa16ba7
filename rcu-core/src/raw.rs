//! The default domain, laid open for a face in another language: `rcu-capi`, whose header inlines the readers of this crate.
//!
//! No stable interface, and no second implementation: an inlined lock and unlock do what `Record::lock` and `Record::unlock` do, with
//! the same words and orderings, and come here for all that is rare. Each function that can be misused is told by what name its caller
//! knows it.

use std::mem;
use std::ptr::NonNull;

use static_assertions::{assert_eq_align, assert_eq_size};

use crate::cookie::{self, Cookie};
use crate::global::{ENGINE, LOCAL, read_lock};
use crate::grace_period;
use crate::guard::ReadGuard;
use crate::handle::NotifierHandle;
use crate::reader::Record;
use crate::scope::{self, Global, Host};
use crate::sync::AtomicU64;
use crate::thread::assert_not_a_guest;

pub use crate::head::{Head, Kind};
pub use crate::sys::pin_library;

/// The nest count of a reader's word.
pub const NEST: u64 = grace_period::NEST;
/// Set in a reader's word that has to be left to [`lock`] and [`unlock`].
pub const SLOW: u64 = grace_period::SLOW;
/// Where a reader's word is, in bytes.
pub const WORD: usize = Record::WORD;
/// Where its mark is, in bytes.
pub const WAITING: usize = Record::WAITING;
/// Whether an inlined reader passes a full fence of its own where `Record` passes a light one.
pub const LIGHT_FENCE_IS_FULL: bool = cfg!(any(not(target_os = "linux"), rcu_portable));

/// A thread's record. To Rust it is opaque.
#[repr(transparent)]
#[derive(Debug)]
pub struct Reader(Record);

assert_eq_size!(Reader, Record);
assert_eq_align!(Reader, Record);

impl Reader {
    /// A record that is nobody's, and sends each lock and unlock here.
    pub const fn nobody() -> Self {
        Self(Record::unregistered())
    }
}

/// Where the grace-period counter is, which an inlined lock loads. To Rust it is opaque: who could store to it could end sections.
#[repr(transparent)]
#[derive(Debug)]
pub struct Counter(&'static AtomicU64);

/// The counter of the default domain.
pub const fn counter() -> Counter {
    Counter(ENGINE.grace_periods.period.counter())
}

/// The calling thread's record, which stays where it is until the thread is gone.
#[inline]
pub fn reader() -> NonNull<Reader> {
    LOCAL.with(|local| NonNull::from(&local.record).cast())
}

/// Enters a section, or nests in the one that is open, without a guard. [`unlock`] ends it.
#[inline(always)]
pub fn lock() {
    mem::forget(read_lock());
}

/// Leaves the section, or the innermost one. False if the thread is in none.
///
/// # Safety
/// 1. If the thread is inside a section, its innermost lock was [`lock`], inlined or not, and this is the only unlock for it.
#[inline(always)]
pub unsafe fn unlock() -> bool {
    LOCAL.with(|local| {
        let inside = local.inside();
        if inside {
            // SAFETY: (1) this stands for the guard that `lock` forgot; (2) the record is the thread's own.
            drop(unsafe { ReadGuard::<Global>::new(NonNull::from(&local.record), ()) });
        }
        inside
    })
}

/// Wakes the driver of a grace period: what an inlined unlock does when it finds its mark. One time too many costs a wake-up.
pub fn wake() {
    ENGINE.grace_periods.period.reader_left.set();
}

/// Whether the calling thread is registered, or was until its thread-locals were destroyed.
pub fn is_registered() -> bool {
    LOCAL.with(|local| local.is_or_was_registered())
}

/// See [`register_current_thread`](crate::register_current_thread).
pub fn register(call: &str) {
    assert_not_a_guest(call);
    LOCAL.with(|local| local.register());
}

/// Ends the registration of the calling thread, which goes on. False if it is not registered.
///
/// # Panics
/// Inside a section, and in a force-RCU kick.
pub fn unregister(call: &str) -> bool {
    assert_not_a_guest(call);
    LOCAL.with(|local| local.leave_registry(call))
}

/// See [`synchronize`](crate::synchronize()).
pub fn synchronize(call: &str) {
    scope::synchronize(&Global, call, Global::own_record(()));
}

/// See [`start_poll`](crate::start_poll()). Returns the number of the cookie.
pub fn start_poll() -> u64 {
    cookie::start_poll(&Global).number()
}

/// See [`poll`](crate::poll()).
///
/// # Panics
/// If the number is 0, or no cookie has it yet.
pub fn poll(call: &str, number: u64) -> bool {
    let over = cookie::poll(&Global, Cookie::of_default(number), call);
    if number == 0 || !over {
        assert_is_cookie(call, number);
    }
    over
}

/// See [`cond_synchronize`](crate::cond_synchronize()).
///
/// # Panics
/// If no cookie has that number yet.
pub fn cond_synchronize(call: &str, number: u64) {
    assert_is_cookie(call, number);
    cookie::cond_synchronize(&Global, Cookie::of_default(number), call);
}

/// A number that is no cookie's would be waited for, for ever.
fn assert_is_cookie(call: &str, number: u64) {
    assert!(ENGINE.grace_periods.was_requested(number), "{call}: {number} is not the number of a cookie");
}

/// See [`barrier`](crate::barrier()).
pub fn barrier(call: &str) {
    scope::barrier(&Global, call);
}

/// See [`on_force`](crate::on_force()).
pub fn on_force(call: &str, kick: impl Fn() + Send + Sync + 'static) -> NotifierHandle {
    register(call);
    let record = Global::own_record(()).expect("a force-RCU notifier is for a thread that is registered");
    NotifierHandle::register(&Global, record, kick)
}

/// Queues a callback whose memory is the caller's.
///
/// # Safety
/// 1. `head` is valid, with provenance over its whole allocation, and the caller gives up the right to it.
/// 2. After a grace period `Head::run` may be called for it, once, on any thread.
#[inline]
pub unsafe fn call(head: NonNull<Head>) {
    // SAFETY: (1) and (2).
    unsafe { scope::call_head(&Global, head) };
}
