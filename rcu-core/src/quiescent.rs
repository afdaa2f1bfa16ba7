//! `QuiescentReader`: a reader that is inside a section for its whole life, and says when it holds nothing.
//!
//! The handle is the section, so that what the borrow checker knows of the handle is the rule: a reference that was loaded
//! borrows it, [`quiescent`](QuiescentReader::quiescent) and [`offline`](QuiescentReader::offline) need it whole. There is no
//! guard of the time offline, which could be forgotten and leave a reader that loads while nobody waits for it.

use std::fmt;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;

use crate::guard::{Open, Section};
use crate::handle::{Reader, Registered};
use crate::scope::{Global, Scope};

/// A reader that is always inside a section, made by [`Reader::into_quiescent`]: quiescent-state based reclamation.
///
/// A load costs one pointer load and nothing else: no section is entered for it. In return the thread has to say, now and
/// then, that it holds no reference; grace periods wait for that. Meant for threads with a loop: a virtual CPU, an event loop, a
/// packet processor.
///
/// ```
/// use rcu_core::{RcuCell, reader};
///
/// let routes = RcuCell::new(1);
/// let mut cpu = reader().into_quiescent();
/// for _ in 0..3 {
///     assert_eq!(*routes.load(&cpu), 1);
///     cpu.quiescent();
/// }
/// cpu.offline(|| routes.update(|one| one + 1)); // or anything that blocks
/// assert_eq!(*routes.load(&cpu), 2);
/// ```
///
/// No reference outlives a quiescent state:
///
/// ```compile_fail,E0502
/// # let routes = rcu_core::RcuCell::new(1_i32);
/// # let mut cpu = rcu_core::reader().into_quiescent();
/// let route = routes.load(&cpu);
/// cpu.quiescent();
/// assert!(route.is_positive());
/// ```
///
/// ```
/// # let routes = rcu_core::RcuCell::new(1_i32);
/// # let mut cpu = rcu_core::reader().into_quiescent();
/// let route = *routes.load(&cpu);
/// cpu.quiescent();
/// assert!(route.is_positive());
/// ```
///
/// and nothing is loaded while the reader is offline:
///
/// ```compile_fail,E0502
/// # let routes = rcu_core::RcuCell::new(1);
/// # let mut cpu = rcu_core::reader().into_quiescent();
/// cpu.offline(|| *routes.load(&cpu));
/// ```
///
/// ```
/// # let routes = rcu_core::RcuCell::new(1);
/// # let mut cpu = rcu_core::reader().into_quiescent();
/// cpu.offline(|| *routes.load(&rcu_core::read_lock()));
/// ```
///
/// It stays on its thread, which is the one that must not wait for a grace period meanwhile. A [`Reader`] may move, and
/// become quiescent where it arrives:
///
/// ```compile_fail,E0277
/// let cpu = rcu_core::reader().into_quiescent();
/// std::thread::scope(|s| { s.spawn(move || drop(cpu)); });
/// ```
///
/// ```
/// let cpu = rcu_core::reader();
/// std::thread::scope(|s| { s.spawn(move || drop(cpu)); });
/// ```
///
/// A `QuiescentReader` that is forgotten stays inside, and holds up every grace period of its domain for ever.
pub struct QuiescentReader<S: Scope = Global> {
    registered: Registered<S>,
    /// Waiting for a grace period is refused to the thread on which this was made: not `Send`, not `Sync`.
    thread: PhantomData<*mut ()>,
}

impl<S: Scope> QuiescentReader<S> {
    fn new(registered: Registered<S>) -> Self {
        registered.record().adopt();
        // Step [online-from-the-start]: the handle is the section: it may load from now on.
        registered.record().go_online(registered.period());
        Self { registered, thread: PhantomData }
    }

    /// Says that nothing that was loaded is held any more: the section ends, and the next begins.
    ///
    /// Costs a load of the domain's counter and of the reader's own word; a store, and a fence where membarrier is not to be had, only
    /// if a grace period has started since the last time.
    ///
    /// ```
    /// let cell = rcu_core::RcuCell::new(0);
    /// let mut cpu = rcu_core::reader().into_quiescent();
    /// let mut turns = 0;
    /// while turns < 3 {
    ///     turns += 1;
    ///     assert_eq!(*cell.load(&cpu), turns - 1);
    ///     drop(cell.replace(turns));
    ///     cpu.quiescent();
    /// }
    /// ```
    #[inline(always)]
    pub fn quiescent(&mut self) {
        self.registered.record().pass(self.registered.period());
    }

    /// Runs `f` offline: grace periods do not wait for this reader meanwhile, and need no membarrier for it. Goes online
    /// again when `f` returns or unwinds.
    ///
    /// For what blocks, and for waiting for a grace period. Costs two full fences.
    ///
    /// ```
    /// let mut cpu = rcu_core::reader().into_quiescent();
    /// cpu.offline(rcu_core::synchronize);
    /// ```
    ///
    /// Online, the thread would wait for itself:
    ///
    /// ```should_panic
    /// let _cpu = rcu_core::reader().into_quiescent();
    /// rcu_core::synchronize();
    /// ```
    pub fn offline<R>(&mut self, f: impl FnOnce() -> R) -> R {
        // Step [offline-before-blocking]: a grace period that `f` waits for would wait for this reader.
        self.registered.record().go_offline(self.registered.period());
        let _online_again = OnlineAgain(self);
        f()
    }

    /// Leaves the section, and makes this a reader of sections again.
    ///
    /// ```
    /// let cpu = rcu_core::reader().into_quiescent();
    /// let reader = cpu.into_reader();
    /// drop(reader.read_lock());
    /// ```
    pub fn into_reader(self) -> Reader<S> {
        let this = ManuallyDrop::new(self);
        // Step [leave-for-sections]: a section that nobody can end would hold up every grace period.
        this.registered.record().leave_online(this.registered.period());
        // SAFETY: `this` is neither used nor dropped after this.
        Reader::of(unsafe { std::ptr::read(&raw const this.registered) })
    }
}

impl<S: Scope> Reader<S> {
    /// Goes inside for good: the handle itself is the section from now on. A force-RCU notifier stays with it.
    ///
    /// # Panics
    /// If a guard of this reader was leaked: its section never ends.
    ///
    /// # Examples
    ///
    /// ```
    /// let cell = rcu_core::RcuCell::new(1);
    /// let cpu = rcu_core::reader().into_quiescent();
    /// assert_eq!(*cell.load(&cpu), 1);
    /// ```
    pub fn into_quiescent(self) -> QuiescentReader<S> {
        self.assert_outside("Reader::into_quiescent");
        QuiescentReader::new(self.into_registered())
    }
}

impl<S: Scope> Drop for QuiescentReader<S> {
    fn drop(&mut self) {
        // Step [leave-when-dropped]: a reader that is inside stays registered for ever.
        self.registered.record().leave_online(self.registered.period());
    }
}

/// Takes a reader online when it is dropped.
struct OnlineAgain<'a, S: Scope>(&'a QuiescentReader<S>);

impl<S: Scope> Drop for OnlineAgain<'_, S> {
    fn drop(&mut self) {
        // Step [online-again]: it may load from now on.
        self.0.registered.record().go_online(self.0.registered.period());
    }
}

impl<S: Scope> Section<S> for QuiescentReader<S> {}

impl<S: Scope> Open<S> for QuiescentReader<S> {
    #[inline(always)]
    fn is_of(&self, scope: S::Borrow<'_>) -> bool {
        S::is_same(self.registered.scope(), scope)
    }
}

impl<S: Scope> fmt::Debug for QuiescentReader<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QuiescentReader").field("scope", &self.registered.scope()).finish_non_exhaustive()
    }
}
