//! What ties a section, a cell and a handle to one domain, and the operations that are the same for both kinds.

use std::fmt::Debug;
use std::ptr::NonNull;

use crate::callback::{SpawnError, closure_head};
use crate::engine::Engine;
use crate::head::Head;
use crate::reader::Record;
use crate::sync::{Arc, Condvar, Mutex, lock, wait};

/// Which domain something belongs to: [`Global`], the process-wide default, which takes no space and no check, or a
/// [`Domain`](crate::Domain), checked when a section meets a cell.
///
/// This trait is sealed. The engine behind it is out of reach:
///
/// ```compile_fail,E0616
/// fn engine<S: rcu_core::Scope>(scope: &S) {
///     let _ = &S::engine(scope.borrow()).callbacks;
/// }
/// ```
///
/// ```
/// fn engine<S: rcu_core::Scope>(scope: &S) {
///     let _ = &S::engine(scope.borrow());
/// }
/// ```
pub trait Scope: Host + Clone + Send + Sync + Debug + 'static {}

/// The process-wide default domain, as a [`Scope`]: zero-sized, so that its cells and guards carry nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Global;

impl Scope for Global {}

/// The part of [`Scope`] that is the crate's own.
#[doc(hidden)]
pub trait Host {
    /// How a section refers to its domain: nothing for the default one.
    type Borrow<'a>: Copy + Debug
    where
        Self: 'a;

    fn borrow(&self) -> Self::Borrow<'_>;

    fn engine<'a>(scope: Self::Borrow<'a>) -> &'a Engine
    where
        Self: 'a;

    /// Whether two borrows are of one domain.
    fn is_same(one: Self::Borrow<'_>, other: Self::Borrow<'_>) -> bool;

    /// Ends or un-nests a section of a reader whose word says SLOW.
    ///
    /// # Safety
    /// 1. `record` is the one that the guard being dropped was made with, on this thread.
    unsafe fn unlock_slow(scope: Self::Borrow<'_>, record: NonNull<Record>);

    /// Runs `f` inside a section.
    fn with_section<R>(&self, f: impl FnOnce() -> R) -> R;

    /// Starts the callback thread, unless it is there.
    fn spawn(&self) -> Result<(), SpawnError>;
}

/// Waits for a grace period, for `call`.
pub fn synchronize<S: Scope>(scope: &S, call: &str) {
    let engine = S::engine(scope.borrow());
    engine.assert_may_wait(call);
    engine.grace_periods.wait();
}

/// Queues a callback.
///
/// # Safety
/// 1. `head` is valid, with provenance over its whole allocation, and the caller gives up the right to it.
/// 2. After a grace period `Head::run` may be called for it, once, on any thread.
pub unsafe fn call_head<S: Scope>(scope: &S, head: NonNull<Head>) {
    let callbacks = &S::engine(scope.borrow()).callbacks;
    // SAFETY: (1) and (2) are what `push` asks for.
    unsafe { callbacks.push(head) };
    if !callbacks.is_spawned() {
        // Nothing is lost if this fails: the callback stays queued, and the next one tries again.
        let _ = scope.spawn();
    }
}

/// Queues a closure.
pub fn call<S: Scope>(scope: &S, f: impl FnOnce() + Send + 'static) {
    // SAFETY: (1) and (2): the head is that of a new allocation which nobody else knows.
    unsafe { call_head(scope, closure_head(f)) };
}

/// Waits until every callback that was queued before has run, for `call_name`.
pub fn barrier<S: Scope>(scope: &S, call_name: &str) {
    S::engine(scope.borrow()).assert_may_wait(call_name);
    if let Err(error) = scope.spawn() {
        panic!("{call_name}: callbacks cannot run: {error}");
    }
    // One queue, taken whole and run in order: once this one runs, every earlier one has.
    let ran = Arc::new((Mutex::new(false), Condvar::new()));
    let last = Arc::clone(&ran);
    call(scope, move || {
        *lock(&last.0) = true;
        last.1.notify_all();
    });
    let mut done = lock(&ran.0);
    while !*done {
        done = wait(&ran.1, done);
    }
}
