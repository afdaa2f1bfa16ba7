//! The default domain: one engine for the process, whose readers are threads.
//!
//! A thread's record is a plain thread-local word without a destructor, so a section costs no call and no check whether it
//! was initialised. It starts SLOW, which sends the thread's first section here to register; a second thread-local, with a
//! destructor, ends the registration.
//!
//! Sections may outlive that destructor: a guard kept in another thread-local, or taken in a later destructor. Then, and only
//! then, a record on the heap stands in for the thread's, which stays SLOW so that every lock and unlock finds it here. It
//! is freed when its section ends; if that never happens it stays registered for ever, and nothing is freed early.

use std::cell::Cell;
use std::ptr::{self, NonNull};

use crate::callback::SpawnError;
use crate::engine::{Engine, Stats};
use crate::fence::Fences;
use crate::guard::ReadGuard;
use crate::handle::Reader;
use crate::pointer::RcuBox;
use crate::reader::Record;
use crate::registry::Registry;
use crate::scope::{self, Global, Host};
use crate::sync::thread_local;
use crate::sys::with_signals_blocked;
use crate::thread::assert_not_in_kick;

// Elsewhere std keeps thread-locals in boxes that it frees in no stated order: a record could go before its thread.
#[cfg(not(any(
    target_os = "linux",
    target_os = "freebsd",
    target_vendor = "apple",
    all(windows, target_env = "msvc")
)))]
compile_error!("rcu-core needs a host with native thread-local storage");

#[cfg(not(rcu_loom))]
static ENGINE: Engine = Engine::new(Fences::Auto);

/// A thread, as a reader of the default domain. No destructor: it is readable until the thread is gone.
struct Local {
    record: Record,
    state: Cell<State>,
    /// Stands in for the record once the thread's registration has ended; null while no section is open then.
    late: Cell<*mut Record>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Unregistered,
    Registered,
    /// The registration has ended: only destructors of thread-locals run now.
    Late,
}

/// Ends the thread's registration when it is dropped.
struct Registration(#[cfg(rcu_loom)] std::rc::Rc<Local>);

#[cfg(not(rcu_loom))]
thread_local! {
    static LOCAL: Local = const { Local::new() };
    static REGISTRATION: Registration = const { Registration() };
}

// A static of the process would outlive the execution that loom explores: its own live as long as that does.
#[cfg(rcu_loom)]
static ENGINE: crate::sync::model::PerExecution<Engine> =
    crate::sync::model::PerExecution::new(|| Engine::new(Fences::Auto));
#[cfg(rcu_loom)]
thread_local! {
    static LOCAL: std::rc::Rc<Local> = std::rc::Rc::new(Local::new());
    static REGISTRATION: Registration = Registration(LOCAL.with(std::rc::Rc::clone));
}

fn registry() -> &'static Registry {
    &ENGINE.grace_periods.registry
}

impl Local {
    const_fn! {
        fn new() -> Self {
            Self {
                record: Record::unregistered(),
                state: Cell::new(State::Unregistered),
                late: Cell::new(ptr::null_mut()),
            }
        }
    }

    /// Registers the thread, unless it is or was.
    fn register(&self) {
        if self.state.get() != State::Unregistered {
            return;
        }
        // The access schedules the destructor; it is refused when the thread's destructors have begun.
        if REGISTRATION.try_with(|_| ()).is_err() {
            self.state.set(State::Late);
            return;
        }
        self.record.adopt();
        self.record.go_online(&ENGINE.grace_periods.period);
        // SAFETY: (1) the record is valid until the thread is gone, and `unregister` comes before.
        unsafe { registry().register(NonNull::from(&self.record)) };
        self.state.set(State::Registered);
    }

    /// Ends the registration. A section that is open goes on in a record on the heap.
    fn unregister(&self) {
        // No signal handler may read between these steps: its section would be in a record that nobody scans.
        with_signals_blocked(|| {
            let record = NonNull::from(&self.record);
            if self.record.inside() {
                self.late.set(registry().replace(record).as_ptr());
            } else {
                registry().unregister(record);
            }
            self.record.go_offline();
            self.state.set(State::Late);
        });
    }

    #[cold]
    fn lock_slow(&self) {
        self.register();
        let period = &ENGINE.grace_periods.period;
        match self.state.get() {
            // SAFETY: the record is valid until its section has ended, which does not begin before this.
            State::Late => unsafe { self.late().as_ref() }.lock_slow(period),
            // Registered just now and light, or in need of a fence, or at the limit.
            _ => self.record.lock(period, || {}, || self.record.lock_slow(period)),
        }
    }

    #[cold]
    fn unlock_slow(&self) {
        let period = &ENGINE.grace_periods.period;
        if self.state.get() != State::Late {
            return self.record.unlock_slow(period);
        }
        let late = self.late();
        let ended = {
            // SAFETY: `late` returns a record that is valid until it is freed below.
            let late = unsafe { late.as_ref() };
            late.unlock_slow(period);
            !late.inside()
        };
        if ended {
            self.late.set(ptr::null_mut());
            registry().unregister(late);
            // SAFETY: `late` or `replace` leaked this box; its section has ended, and it is in no registry.
            drop(unsafe { Box::from_raw(late.as_ptr()) });
        }
    }

    /// The record that stands in, made and registered if no section is open.
    fn late(&self) -> NonNull<Record> {
        NonNull::new(self.late.get()).unwrap_or_else(|| {
            let late = Box::new(Record::unregistered());
            late.adopt();
            let late = NonNull::from(Box::leak(late));
            self.late.set(late.as_ptr());
            // SAFETY: (1) the box is leaked, and freed by `unlock_slow` only once it is unregistered.
            unsafe { registry().register(late) };
            late
        })
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        #[cfg(not(rcu_loom))]
        LOCAL.with(Local::unregister);
        // loom refuses every thread-local once the destructors have begun.
        #[cfg(rcu_loom)]
        self.0.unregister();
    }
}

/// Enters a read-side critical section of the default domain, or nests in the one that is open. The thread's first section
/// registers it.
///
/// Costs a handful of instructions: no call, no shared write, no fence where membarrier is to be had.
///
/// # Aborts
/// At the 32,768th nested section, which takes leaked guards.
///
/// ```
/// let cell = rcu_core::RcuCell::new(7);
/// let section = rcu_core::read_lock();
/// assert_eq!(*cell.load(&section), 7);
/// ```
#[inline(always)]
pub fn read_lock() -> ReadGuard<'static> {
    LOCAL.with(|local| {
        local.record.lock(&ENGINE.grace_periods.period, || {}, || local.lock_slow());
        // SAFETY: (1) locked just now; (2) the record is this thread's own, valid until the thread is gone.
        unsafe { ReadGuard::new(NonNull::from(&local.record), ()) }
    })
}

/// Waits until every read-side critical section of the default domain that is open now has ended.
///
/// Whatever was unlinked before the call is, after it, in nobody's hands. Concurrent calls share grace periods: any number of
/// them cost at most two. Costs one membarrier (0.4 us when no reader runs, 10 us when one does, on a two-core machine), and
/// more only while a reader stays inside.
///
/// # Panics
/// Inside a section of the default domain, in one of its callbacks, and in a force-RCU kick.
///
/// ```
/// rcu_core::synchronize();
/// ```
pub fn synchronize() {
    scope::synchronize(&Global, "synchronize");
}

/// Waits until every callback of the default domain that was queued before, by any thread, has run.
///
/// # Panics
/// As [`synchronize`], and if the callback thread cannot be started.
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
/// one thread run in its order. One allocation. What is still pending when the process exits does not run.
///
/// A panic in `f` is contained. If the callback thread cannot be started, `f` stays queued and the next call tries again.
///
/// ```
/// rcu_core::call(|| println!("nobody reads the old value any more"));
/// # rcu_core::barrier();
/// ```
pub fn call(f: impl FnOnce() + Send + 'static) {
    scope::call(&Global, f);
}

/// Drops a value after a grace period of the default domain, on its callback thread. Allocates nothing.
///
/// ```
/// rcu_core::retire(rcu_core::RcuBox::new(vec![0; 1024]));
/// ```
pub fn retire<T: Send + 'static>(value: RcuBox<T>) {
    value.retire_in(&Global);
}

/// A new explicit reader of the default domain.
///
/// # Panics
/// In a force-RCU kick.
pub fn reader() -> Reader {
    Reader::new(Global)
}

/// Chooses the fences of the process and starts the callback thread of the default domain: to be called before a seccomp
/// filter is installed. Otherwise both happen when they are first needed.
///
/// # Errors
/// If the thread cannot be started. The next callback tries again.
///
/// ```
/// rcu_core::init()?;
/// # Ok::<(), rcu_core::SpawnError>(())
/// ```
pub fn init() -> Result<(), SpawnError> {
    ENGINE.grace_periods.period.readers_run_light();
    Global.spawn()
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
/// ```
/// rcu_core::register_current_thread();
/// ```
pub fn register_current_thread() {
    assert_not_in_kick("register_current_thread");
    LOCAL.with(|local| local.register());
}

/// What the default domain has done so far.
///
/// ```
/// rcu_core::synchronize();
/// assert!(rcu_core::stats().grace_periods >= 1);
/// ```
pub fn stats() -> Stats {
    ENGINE.stats()
}

impl Host for Global {
    type Borrow<'a> = ();

    #[inline(always)]
    fn borrow(&self) {}

    #[inline(always)]
    fn engine<'a>((): ()) -> &'a Engine
    where
        Self: 'a,
    {
        &ENGINE
    }

    #[inline(always)]
    fn is_same((): (), (): ()) -> bool {
        true
    }

    unsafe fn unlock_slow((): (), record: NonNull<Record>) {
        LOCAL.with(|local| {
            if record == NonNull::from(&local.record) {
                local.unlock_slow();
            } else {
                // SAFETY: (1): the guard's record, valid until it is dropped.
                unsafe { record.as_ref() }.unlock_slow(&ENGINE.grace_periods.period);
            }
        });
    }

    fn with_section<R>(&self, f: impl FnOnce() -> R) -> R {
        let _section = read_lock();
        f()
    }

    fn spawn(&self) -> Result<(), SpawnError> {
        ENGINE.callbacks.spawn("rcu-callbacks", || ENGINE.serve_callbacks())
    }
}
