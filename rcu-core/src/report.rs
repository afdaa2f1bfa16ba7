//! One line on standard error, where nobody can be returned an error.

use std::fmt;
use std::io::{self, Write};

/// Writes a line. Unlike `eprintln`, it does not panic if standard error is closed: what has to be said must not change what
/// is done.
pub fn report(line: fmt::Arguments<'_>) {
    // Nobody is left to be told.
    let _ = writeln!(io::stderr(), "rcu-core: {line}");
}
