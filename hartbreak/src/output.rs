//! Standard output, whoever reads it.
//!
//! `println!` panics when nobody does any more, as in `hartbreak | head -1`. Here that ends the process without a word,
//! and with the status of a failure: what was not read did not pass.

use std::fmt;
use std::io::{self, Write};

/// Prints a line. Ends the process if nobody can read it.
pub fn line(text: impl fmt::Display) {
    if let Err(error) = writeln!(io::stdout(), "{text}") {
        if error.kind() != io::ErrorKind::BrokenPipe {
            // Nobody is left to tell if this fails too.
            let _ = writeln!(io::stderr(), "hartbreak: standard output: {error}");
        }
        std::process::exit(1);
    }
}
