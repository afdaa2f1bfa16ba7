//! The border to C: nothing unwinds across it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::abort;

/// Runs the body of a function that C calls. If it panics, the panic hook has said why, and the process aborts.
pub fn or_abort<R>(body: impl FnOnce() -> R) -> R {
    catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|_| abort())
}
