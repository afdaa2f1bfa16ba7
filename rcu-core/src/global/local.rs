//! A thread, as a reader of the default domain.
//!
//! Its record is a plain thread-local word without a destructor, so a section costs no call and no check whether it
//! was initialised. It starts SLOW, which sends the thread's first section here to register; a second thread-local, with a
//! destructor, ends the registration. If that was made too late to be destroyed, by what the C library calls for one of its keys, a key
//! does.
//!
//! Not covered: a first section in the C library's last round of keys, of which there are at least four, and in that one after ours.
//!
//! Sections may outlive that destructor: a guard kept in another thread-local, or taken in a later destructor. Then, and only
//! then, a record on the heap stands in for the thread's, which stays SLOW so that every lock and unlock finds it here. It
//! is freed when its section ends; if that never happens it stays registered for ever, and nothing is freed early.

use std::cell::Cell;
use std::ptr::{self, NonNull};

use super::ENGINE;
use crate::reader::Record;
use crate::registry::{Form, Registry};
use crate::scope::{Global, Host};
use crate::sync::thread_local;
use crate::sys::with_signals_blocked;
#[cfg(not(rcu_loom))]
use crate::sys::{AtThreadEnd, EndKey, forget_end, watch_end};

// Elsewhere std keeps thread-locals in boxes that it frees in no stated order: a record could go before its thread.
#[cfg(not(any(
    target_os = "linux",
    target_os = "freebsd",
    target_vendor = "apple",
    all(windows, target_env = "msvc")
)))]
compile_error!("rcu-core needs a host with native thread-local storage");

/// A thread, as a reader of the default domain. No destructor: it is readable until the thread is gone.
pub struct Local {
    pub record: Record,
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
    pub static LOCAL: Local = const { Local::new() };
    static REGISTRATION: Registration = const { Registration() };
}

#[cfg(rcu_loom)]
thread_local! {
    pub static LOCAL: std::rc::Rc<Local> = std::rc::Rc::new(Local::new());
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
    pub fn register(&self) {
        if self.state.get() != State::Unregistered {
            return;
        }
        Global.cover();
        // The access schedules the destructor; it is refused when that has run.
        let scheduled = REGISTRATION.try_with(|_| ()).is_ok();
        #[cfg(not(rcu_loom))]
        let scheduled = scheduled && watch_end::<Self>();
        if !scheduled {
            self.state.set(State::Late);
            return;
        }
        // Before signals are blocked: a filter may trap membarrier, for a handler to answer.
        ENGINE.grace_periods.period.readers_run_light();
        // No signal handler may read between these steps: its section would be in a record that nobody scans yet.
        with_signals_blocked(|| {
            self.record.adopt();
            self.record.take_fast_path(&ENGINE.grace_periods.period);
            // SAFETY: (1) the record is valid until the thread is gone, and `unregister` comes before.
            unsafe { registry().register(NonNull::from(&self.record), Form::Thread) };
            self.state.set(State::Registered);
        });
    }

    /// Ends the registration, if there is one. A section that is open goes on in a record on the heap.
    fn unregister(&self) {
        if self.state.get() != State::Registered {
            return;
        }
        // As for `register`.
        with_signals_blocked(|| {
            let record = NonNull::from(&self.record);
            if self.record.inside() {
                self.late.set(registry().replace(record).as_ptr());
            } else {
                registry().unregister(record);
            }
            self.record.take_slow_path();
            self.state.set(State::Late);
        });
    }

    /// Ends the registration of a thread that goes on and may register again. False if it is not registered.
    ///
    /// # Panics
    /// Inside a section, and while it has force-RCU notifiers.
    #[cfg(not(rcu_loom))]
    pub fn leave_registry(&self, call: &str) -> bool {
        assert!(!self.inside(), "{call} called from a read-side critical section: leave it first");
        if self.state.get() != State::Registered {
            return false;
        }
        let record = NonNull::from(&self.record);
        assert!(
            !registry().has_kicks(record),
            "{call}: the thread has force-RCU notifiers, which nobody would call any more: remove them first"
        );
        // As for `register`.
        with_signals_blocked(|| {
            registry().unregister(record);
            // The driver whose mark it may bear has no way to take it back now.
            self.record.mark(false);
            self.record.take_slow_path();
            self.state.set(State::Unregistered);
        });
        true
    }

    /// Whether it is registered, or was until the thread began to end.
    #[cfg(not(rcu_loom))]
    pub fn is_or_was_registered(&self) -> bool {
        self.state.get() != State::Unregistered
    }

    /// The record, while it is registered.
    pub fn registered(&self) -> Option<NonNull<Record>> {
        (self.state.get() == State::Registered).then(|| NonNull::from(&self.record))
    }

    /// Whether the thread is inside a section.
    pub fn inside(&self) -> bool {
        self.record.inside() || !self.late.get().is_null()
    }

    #[cold]
    pub fn lock_slow(&self) {
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
    pub fn unlock_slow(&self) {
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
            unsafe { registry().register(late, Form::Thread) };
            late
        })
    }
}

#[cfg(not(rcu_loom))]
impl AtThreadEnd for Local {
    fn key() -> &'static EndKey {
        static KEY: EndKey = EndKey::new();
        &KEY
    }

    fn ends() {
        LOCAL.with(Local::unregister);
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        #[cfg(not(rcu_loom))]
        {
            LOCAL.with(Local::unregister);
            // Nothing keeps the library from now on.
            forget_end::<Local>();
        }
        // loom refuses every thread-local once the destructors have begun.
        #[cfg(rcu_loom)]
        self.0.unregister();
    }
}
