//! What ties a section, a cell and a handle to one domain, and the operations that are the same for both kinds.

use std::fmt::Debug;
use std::ptr::NonNull;

use crate::callback::{Callbacks, Meanwhile, SpawnError, closure_head};
use crate::engine::Engine;
use crate::fork::{is_inside_any, start_left_behind};
use crate::head::Head;
use crate::reader::Record;
use crate::thread::{runs_own_code, token};

/// Which domain something belongs to: [`Global`], the process-wide default, which takes no space and no check, or a
/// [`Domain`](crate::Domain), checked when a section meets a cell.
///
/// Code that is generic over it serves both:
///
/// ```
/// use rcu_core::{Domain, Global, RcuCell, Scope, Section};
///
/// struct Counters<S: Scope> {
///     names: RcuCell<Vec<&'static str>, S>,
/// }
///
/// impl<S: Scope> Counters<S> {
///     fn new(scope: &S) -> Self {
///         Self { names: RcuCell::new_in(scope, vec!["hits"]) }
///     }
///
///     /// Called from RCU critical section.
///     fn first<'g>(&'g self, section: &'g impl Section<S>) -> &'g str {
///         self.names.load(section)[0]
///     }
/// }
///
/// let domain = Domain::new();
/// assert_eq!(Counters::new(&domain).first(&domain.reader().read_lock()), "hits");
/// assert_eq!(Counters::new(&Global).first(&rcu_core::read_lock()), "hits");
/// ```
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

/// The process-wide default domain, as a [`Scope`]: zero-sized, so that cells and guards carry nothing for it.
///
/// ```
/// use rcu_core::{Global, RcuCell};
///
/// assert_eq!(size_of::<Global>(), 0);
/// let cell: RcuCell<u32> = RcuCell::new_in(&Global, 1); // as RcuCell::new(1)
/// # drop(cell);
/// ```
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

    /// The calling thread's own record, if it has one: it is nobody else's, and outside where waiting is allowed.
    fn own_record(scope: Self::Borrow<'_>) -> Option<NonNull<Record>>;

    /// Runs `f` inside a section.
    fn with_section<R>(&self, f: impl FnOnce() -> R) -> R;

    /// Sees to it that a fork finds this domain whole. To be called before its locks are first used.
    fn cover(&self);

    /// Starts the callback thread, unless it is there.
    fn spawn(&self, meanwhile: Meanwhile) -> Result<(), SpawnError>;
}

/// Waits for a grace period, for `call`. `own` is a record that the caller knows to be outside and nobody else's.
pub fn synchronize<S: Scope>(scope: &S, call: &str, own: Option<NonNull<Record>>) {
    scope.cover();
    let engine = S::engine(scope.borrow());
    let waiter = engine.assert_may_wait(call, own);
    start_left_behind();
    engine.grace_periods.wait(waiter);
}

/// Queues a callback.
///
/// # Safety
/// 1. `head` is valid, with provenance over its whole allocation, and the caller gives up the right to it.
/// 2. After a grace period `Head::run` may be called for it, once, on any thread.
pub unsafe fn call_head<S: Scope>(scope: &S, head: NonNull<Head>) {
    see_to_thread(scope);
    let engine = S::engine(scope.borrow());
    let Callbacks { thread, limits, .. } = &engine.callbacks;
    // Nobody waits for a thread that could not be started, whatever the limit is.
    let may_wait = || runs_own_code() && !is_inside_any(engine, token());
    limits.admit(|| may_wait() && thread.is_spawned_or_will_be());
    // SAFETY: (1) and (2) are what `push` asks for.
    let queued = unsafe { engine.callbacks.push(head) };
    limits.pace(queued, || engine.callbacks.pending(), || may_wait() && thread.is_spawned());
}

/// Starts the callback thread for what is about to be queued or requested, unless it is there.
pub fn see_to_thread<S: Scope>(scope: &S) {
    // Step [spawn-for-callback]: nobody else need ever start the thread.
    if S::engine(scope.borrow()).callbacks.thread.is_absent() {
        // Nothing is lost if this fails: what is queued or requested stays so, and the next one tries again.
        let _ = scope.spawn(Meanwhile::GoOn);
    }
    start_left_behind();
}

/// Chooses the fences and starts the callback thread.
pub fn init<S: Scope>(scope: &S) -> Result<(), SpawnError> {
    scope.cover();
    S::engine(scope.borrow()).grace_periods.period.readers_run_light();
    start_left_behind();
    scope.spawn(Meanwhile::Wait)
}

/// Queues a closure.
pub fn call<S: Scope>(scope: &S, f: impl FnOnce() + Send + 'static) {
    // SAFETY: (1) and (2): the head is that of a new allocation which nobody else knows.
    unsafe { call_head(scope, closure_head(f)) };
}

/// Queues a closure, unless the hard limit is reached: then it is returned.
pub fn try_call<S: Scope, F: FnOnce() + Send + 'static>(scope: &S, f: F) -> Result<(), F> {
    see_to_thread(scope);
    let callbacks = &S::engine(scope.borrow()).callbacks;
    if !callbacks.limits.try_admit() {
        return Err(f);
    }
    // SAFETY: (1) and (2): the head is that of a new allocation which nobody else knows.
    unsafe { callbacks.push(closure_head(f)) };
    Ok(())
}

/// Waits until every callback that was queued before has run, for `call`.
pub fn barrier<S: Scope>(scope: &S, call: &str) {
    scope.cover();
    let engine = S::engine(scope.borrow());
    engine.assert_may_wait(call, None);
    start_left_behind();
    let Some(round) = engine.callbacks.round() else { return };
    if let Err(error) = scope.spawn(Meanwhile::Wait) {
        panic!("{call}: callbacks cannot run: {error}");
    }
    engine.callbacks.wait_for_round(round);
}
