//! `Reader`: a reader that is a value, not a thread.

use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;
use std::ptr::NonNull;

use crate::guard::ReadGuard;
use crate::reader::Record;
use crate::registry::Kick;
use crate::scope::{Global, Scope, synchronize};
use crate::sync::{Arc, Mutex, lock};
use crate::thread::assert_not_in_kick;

/// A reader of a domain, registered for as long as the handle lives. It may move between threads while it has no section
/// open, and needs no thread-local storage: for domains of your own, for models, for virtual CPUs.
///
/// One is made by [`reader`](crate::reader()) or [`Domain::reader`](crate::Domain::reader).
///
/// Registering and dropping take the registry's lock and, to drop, a walk over the registered readers. A reader that leaked a
/// guard stays registered, inside, for ever: grace periods that it holds up do not end, wherever they are waited for.
///
/// ```
/// let cell = rcu_core::RcuCell::new(1);
/// let reader = rcu_core::reader();
/// let guard = reader.read_lock();
/// assert_eq!(*cell.load(&guard), 1);
/// ```
pub struct Reader<S: Scope = Global> {
    registered: Registered<S>,
}

/// A registered record on the heap, and its domain. [`Reader`] without the rules for users.
pub struct Registered<S: Scope> {
    record: NonNull<Record>,
    scope: S,
    not_sync: PhantomData<Cell<()>>,
}

// SAFETY: the record is on the heap and the handle's own; its owner's side is used by one thread at a time, because the handle
// is not Sync and guards, which borrow it, keep it where it is. The scope is Send.
unsafe impl<S: Scope> Send for Registered<S> {}

impl<S: Scope> Registered<S> {
    pub fn new(scope: S) -> Self {
        let grace_periods = &S::engine(scope.borrow()).grace_periods;
        let record = Box::new(Record::unregistered());
        record.go_online(&grace_periods.period);
        let record = NonNull::from(Box::leak(record));
        // SAFETY: (1) the box is leaked, and freed only once `drop` has unregistered it.
        unsafe { grace_periods.registry.register(record) };
        Self { record, scope, not_sync: PhantomData }
    }

    fn record(&self) -> &Record {
        // SAFETY: the record lives until `drop`.
        unsafe { self.record.as_ref() }
    }

    #[inline(always)]
    pub fn read_lock(&self) -> ReadGuard<'_, S> {
        let record = self.record();
        let scope = self.scope.borrow();
        let period = &S::engine(scope).grace_periods.period;
        // A handle moves between threads: the one that enters is the one that must not wait for the section.
        record.lock(
            period,
            || record.adopt(),
            || {
                if !record.inside() {
                    record.adopt();
                }
                record.lock_slow(period);
            },
        );
        // SAFETY: (1) locked just now; (2) the guard borrows the handle, which owns the record.
        unsafe { ReadGuard::new(self.record, scope) }
    }
}

impl<S: Scope> Drop for Registered<S> {
    fn drop(&mut self) {
        if self.record().inside() {
            // A guard was leaked: its section never ends, so the record stays, registered, for ever.
            return;
        }
        S::engine(self.scope.borrow()).grace_periods.registry.unregister(self.record);
        // SAFETY: `new` leaked this box; no guard borrows the handle, no section is open, and it is in no registry.
        drop(unsafe { Box::from_raw(self.record.as_ptr()) });
    }
}

impl<S: Scope> Reader<S> {
    pub(crate) fn new(scope: S) -> Self {
        assert_not_in_kick("reader");
        Self { registered: Registered::new(scope) }
    }

    /// Enters a read-side critical section, or nests in the one that is open.
    ///
    /// Costs a handful of instructions: no system call, no shared write, no fence where membarrier is to be had.
    ///
    /// # Aborts
    /// At the 32,768th nested section of one reader, which takes leaked guards.
    #[inline(always)]
    pub fn read_lock(&self) -> ReadGuard<'_, S> {
        self.registered.read_lock()
    }

    /// Waits until every read-side critical section of the domain that is open now has ended.
    ///
    /// # Panics
    /// Inside a section of the same domain that this thread has open through another reader, in a callback of the domain, and
    /// in a force-RCU kick. This handle's own section can only be open if a guard was leaked, which panics too.
    pub fn synchronize(&mut self) {
        let Registered { scope, .. } = &self.registered;
        assert!(
            !self.registered.record().inside(),
            "Reader::synchronize called after a guard of the reader was leaked: its section never ends"
        );
        synchronize(scope, "Reader::synchronize");
    }

    /// Registers a force-RCU notifier: a grace period that finds this reader in its way calls `kick`, on the thread that
    /// waits, once when its spin ends and again every 10 ms. A kick is a hint to leave the section soon.
    ///
    /// The kick may enter sections and queue callbacks. It must not wait for a grace period or a callback, nor make or drop
    /// a `Reader`: these panic in it. A kick that panics is contained. It is removed with the returned handle, or with the
    /// reader, unless that leaked a guard.
    pub fn on_force(&mut self, kick: impl Fn() + Send + Sync + 'static) -> NotifierHandle {
        let kick: Kick = Arc::new(Mutex::new(Some(Arc::new(kick))));
        let Registered { record, scope, .. } = &self.registered;
        S::engine(scope.borrow()).grace_periods.registry.add_kick(*record, Arc::clone(&kick));
        NotifierHandle { kick }
    }
}

impl<S: Scope> Drop for Reader<S> {
    /// # Panics
    /// In a force-RCU kick; the reader is unregistered all the same.
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert_not_in_kick("drop of a Reader");
        }
    }
}

impl<S: Scope> fmt::Debug for Reader<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").field("scope", &self.registered.scope).finish_non_exhaustive()
    }
}

/// A registered force-RCU notifier. Dropping it removes the notifier.
#[must_use = "dropping the handle removes the notifier"]
pub struct NotifierHandle {
    kick: Kick,
}

impl NotifierHandle {
    /// Removes the notifier and returns at once. A call of it that is under way on another thread may still finish.
    pub fn remove(self) {}
}

impl Drop for NotifierHandle {
    fn drop(&mut self) {
        let kick = lock(&self.kick).take();
        // The closure is the application's: it is dropped with no lock held.
        drop(kick);
    }
}

impl fmt::Debug for NotifierHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NotifierHandle").finish_non_exhaustive()
    }
}
