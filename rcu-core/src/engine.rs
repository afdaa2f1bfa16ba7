//! All the state of one domain, whoever owns it: a static for the default domain, an `Arc` for the others.

use crate::callback::Callbacks;
use crate::fence::Fences;
use crate::sync::unique;
use crate::synchronize::Synchronizer;

/// The readers and grace periods of a domain, and its callbacks. The two know nothing of each other.
///
/// A bound on [`Scope`](crate::Scope) lets its user name this type. Nothing of it may be public: what the parts promise
/// each other is not for safe code outside to break.
#[derive(Debug)]
pub struct Engine {
    /// A number that no other domain of the process has or had.
    pub(crate) id: u64,
    pub(crate) grace_periods: Synchronizer,
    pub(crate) callbacks: Callbacks,
}

impl Engine {
    const_fn! {
        /// The engine of the default domain, which has the number 0.
        pub(crate) fn global() -> Self {
            Self { id: 0, grace_periods: Synchronizer::new(Fences::Auto), callbacks: Callbacks::new() }
        }
    }

    /// The engine of a new domain.
    pub(crate) fn new(fences: Fences) -> Self {
        Self { id: unique(), grace_periods: Synchronizer::new(fences), callbacks: Callbacks::new() }
    }

    /// What the callback thread runs.
    pub(crate) fn serve_callbacks(&self) {
        self.callbacks.serve(&self.grace_periods);
    }

    /// Panics, in the name of `call`, where waiting for a grace period would never end.
    pub(crate) fn assert_may_wait(&self, call: &str) {
        self.callbacks.assert_not_in_callback(call);
        self.grace_periods.assert_may_wait(call);
    }

    pub(crate) fn stats(&self) -> Stats {
        let (grace_periods, heavy_fences) = self.grace_periods.counts();
        let (callbacks_run, callbacks_panicked) = self.callbacks.counts();
        let readers = self.grace_periods.registry.len();
        Stats { grace_periods, heavy_fences, callbacks_run, callbacks_panicked, readers }
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
/// assert_eq!((stats.grace_periods, stats.callbacks_run), (2, 1));
/// assert_eq!(stats.heavy_fences, 0); // there is no reader
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Grace periods that have ended.
    pub grace_periods: u64,
    /// Heavy fences passed for them: one each, unless no reader but the caller ran light, and one more for each that had to
    /// sleep.
    pub heavy_fences: u64,
    /// Callbacks that have run, those that panicked included.
    pub callbacks_run: u64,
    /// Callbacks that panicked. The panic hook has reported each.
    pub callbacks_panicked: u64,
    /// Readers that are registered now: threads and handles.
    pub readers: usize,
}
