//! Force-RCU notifiers, as their user holds them.

use std::fmt;
use std::ptr::NonNull;

use crate::contain::Hook;
use crate::reader::Record;
use crate::registry::Kick;
use crate::scope::Scope;
use crate::sync::{Arc, Mutex, lock};

/// A registered force-RCU notifier. Dropping it removes the notifier.
///
/// ```
/// let mut reader = rcu_core::reader();
/// let notifier = reader.on_force(|| println!("leave your section soon"));
/// drop(reader.read_lock()); // short enough never to hear of it
/// drop(notifier);
/// ```
#[must_use = "dropping the handle removes the notifier"]
pub struct NotifierHandle {
    kick: Kick,
}

impl NotifierHandle {
    /// Registers a kick for a reader that is in the registry of `scope`.
    pub(crate) fn register<S: Scope>(
        scope: &S,
        record: NonNull<Record>,
        kick: impl Fn() + Send + Sync + 'static,
    ) -> Self {
        let kick = Hook::new(kick);
        let run = move || {
            kick();
        };
        let kick: Kick = Arc::new(Mutex::new(Some(Arc::new(run))));
        S::engine(scope.borrow()).grace_periods.registry.add_kick(record, Arc::clone(&kick));
        Self { kick }
    }

    /// Removes the notifier and returns at once. A call of it that is under way on another thread may still finish.
    ///
    /// ```
    /// let notifier = rcu_core::on_force(|| println!("leave your section soon"));
    /// notifier.remove();
    /// ```
    pub fn remove(self) {}
}

impl Drop for NotifierHandle {
    fn drop(&mut self) {
        let kick = lock(&self.kick).take();
        // The closure is the application's: it is dropped with no lock held.
        drop(kick);
    }
}

impl fmt::Debug for NotifierHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NotifierHandle").finish_non_exhaustive()
    }
}
