//! All the state of one domain, whoever owns it: a static for the default domain, an `Arc` for the others.

use std::fmt;
use std::ptr::NonNull;

use crate::callback::{
    BatchHook, Callbacks, DEFAULT_BATCH_HOOK, DEFAULT_SOFT_LIMIT, Limits, Meanwhile, SpawnError,
    ThreadOptions,
};
use crate::contain::contained;
use crate::fence::Fences;
use crate::reader::Record;
use crate::slot::Source;
use crate::stall::{DEFAULT_HOOK, DEFAULT_TIMEOUT, Stalls};
use crate::sync::{Arc, unique};
use crate::synchronize::{Synchronizer, Waiter};

/// The readers and grace periods of a domain, and its callbacks. The two know nothing of each other.
///
/// A bound on [`Scope`](crate::Scope) lets its user name this type. Nothing of it may be public: what the parts promise
/// each other is not for safe code outside to break.
pub struct Engine {
    /// A number that no other domain of the process has or had.
    pub(crate) id: u64,
    pub(crate) grace_periods: Synchronizer,
    pub(crate) callbacks: Callbacks,
    /// What the callback thread is made with.
    pub(crate) thread: ThreadOptions,
}

impl Engine {
    const_fn! {
        /// The engine of the default domain, which has the number 0.
        pub(crate) fn global() -> Self {
            Self {
                id: 0,
                grace_periods: Synchronizer::new(Fences::Auto, Stalls::new(DEFAULT_TIMEOUT, DEFAULT_HOOK)),
                callbacks: Callbacks::new(Limits::new(DEFAULT_SOFT_LIMIT, None, false), DEFAULT_BATCH_HOOK),
                thread: ThreadOptions::new(),
            }
        }
    }

    /// The engine of a new domain.
    pub(crate) fn new(
        fences: Fences,
        stalls: Stalls,
        limits: Limits,
        around_batches: Option<BatchHook>,
        thread: ThreadOptions,
    ) -> Self {
        Self {
            id: unique(),
            grace_periods: Synchronizer::new(fences, stalls),
            callbacks: Callbacks::new(limits, Source::Own(around_batches)),
            thread,
        }
    }

    /// Starts the callback thread, which keeps the engine, unless it is there.
    pub(crate) fn spawn(self: &Arc<Self>, meanwhile: Meanwhile) -> Result<(), SpawnError> {
        let engine = Arc::clone(self);
        self.callbacks.thread.spawn(meanwhile, &self.thread, move || {
            engine.serve_callbacks();
        })
    }

    /// Whether there is something to do for a callback thread that a fork left behind.
    #[cfg(not(rcu_loom))]
    pub(crate) fn is_left_behind(&self) -> bool {
        let Self { callbacks, grace_periods, .. } = self;
        callbacks.thread.was_left_behind() && (!callbacks.is_idle() || grace_periods.requested().is_some())
    }

    /// What the callback thread runs.
    pub(crate) fn serve_callbacks(&self) {
        self.callbacks.serve(&self.grace_periods);
    }

    /// Panics, in the name of `call`, where waiting for a grace period would never end. Returns the caller; `own` is as for [`Waiter`].
    pub(crate) fn assert_may_wait(&self, call: &str, own: Option<NonNull<Record>>) -> Waiter {
        self.callbacks.assert_not_in_callback(call);
        self.grace_periods.assert_may_wait(call, own)
    }

    pub(crate) fn stats(&self) -> Stats {
        let (grace_periods, heavy_fences) = self.grace_periods.counts();
        let Callbacks { activity, .. } = &self.callbacks;
        let callbacks_run = activity.callbacks_run();
        let pending = self.callbacks.pending();
        let held_up = self.callbacks.held_up();
        Stats {
            grace_periods,
            heavy_fences,
            callbacks_queued: callbacks_run + pending,
            callbacks_run,
            callbacks_panicked: activity.callbacks_panicked(),
            callbacks_pending: pending,
            callbacks_peak: activity.peak().max(pending),
            calls_paced: self.callbacks.limits.paced(),
            calls_waited: held_up.waited,
            calls_over_limit: held_up.exceeded,
            wakeups: activity.wakeups(),
            stalls: self.grace_periods.stalls.reported(),
            panics_contained: contained(),
            readers: self.grace_periods.registry.len(),
        }
    }
}

impl fmt::Debug for Engine {
    /// Shows no part: some are behind locks, which std holds while it writes, and what it writes to may be the application's code.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").field("id", &self.id).finish_non_exhaustive()
    }
}

/// What a domain has done so far. The numbers are read one after another, not at one moment.
///
/// ```
/// let domain = rcu_core::Domain::new();
/// domain.synchronize();
/// domain.call(|| ());
/// domain.barrier();
/// let stats = domain.stats();
/// assert_eq!((stats.grace_periods, stats.callbacks_run, stats.callbacks_pending), (2, 1, 0));
/// assert_eq!(stats.heavy_fences, 0); // there is no reader
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Grace periods that have ended.
    pub grace_periods: u64,
    /// Heavy fences passed for them: one each, unless no reader but the caller ran light just before, and one more for each that had to
    /// sleep.
    pub heavy_fences: u64,
    /// Callbacks that were queued.
    pub callbacks_queued: u64,
    /// Callbacks that have run, those that panicked included.
    pub callbacks_run: u64,
    /// Callbacks that panicked. The panic hook has reported each.
    pub callbacks_panicked: u64,
    /// Callbacks that are queued and have not run to their end.
    pub callbacks_pending: u64,
    /// The most that were pending when the callback thread looked, which it does before and after each grace period.
    pub callbacks_peak: u64,
    /// Calls that [rested](crate::Builder::pace) because their thread ran ahead of the callback thread.
    pub calls_paced: u64,
    /// Calls that waited at the [hard limit](crate::Builder::hard_limit).
    pub calls_waited: u64,
    /// Calls that went beyond the hard limit because they must not wait: in a section, a callback or a kick.
    pub calls_over_limit: u64,
    /// How often the callback thread was woken from its sleep.
    pub wakeups: u64,
    /// Stalls that were [reported](crate::Stall).
    pub stalls: u64,
    /// Panics of the application's code that were contained: of callbacks, kicks and hooks, of what these captured, and of panic
    /// payloads, when they are dropped. The panic hook has reported each that was no `resume_unwind`.
    ///
    /// Not of the domain, but of the process: a hook that is shared, or called as its domain ends, outlives the domain.
    pub panics_contained: u64,
    /// Readers that are registered now: threads and handles.
    pub readers: usize,
}
