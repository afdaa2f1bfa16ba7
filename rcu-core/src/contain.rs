//! Running the application's code on a thread that others depend on.

use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs `f` and says whether it returned. If it panics, the panic hook has reported it, and its payload is dropped here;
/// should that panic too, the second payload is leaked, for nothing says that its drop would not.
pub fn contain(f: impl FnOnce()) -> bool {
    let Err(payload) = catch_unwind(AssertUnwindSafe(f)) else { return true };
    if let Err(second) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        mem::forget(second);
    }
    false
}
