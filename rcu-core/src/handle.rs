//! `Reader`: a reader that is a value, not a thread.

mod notifier;

use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;
use std::ptr::NonNull;

use crate::grace_period::GracePeriod;
use crate::guard::ReadGuard;
use crate::reader::Record;
use crate::registry::Form;
use crate::scope::{Global, Scope, synchronize};
use crate::thread::assert_not_a_guest;

pub use notifier::NotifierHandle;

/// A reader of a domain, registered for as long as the handle lives. It may move between threads while it has no section
/// open, and needs no thread-local storage: for domains of your own, for models, for virtual CPUs.
///
/// One is made by [`reader`](crate::reader()) or [`Domain::reader`](crate::Domain::reader).
///
/// Registering and dropping take the registry's lock and, to drop, a walk over the registered readers. A reader that leaked a
/// guard stays registered, inside, for ever: grace periods that it holds up do not end, wherever they are waited for. To drop
/// one in a force-RCU kick panics; it is unregistered all the same.
///
/// ```
/// let cell = rcu_core::RcuCell::new(1);
/// let reader = rcu_core::reader();
/// let guard = reader.read_lock();
/// assert_eq!(*cell.load(&guard), 1);
/// ```
///
/// One thread at a time uses it. It may be moved to another thread, but not shared,
///
/// ```compile_fail,E0277
/// let reader = rcu_core::reader();
/// std::thread::scope(|s| { s.spawn(|| drop(reader.read_lock())); });
/// ```
///
/// ```
/// let reader = rcu_core::reader();
/// std::thread::scope(|s| { s.spawn(move || drop(reader.read_lock())); });
/// ```
///
/// and not moved while a section of it is open:
///
/// ```compile_fail,E0505
/// let reader = rcu_core::reader();
/// let guard = reader.read_lock();
/// let moved = reader;
/// ```
///
/// ```
/// let reader = rcu_core::reader();
/// drop(reader.read_lock());
/// let moved = reader;
/// ```
pub struct Reader<S: Scope = Global> {
    registered: Registered<S>,
    _dropped_outside_kicks: OutsideKicks,
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
        scope.cover();
        let grace_periods = &S::engine(scope.borrow()).grace_periods;
        let record = Box::new(Record::unregistered());
        record.take_fast_path(&grace_periods.period);
        let record = NonNull::from(Box::leak(record));
        // SAFETY: (1) the box is leaked, and freed only once `drop` has unregistered it.
        unsafe { grace_periods.registry.register(record, Form::Handle) };
        Self { record, scope, not_sync: PhantomData }
    }

    #[inline(always)]
    pub fn record(&self) -> &Record {
        // SAFETY: the record lives until `drop`.
        unsafe { self.record.as_ref() }
    }

    #[inline(always)]
    pub fn scope(&self) -> S::Borrow<'_> {
        self.scope.borrow()
    }

    #[inline(always)]
    pub fn period(&self) -> &GracePeriod {
        &S::engine(self.scope()).grace_periods.period
    }

    #[inline(always)]
    pub fn read_lock(&self) -> ReadGuard<'_, S> {
        let (record, period) = (self.record(), self.period());
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
        unsafe { ReadGuard::new(self.record, self.scope()) }
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
    /// Registers a reader, for `call`.
    pub(crate) fn new(scope: S, call: &str) -> Self {
        assert_not_a_guest(call);
        Self::of(Registered::new(scope))
    }

    pub(crate) fn of(registered: Registered<S>) -> Self {
        Self { registered, _dropped_outside_kicks: OutsideKicks }
    }

    pub(crate) fn into_registered(self) -> Registered<S> {
        self.registered
    }

    pub(crate) fn assert_outside(&self, call: &str) {
        assert!(
            !self.registered.record().inside(),
            "{call} called after a guard of the reader was leaked: its section never ends"
        );
    }

    /// Enters a read-side critical section, or nests in the one that is open.
    ///
    /// Costs a handful of instructions: no system call, no shared write, no fence where membarrier is to be had.
    ///
    /// # Aborts
    /// At the 32,768th nested section of one reader, which takes leaked guards.
    ///
    /// # Examples
    ///
    /// ```
    /// let cell = rcu_core::RcuCell::new(7);
    /// let reader = rcu_core::reader();
    /// assert_eq!(*cell.load(&reader.read_lock()), 7);
    /// ```
    #[inline(always)]
    pub fn read_lock(&self) -> ReadGuard<'_, S> {
        self.registered.read_lock()
    }

    /// Waits until every read-side critical section of the domain that is open now has ended.
    ///
    /// # Panics
    /// Inside a section of the same domain that this thread has open through another reader, in a callback of the domain, and
    /// in a force-RCU kick. This handle's own section can only be open if a guard was leaked, which panics too.
    ///
    /// # Examples
    ///
    /// A section of the handle that is open is a compile error:
    ///
    /// ```compile_fail,E0502
    /// let mut reader = rcu_core::reader();
    /// let guard = reader.read_lock();
    /// reader.synchronize();
    /// ```
    ///
    /// ```
    /// let mut reader = rcu_core::reader();
    /// drop(reader.read_lock());
    /// reader.synchronize();
    /// ```
    pub fn synchronize(&mut self) {
        self.assert_outside("Reader::synchronize");
        // Nobody else can enter through the handle while it is borrowed here.
        let own = Some(self.registered.record);
        synchronize(&self.registered.scope, "Reader::synchronize", own);
    }

    /// Registers a force-RCU notifier: a grace period that finds this reader in its way calls `kick`, on the thread that
    /// waits, once when its spin ends and again every 10 ms. A kick is a hint to leave the section soon.
    ///
    /// The kick may enter sections and queue callbacks. It must not wait for a grace period or a callback, nor make or drop
    /// a `Reader`: these panic in it. A kick that panics is contained, and so is what it captured when that is dropped. It is
    /// removed with the returned handle, or with the reader, unless that leaked a guard.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use std::sync::atomic::{AtomicBool, Ordering};
    ///
    /// let leave = Arc::new(AtomicBool::new(false));
    /// let kicked = Arc::clone(&leave);
    /// let mut reader = rcu_core::reader();
    /// let _notifier = reader.on_force(move || kicked.store(true, Ordering::Relaxed));
    ///
    /// let section = reader.read_lock();
    /// let updater = std::thread::spawn(rcu_core::synchronize);
    /// while !leave.load(Ordering::Relaxed) {
    ///     std::thread::yield_now(); // a long piece of work, in small steps
    /// }
    /// drop(section);
    /// updater.join().unwrap();
    /// ```
    ///
    /// Several threads may call the kick, at the same time:
    ///
    /// ```compile_fail,E0277
    /// let flag = std::cell::Cell::new(false);
    /// let notifier = rcu_core::reader().on_force(move || flag.set(true));
    /// ```
    ///
    /// ```
    /// let flag = std::sync::OnceLock::new();
    /// let notifier = rcu_core::reader().on_force(move || drop(flag.set(true)));
    /// ```
    pub fn on_force(&mut self, kick: impl Fn() + Send + Sync + 'static) -> NotifierHandle {
        NotifierHandle::register(&self.registered.scope, self.registered.record, kick)
    }

    /// Whether the handle is inside a section.
    ///
    /// ```
    /// let reader = rcu_core::reader();
    /// assert!(!reader.read_ongoing());
    /// let _section = reader.read_lock();
    /// assert!(reader.read_ongoing());
    /// ```
    pub fn read_ongoing(&self) -> bool {
        self.registered.record().inside()
    }
}

/// Panics when it is dropped in a force-RCU kick; the fields beside it are dropped all the same.
struct OutsideKicks;

impl Drop for OutsideKicks {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert_not_a_guest("drop of a Reader");
        }
    }
}

impl<S: Scope> fmt::Debug for Reader<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").field("scope", &self.registered.scope).finish_non_exhaustive()
    }
}
