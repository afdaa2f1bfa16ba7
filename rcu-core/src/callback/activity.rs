//! What a callback thread is at, for whoever looks at it from outside.

use crate::head::Kind;
use crate::sync::{Constant, Counter};

/// See the module. Changed by the callback thread only.
#[derive(Debug)]
pub struct Activity {
    run: Counter,
    panicked: Counter,
    wakeups: Counter,
    /// The most callbacks that it has seen pending.
    peak: Counter,
    /// The kind of the callback that runs now, if one does.
    running: Constant<Kind>,
}

impl Activity {
    pub const fn new() -> Self {
        let [run, panicked, wakeups, peak] = [const { Counter::new(0) }; 4];
        Self { run, panicked, wakeups, peak, running: Constant::none() }
    }

    /// Runs a callback of this kind; it says whether it returned.
    pub fn run(&self, kind: &'static Kind, callback: impl FnOnce() -> bool) {
        // SAFETY: (1): `Kind::new` (2).
        unsafe { self.running.set(Some(kind)) };
        let returned = callback();
        self.rest();
        self.run.add_own(1);
        if !returned {
            self.panicked.add_own(1);
        }
    }

    /// Notes that so many callbacks are pending.
    pub fn note_pending(&self, pending: u64) {
        self.peak.set(self.peak.get().max(pending));
    }

    /// Nothing runs any more.
    pub fn rest(&self) {
        // SAFETY: (1) none.
        unsafe { self.running.set(None) };
    }

    /// Notes that the thread was woken.
    pub fn note_wakeup(&self) {
        self.wakeups.add_own(1);
    }

    /// A number that changes with each callback that ends.
    pub fn step(&self) -> u64 {
        self.run.get()
    }

    /// The kind of the callback that runs now, if one does.
    pub fn running(&self) -> Option<&'static Kind> {
        self.running.get()
    }

    /// How many callbacks have run, those that panicked included.
    pub fn callbacks_run(&self) -> u64 {
        self.run.get()
    }

    /// How many callbacks have panicked.
    pub fn callbacks_panicked(&self) -> u64 {
        self.panicked.get()
    }

    /// How often the thread was woken.
    pub fn wakeups(&self) -> u64 {
        self.wakeups.get()
    }

    /// The most callbacks that the thread has seen pending.
    pub fn peak(&self) -> u64 {
        self.peak.get()
    }
}
