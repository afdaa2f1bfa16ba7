//! The default domain: one engine for the process, whose readers are threads. Its functions are free ones.

mod host;
mod local;
#[cfg(rcu_loom)]
mod model;

use std::ptr::NonNull;

#[cfg(not(rcu_loom))]
use crate::callback::AROUND_BATCHES;
use crate::callback::SpawnError;
#[cfg(not(rcu_loom))]
use crate::contain::Hook;
use crate::cookie::{self, Cookie};
use crate::engine::Stats;
use crate::guard::ReadGuard;
use crate::handle::{NotifierHandle, Reader};
use crate::pointer::RcuBox;
use crate::scope::{self, Global, Host};
#[cfg(not(rcu_loom))]
use crate::stall::{ON_STALL, Stall};
#[cfg(not(rcu_loom))]
use crate::sync::Arc;
use crate::thread::assert_not_a_guest;
pub(crate) use host::ENGINE;
pub(crate) use local::LOCAL;
#[cfg(rcu_loom)]
pub use model::model;

/// Enters a read-side critical section of the default domain, or nests in the one that is open. The thread's first section
/// registers it.
///
/// Costs a handful of instructions: no call, no shared write, no fence where membarrier is to be had.
///
/// # Aborts
/// At the 32,768th nested section, which takes leaked guards.
///
/// # Examples
///
/// ```
/// let cell = rcu_core::RcuCell::new(7);
/// let section = rcu_core::read_lock();
/// assert_eq!(*cell.load(&section), 7);
/// ```
#[inline(always)]
pub fn read_lock() -> ReadGuard<'static> {
    LOCAL.with(|local| {
        // SAFETY: `slow` (1): the record is this thread's own.
        let slow = || unsafe { host::slow(NonNull::from(&local.record), true) };
        local.record.lock(&ENGINE.grace_periods.period, || {}, slow);
        // SAFETY: (1) locked just now; (2) the record is this thread's own, valid until the thread is gone.
        unsafe { ReadGuard::new(NonNull::from(&local.record), ()) }
    })
}

/// Waits until every read-side critical section of the default domain that is open now has ended.
///
/// Whatever was unlinked before the call is, after it, in nobody's hands. Concurrent calls share grace periods: any number of
/// them cost at most two.
///
/// Costs a full fence, a walk over the registered readers, and one membarrier, which is left out if no reader but the calling
/// thread is registered and online. A second membarrier, and sleeping, come only if a reader stays inside for long.
///
/// # Panics
/// Inside a section of the default domain, in one of its callbacks, and in a force-RCU kick.
///
/// # Examples
///
/// ```
/// use rcu_core::{RcuOption, read_lock, synchronize};
///
/// static HOOK: RcuOption<fn() -> u32> = RcuOption::none();
///
/// fn run() -> Option<u32> {
///     let section = read_lock();
///     HOOK.load(&section).map(|hook| hook())
/// }
///
/// drop(HOOK.swap(None));
/// synchronize(); // whoever found a hook has returned from it
/// assert_eq!(run(), None);
/// ```
pub fn synchronize() {
    scope::synchronize(&Global, "synchronize", Global::own_record(()));
}

/// Asks for a grace period of the default domain that starts after this call, to [`poll`] for it, or to wait for what is left of
/// it with [`cond_synchronize`].
///
/// The callback thread drives it: it ends without any further activity, whether or not anybody looks. Nothing is queued
/// or allocated for the cookie; all cookies taken before a grace period starts share it. Never waits; allowed anywhere.
/// If the callback thread cannot be started, the cookie expires with the next grace period that anybody drives.
///
/// To poll in a loop until it expires is to wait, and where waiting panics the loop does not end: inside a section, in a
/// callback, and in a kick.
///
/// ```
/// let cookie = rcu_core::start_poll();
/// while !rcu_core::poll(cookie) {
///     std::thread::yield_now(); // or something useful
/// }
/// ```
pub fn start_poll() -> Cookie {
    cookie::start_poll(&Global)
}

/// Whether the cookie's grace period is over: then every section that was open when the cookie was taken has ended, and all
/// that it did comes before this.
///
/// Two loads. Never waits, and makes no system call; allowed anywhere.
///
/// # Panics
/// If the cookie is of another domain.
///
/// # Examples
///
/// ```
/// let cookie = rcu_core::start_poll();
/// rcu_core::synchronize();
/// assert!(rcu_core::poll(cookie));
/// ```
pub fn poll(cookie: Cookie) -> bool {
    cookie::poll(&Global, cookie, "poll")
}

/// Waits until the cookie's grace period is over: not at all if it is, and like [`synchronize`] if not.
///
/// # Panics
/// As [`synchronize`], whether or not there is anything to wait for, and if the cookie is of another domain.
///
/// # Examples
///
/// ```
/// let cookie = rcu_core::start_poll();
/// rcu_core::cond_synchronize(cookie);
/// assert!(rcu_core::poll(cookie));
/// ```
pub fn cond_synchronize(cookie: Cookie) {
    cookie::cond_synchronize(&Global, cookie, "cond_synchronize");
}

/// Whether the calling thread is inside a section of the default domain, entered by [`read_lock`].
///
/// ```
/// assert!(!rcu_core::read_ongoing());
/// let _section = rcu_core::read_lock();
/// assert!(rcu_core::read_ongoing());
/// ```
pub fn read_ongoing() -> bool {
    LOCAL.with(|local| local.inside())
}

/// Waits until every callback of the default domain that was queued before, by any thread, has run. Returns at once if
/// none is pending.
///
/// # Panics
/// As [`synchronize`], and if the callback thread cannot be started.
///
/// # Examples
///
/// ```
/// use std::sync::atomic::{AtomicBool, Ordering};
///
/// static RAN: AtomicBool = AtomicBool::new(false);
/// rcu_core::call(|| RAN.store(true, Ordering::Relaxed));
/// rcu_core::barrier();
/// assert!(RAN.load(Ordering::Relaxed));
/// ```
pub fn barrier() {
    scope::barrier(&Global, "barrier");
}

/// Runs `f` once, on the callback thread of the default domain, after a grace period that starts after this call.
///
/// It never waits, is allowed anywhere, inside sections and callbacks too, and needs no later activity to run. Callbacks of
/// one thread run in its order, those of different threads in any. One allocation. What is still pending when the process
/// exits does not run.
///
/// A panic in `f` is contained. If the callback thread cannot be started, `f` stays queued and the next call tries again.
///
/// ```
/// rcu_core::call(|| println!("nobody reads the old value any more"));
/// # rcu_core::barrier();
/// ```
///
/// What it captures has to be fit for another thread,
///
/// ```compile_fail,E0277
/// let shared = std::rc::Rc::new(1);
/// rcu_core::call(move || assert_eq!(*shared, 1));
/// ```
///
/// ```
/// let shared = std::sync::Arc::new(1);
/// rcu_core::call(move || assert_eq!(*shared, 1));
/// ```
///
/// and to live as long as it may take:
///
/// ```compile_fail,E0373
/// let number = 1;
/// rcu_core::call(|| assert_eq!(number, 1));
/// ```
///
/// ```
/// let number = 1;
/// rcu_core::call(move || assert_eq!(number, 1));
/// ```
pub fn call(f: impl FnOnce() + Send + 'static) {
    scope::call(&Global, f);
}

/// Drops a value after a grace period of the default domain, on its callback thread. Allocates nothing.
///
/// ```
/// rcu_core::retire(rcu_core::RcuBox::new(vec![0; 1024]));
/// ```
///
/// The value is dropped on another thread, so it has to be fit for one:
///
/// ```compile_fail,E0277
/// let shared = std::rc::Rc::new(1);
/// rcu_core::retire(rcu_core::RcuBox::new(shared));
/// ```
///
/// ```
/// let shared = std::sync::Arc::new(1);
/// rcu_core::retire(rcu_core::RcuBox::new(shared));
/// ```
pub fn retire<T: Send + 'static>(value: RcuBox<T>) {
    value.retire_in(&Global);
}

/// Drops a value after a grace period of the default domain, on its callback thread: an `Arc`, a `Box`, a guard of something that
/// readers may still find.
///
/// One allocation; [`retire`] needs none.
///
/// ```
/// rcu_core::defer_drop(std::sync::Arc::new([0; 1024]));
/// ```
pub fn defer_drop<T: Send + 'static>(value: T) {
    call(move || drop(value));
}

/// A new explicit reader of the default domain.
///
/// # Panics
/// In a force-RCU kick.
///
/// # Examples
///
/// ```
/// let reader = rcu_core::reader();
/// drop(reader.read_lock());
/// ```
pub fn reader() -> Reader {
    Reader::new(Global, "reader")
}

/// Chooses the fences of the process and starts the callback thread of the default domain: to be called before a seccomp
/// filter is installed. Otherwise both happen when they are first needed.
///
/// # Errors
/// If the thread cannot be started. The next callback tries again.
///
/// # Examples
///
/// ```
/// rcu_core::init()?;
/// # Ok::<(), rcu_core::SpawnError>(())
/// ```
pub fn init() -> Result<(), SpawnError> {
    scope::init(&Global)
}

/// Registers the calling thread as a reader of the default domain now, rather than in its first section: before signal
/// handlers that read, or before a seccomp filter.
///
/// A handler may read on a registered thread until the destructors of its thread-locals run, not after. A thread whose first
/// section is in a destructor of `pthread_key_create`, which run later still, must call this before.
///
/// # Panics
/// In a force-RCU kick.
///
/// # Examples
///
/// ```
/// rcu_core::register_current_thread();
/// ```
pub fn register_current_thread() {
    assert_not_a_guest("register_current_thread");
    LOCAL.with(|local| local.register());
}

/// Registers a force-RCU notifier for the calling thread, as [`Reader::on_force`] does for a handle: a grace period that finds this
/// thread inside a section calls `kick`, on the thread that waits. It is removed with the returned handle, or when the
/// thread ends.
///
/// # Panics
/// In a force-RCU kick, and in destructors of thread-locals that run after the thread's registration has ended.
///
/// # Examples
///
/// ```
/// let notifier = rcu_core::on_force(|| println!("leave your section soon"));
/// notifier.remove();
/// ```
pub fn on_force(kick: impl Fn() + Send + Sync + 'static) -> NotifierHandle {
    assert_not_a_guest("on_force");
    LOCAL.with(|local| local.register());
    let record = Global::own_record(()).expect("on_force: the thread's registration has ended");
    NotifierHandle::register(&Global, record, kick)
}

/// Has `hook` called for each batch of callbacks of the default domain from now on, as
/// [`Builder::around_batches`](crate::Builder::around_batches) does for a domain of one's own. It replaces the one before.
///
/// ```
/// use std::sync::Mutex;
///
/// static BIG_LOCK: Mutex<()> = Mutex::new(());
/// rcu_core::around_batches(|run| {
///     let _held = BIG_LOCK.lock().unwrap();
///     run();
/// });
/// rcu_core::call(|| assert!(BIG_LOCK.try_lock().is_err()));
/// rcu_core::barrier();
/// # assert_eq!(rcu_core::stats().callbacks_panicked, 0);
/// ```
#[cfg(not(rcu_loom))]
pub fn around_batches(hook: impl Fn(&mut dyn FnMut()) + Send + Sync + 'static) {
    Global.cover();
    let hook = Hook::new(hook);
    AROUND_BATCHES.set(Arc::new(move |run| hook(run)));
}

/// Has stalls of the default domain reported to `hook` from now on, as [`Builder::on_stall`](crate::Builder::on_stall) does for a domain
/// of one's own. It replaces the one before.
///
/// ```
/// rcu_core::on_stall(|stall| eprintln!("after ten seconds: {stall}"));
/// ```
#[cfg(not(rcu_loom))]
pub fn on_stall(hook: impl Fn(&Stall) + Send + Sync + 'static) {
    Global.cover();
    let hook = Hook::new(hook);
    ON_STALL.set(Arc::new(move |stall| hook(stall)));
}

/// What the default domain has done so far.
///
/// ```
/// rcu_core::synchronize();
/// assert!(rcu_core::stats().grace_periods >= 1);
/// ```
pub fn stats() -> Stats {
    Global.cover();
    ENGINE.stats()
}
