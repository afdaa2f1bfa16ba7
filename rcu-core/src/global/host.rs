//! The engine of the default domain, and what sections, cells and handles of that domain have it do.

use std::ptr::NonNull;

use super::local::LOCAL;
use super::read_lock;
use crate::callback::{Meanwhile, SpawnError};
use crate::engine::Engine;
#[cfg(not(rcu_loom))]
use crate::fork::cover_global;
use crate::reader::Record;
use crate::scope::{Global, Host};
#[cfg(not(rcu_loom))]
use crate::sync::Counter;

#[cfg(not(rcu_loom))]
pub static ENGINE: Engine = Engine::global();
// A static of the process would outlive the execution that loom explores: its own live as long as that does.
#[cfg(rcu_loom)]
pub static ENGINE: crate::sync::model::PerExecution<Engine> =
    crate::sync::model::PerExecution::new(Engine::global);

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

    #[inline(always)]
    unsafe fn unlock_slow((): (), record: NonNull<Record>) {
        // SAFETY: `slow` (1): the caller has promised (1) for the record of its guard.
        unsafe { slow(record, false) };
    }

    fn own_record((): ()) -> Option<NonNull<Record>> {
        LOCAL.with(|local| local.registered())
    }

    fn with_section<R>(&self, f: impl FnOnce() -> R) -> R {
        let _section = read_lock();
        f()
    }

    fn cover(&self) {
        #[cfg(not(rcu_loom))]
        {
            /// Not a `OnceLock`: a thread that a fork leaves behind may be on its way through it.
            static COVERED: Counter = Counter::new(0);
            if COVERED.get() == 0 {
                cover_global(&ENGINE);
                COVERED.set(1);
            }
        }
    }

    fn spawn(&self, meanwhile: Meanwhile) -> Result<(), SpawnError> {
        self.cover();
        ENGINE.callbacks.thread.spawn(meanwhile, &ENGINE.thread, || ENGINE.serve_callbacks())
    }
}

/// What locks, or unlocks, a record whose word asks for the slow path.
///
/// One function for both: a loop of sections keeps the address of each function that it may call in a register, and with two of them has
/// none left for the counter's address.
///
/// # Safety
/// 1. To lock: `record` is the calling thread's own. To unlock: it is the one that a guard which is being dropped was made with, on this
///    thread.
#[cold]
#[inline(never)]
pub unsafe fn slow(record: NonNull<Record>, lock: bool) {
    LOCAL.with(|local| {
        if lock {
            local.lock_slow();
        } else if record == NonNull::from(&local.record) {
            local.unlock_slow();
        } else {
            // SAFETY: (1): valid until the guard is dropped.
            unsafe { record.as_ref() }.unlock_slow(&ENGINE.grace_periods.period);
        }
    });
}
