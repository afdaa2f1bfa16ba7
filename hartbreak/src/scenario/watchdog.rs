//! The watchdog: turns a wait that never ends into a failure.
//!
//! The debugger's own polls have deadlines; what they cannot bound is a call that blocks: into a grace period, into the
//! lock of a table, or until a thread has ended. A thread looks every 50 ms whether the present wait is overdue, says who waits for whom, and ends the process.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

use crate::{Failure, output};

/// Longest wait. Waits are for milliseconds of work; this is for machines that are a thousand times too slow.
pub const LONGEST_WAIT: Duration = Duration::from_secs(20);

type Present = Option<(Instant, Cow<'static, str>)>;
type Wait = Mutex<Present>;

/// Watches the waits of one debugger.
#[derive(Debug)]
pub struct Watchdog {
    wait: Arc<Wait>,
}

/// A wait that is under way, until it is dropped.
#[derive(Debug)]
#[must_use = "the wait ends when this is dropped"]
pub struct Watched {
    wait: Arc<Wait>,
}

impl Watchdog {
    /// Starts the watchdog. Should the host refuse the thread, waits that block are not watched.
    pub fn new() -> Self {
        let wait = Arc::new(Wait::default());
        let watched = Arc::downgrade(&wait);
        let _ = thread::Builder::new().name("watchdog".to_owned()).spawn(move || watch(&watched));
        Self { wait }
    }

    /// Begins a wait; `who` says who waits for whom.
    pub fn watch(&self, who: impl Into<Cow<'static, str>>) -> Watched {
        self.watch_to_the_end(who);
        Watched { wait: Arc::clone(&self.wait) }
    }

    /// Begins the last wait, which ends when the watchdog is dropped.
    pub fn watch_to_the_end(&self, who: impl Into<Cow<'static, str>>) {
        *lock(&self.wait) = Some((Instant::now() + LONGEST_WAIT, who.into()));
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        *lock(&self.wait) = None;
    }
}

/// Watches until the debugger is gone.
fn watch(wait: &Weak<Wait>) {
    while let Some(wait) = wait.upgrade() {
        if let Some((deadline, who)) = &*lock(&wait) {
            if Instant::now() > *deadline {
                let expected = format!("no wait of more than {LONGEST_WAIT:?}");
                output::line(Failure::new("watchdog", expected, format!("{who}, for longer")));
                std::process::exit(1);
            }
        }
        thread::sleep(Duration::from_millis(50));
    }
}

fn lock(wait: &Wait) -> MutexGuard<'_, Present> {
    wait.lock().unwrap_or_else(PoisonError::into_inner)
}
