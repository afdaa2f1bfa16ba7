//! What is done around a fork.

use std::cell::Cell;
use std::ptr;

use super::alive::{ALIVE, Alive, Kept, note_left_behind};
use crate::callback::{
    self, AROUND_BATCHES, BatchHook, FrozenLeases, FrozenMonitor, freeze_leases, freeze_monitor,
};
use crate::engine::Engine;
use crate::slot;
use crate::stall::{ON_STALL, StallHook};
use crate::sync::{MutexGuard, lock, thread_local};
use crate::synchronize;
use crate::sys::{AtFork, spawn_without_std};
use crate::thread::forget_os_id;

/// Everything that is held from before a fork until after it.
struct Held {
    domains: Vec<(callback::Frozen<'static>, synchronize::Frozen<'static>)>,
    leases: FrozenLeases,
    monitor: FrozenMonitor,
    hooks: (slot::Frozen<'static, BatchHook>, slot::Frozen<'static, StallHook>),
    alive: MutexGuard<'static, Alive>,
    /// What `domains` borrows: after it, here and wherever the two are taken apart.
    engines: Vec<Kept>,
}

thread_local! {
    /// From before a fork until after it; null otherwise. No destructor: a fork may come at any point of a thread's life.
    static HELD: Cell<*mut Held> = const { Cell::new(ptr::null_mut()) };
}

/// See the module.
#[derive(Debug)]
pub struct Forks;

impl AtFork for Forks {
    fn prepare() {
        if !HELD.get().is_null() {
            // Called a second time for this fork.
            return;
        }
        let alive = lock(&ALIVE);
        let engines = alive.engines();
        let freeze = |kept: &Kept| {
            // SAFETY: `Held` keeps the engine until what borrows it is dropped.
            let engine: &'static Engine = unsafe { &*ptr::from_ref(kept.engine()) };
            (engine.callbacks.freeze(), engine.grace_periods.freeze())
        };
        let domains = engines.iter().map(freeze).collect();
        let (leases, monitor) = (freeze_leases(), freeze_monitor());
        let hooks = (AROUND_BATCHES.freeze(), ON_STALL.freeze());
        let held = Held { domains, leases, monitor, hooks, alive, engines };
        HELD.set(Box::into_raw(Box::new(held)));
    }

    fn parent() {
        let Some(held) = held() else { return };
        let Held { domains, leases, monitor, hooks, alive, engines } = *held;
        drop((domains, leases, monitor, hooks, alive));
        drop(engines);
    }

    fn child() {
        let Some(held) = held() else { return };
        let Held { domains, mut leases, mut monitor, hooks, alive, engines } = *held;
        forget_os_id();
        spawn_without_std();
        for (callbacks, grace_periods) in domains {
            callbacks.forget_others();
            grace_periods.forget_others();
        }
        leases.keep_own();
        monitor.forget_others();
        drop((leases, monitor, hooks, alive));
        if engines.iter().any(|kept| kept.engine().is_left_behind()) {
            note_left_behind();
        }
        drop(engines);
    }
}

/// What `prepare` held, unless this is called a second time after this fork.
fn held() -> Option<Box<Held>> {
    let held = HELD.replace(ptr::null_mut());
    // SAFETY: only `prepare` stores anything but null, from a box, on this thread, and it is taken out above, once.
    (!held.is_null()).then(|| unsafe { Box::from_raw(held) })
}
