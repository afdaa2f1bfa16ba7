//! Diagnosis: whoever holds up others for too long is named, to a hook or in a line on standard error.

use std::fmt;
use std::time::Duration;

use crate::contain::contain;
use crate::report::report;
#[cfg(not(rcu_loom))]
use crate::slot::Slot;
use crate::slot::Source;
use crate::sync::{Arc, Counter};
use crate::thread::{OsThread, RoleMark, STALL_HOOK};

/// How long is too long, unless a domain is told otherwise. No model goes by the clock.
pub const DEFAULT_TIMEOUT: Duration = if cfg!(rcu_loom) { Duration::MAX } else { Duration::from_secs(10) };

/// Something that holds up a domain for longer than its [`stall_timeout`](crate::Builder::stall_timeout).
///
/// Displayed, it is the line that is written to standard error when there is no hook.
///
/// ```
/// use rcu_core::{Culprit, Domain};
///
/// let domain = Domain::builder()
///     .on_stall(|stall| match &stall.culprit {
///         Culprit::Reader { thread, .. } => eprintln!("{thread} should leave its section"),
///         _ => eprintln!("{stall}"),
///     })
///     .build();
/// # domain.synchronize();
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stall {
    /// What it is.
    pub culprit: Culprit,
    /// For how long it has been seen to last. It may have begun a little earlier.
    pub lasting: Duration,
}

/// See [`Stall`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Culprit {
    /// A reader holds up a grace period: it is inside a section that is older.
    #[non_exhaustive]
    Reader {
        /// The thread that entered the section.
        thread: OsThread,
        /// Whether it did so through a [`Reader`](crate::Reader) or [`QuiescentReader`](crate::QuiescentReader).
        handle: bool,
    },
    /// A callback runs, and all others of its domain wait behind it.
    #[non_exhaustive]
    Callback {
        /// The type of the closure, or of the value that is being dropped.
        name: &'static str,
        /// The callback thread.
        thread: OsThread,
    },
    /// The hook [`around_batches`](crate::Builder::around_batches) runs, before or after its callbacks.
    #[non_exhaustive]
    BatchHook {
        /// The callback thread.
        thread: OsThread,
    },
}

impl fmt::Display for Stall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.lasting.as_secs_f64();
        match &self.culprit {
            Culprit::Reader { thread, handle } => {
                let by = if *handle { ", by a handle," } else { "" };
                write!(
                    f,
                    "a grace period has waited {seconds:.1} s for {thread}, which is inside{by} a read-side critical section"
                )
            }
            Culprit::Callback { name, thread } => {
                write!(f, "a callback has run for {seconds:.1} s on {thread}: {name}")
            }
            Culprit::BatchHook { thread } => {
                write!(f, "the hook around batches has run for {seconds:.1} s on {thread}")
            }
        }
    }
}

/// Told of each stall of a domain.
pub type StallHook = Arc<dyn Fn(&Stall) + Send + Sync>;

/// That of the default domain.
#[cfg(not(rcu_loom))]
pub static ON_STALL: Slot<StallHook> = Slot::new();

/// Where that of the default domain is: a model's has none.
pub const DEFAULT_HOOK: Source<StallHook> = {
    #[cfg(not(rcu_loom))]
    let source = Source::Slot(&ON_STALL);
    #[cfg(rcu_loom)]
    let source = Source::Own(None);
    source
};

/// Tells the hook of a stall, or else whoever reads standard error. No lock is held by the caller.
pub fn tell(hook: Option<StallHook>, stall: &Stall) {
    match hook {
        Some(hook) => {
            let _mark = RoleMark::set(STALL_HOOK);
            contain(|| hook(stall));
            // If the domain is gone, this is the last of it: what it captured may do no more than the hook.
            drop(hook);
        }
        None => report(format_args!("{stall}")),
    }
}

/// How a domain diagnoses stalls.
pub struct Stalls {
    timeout: Duration,
    hook: Source<StallHook>,
    reported: Counter,
}

impl Stalls {
    pub const fn new(timeout: Duration, hook: Source<StallHook>) -> Self {
        Self { timeout, hook, reported: Counter::new(0) }
    }

    /// For models, which do not go by the clock.
    #[cfg(rcu_loom)]
    pub fn never() -> Self {
        Self::new(DEFAULT_TIMEOUT, Source::Own(None))
    }

    /// How long is too long.
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Reports a stall. No lock is held by the caller.
    pub fn report(&self, stall: &Stall) {
        tell(self.count(), stall);
    }

    /// Counts a stall that is about to be told, and returns whom to [`tell`].
    pub fn count(&self) -> Option<StallHook> {
        self.reported.add(1);
        self.hook.get()
    }

    /// How many were reported.
    pub fn reported(&self) -> u64 {
        self.reported.get()
    }
}

impl fmt::Debug for Stalls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stalls").field("timeout", &self.timeout).finish_non_exhaustive()
    }
}
