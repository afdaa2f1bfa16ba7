//! What runs harts on threads, one at a time: a scenario needs its harts and its debugger to run side by side, and a test
//! machine has few processors.

use std::sync::{Mutex, MutexGuard, PoisonError};

static RUNNING: Mutex<()> = Mutex::new(());

/// Waits until no other test of this process runs harts on threads, and keeps it so.
pub fn alone() -> MutexGuard<'static, ()> {
    // A test that failed has nothing running any more.
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}
