//! Read-side critical sections: the guard, and the trait of everything that proves that one is open.

use std::fmt;
use std::marker::PhantomData;
use std::ptr::NonNull;

use crate::reader::Record;
use crate::scope::{Global, Scope};

/// Proof that the calling thread is inside a read-side critical section of a domain of kind `S`. Functions that are
/// called from an RCU critical section take one.
///
/// ```
/// use rcu_core::{RcuOption, Section};
///
/// static LIMIT: RcuOption<u32> = RcuOption::none();
///
/// /// Called from RCU critical section.
/// fn limit<'g>(section: &'g impl Section) -> Option<&'g u32> {
///     LIMIT.load(section)
/// }
///
/// assert_eq!(limit(&rcu_core::read_lock()), None);
/// assert_eq!(limit(&rcu_core::reader().into_quiescent()), None);
/// ```
///
/// Nothing else will do. This trait is sealed.
///
/// ```compile_fail,E0277
/// # static LIMIT: rcu_core::RcuOption<u32> = rcu_core::RcuOption::none();
/// LIMIT.load(&());
/// ```
///
/// ```
/// # static LIMIT: rcu_core::RcuOption<u32> = rcu_core::RcuOption::none();
/// LIMIT.load(&rcu_core::read_lock());
/// ```
pub trait Section<S: Scope = Global>: Open<S> {}

/// The part of [`Section`] that is the crate's own.
#[doc(hidden)]
pub trait Open<S: Scope> {
    /// Whether this is a section of that domain.
    fn is_of(&self, scope: S::Borrow<'_>) -> bool;
}

/// A read-side critical section: no value that was reachable when it began is freed before it ends.
///
/// Guards count. Nested and overlapping guards of one thread, or of one [`Reader`](crate::Reader), are one section, from
/// the first lock to the last drop, in any order of drops. A guard that is leaked keeps its section open for ever, and with
/// it every grace period of its domain: nothing is freed early.
///
/// ```
/// let cell = rcu_core::RcuCell::new(1);
/// let outer = rcu_core::read_lock();
/// let one = cell.load(&outer);
/// let inner = rcu_core::read_lock();
/// drop(cell.replace(2)); // does not wait, so it is allowed here
/// assert_eq!((one, cell.load(&inner)), (&1, &2));
/// ```
///
/// A guard cannot leave its thread; a handle can, and be locked there:
///
/// ```compile_fail,E0277
/// let reading = rcu_core::read_lock();
/// std::thread::scope(|s| { s.spawn(move || drop(reading)); });
/// ```
///
/// ```
/// let reading = rcu_core::reader();
/// std::thread::scope(|s| { s.spawn(move || drop(reading)); });
/// ```
#[must_use = "the section ends when the guard is dropped"]
pub struct ReadGuard<'a, S: Scope = Global> {
    record: NonNull<Record>,
    scope: S::Borrow<'a>,
    /// The record is the thread's: not `Send`, not `Sync`.
    thread: PhantomData<*mut ()>,
}

impl<'a, S: Scope> ReadGuard<'a, S> {
    /// The guard of a section that `record.lock()` has just entered or nested.
    ///
    /// # Safety
    /// 1. The calling thread has called `record.lock()`, with the words of `scope`, for this guard alone.
    /// 2. The record is valid until the guard is dropped: for `'a`, or because it is the calling thread's own and guards do
    ///    not leave their thread.
    #[inline(always)]
    pub(crate) unsafe fn new(record: NonNull<Record>, scope: S::Borrow<'a>) -> Self {
        Self { record, scope, thread: PhantomData }
    }
}

impl<S: Scope> Drop for ReadGuard<'_, S> {
    #[inline(always)]
    fn drop(&mut self) {
        // SAFETY: `new` (2): the record is valid until now.
        let record = unsafe { self.record.as_ref() };
        // SAFETY: `unlock_slow` (1): the record this guard was made with, and guards do not leave their thread.
        let slow = || unsafe { S::unlock_slow(self.scope, self.record) };
        record.unlock(&S::engine(self.scope).grace_periods.period, slow);
    }
}

impl<S: Scope> Section<S> for ReadGuard<'_, S> {}

impl<S: Scope> Open<S> for ReadGuard<'_, S> {
    #[inline(always)]
    fn is_of(&self, scope: S::Borrow<'_>) -> bool {
        S::is_same(self.scope, scope)
    }
}

impl<S: Scope> fmt::Debug for ReadGuard<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadGuard").field("scope", &self.scope).finish_non_exhaustive()
    }
}
