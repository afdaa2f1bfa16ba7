//! One line on standard error, where nobody can be returned an error.

use std::fmt;

use crate::sys::write_error;

/// Writes a line. Unlike `eprintln`, it does not panic if standard error is closed: what has to be said must not change what
/// is done.
pub fn report(line: fmt::Arguments<'_>) {
    write_error(&format!("rcu-core: {line}\n"));
}
