//! A check that failed: which, what it expected, what it saw.

use std::fmt;

/// A check that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The check's name.
    pub check: &'static str,
    /// What should have been.
    pub expected: String,
    /// What was.
    pub seen: String,
}

impl Failure {
    /// A failure of `check`.
    pub fn new(check: &'static str, expected: impl Into<String>, seen: impl Into<String>) -> Self {
        Self { check, expected: expected.into(), seen: seen.into() }
    }

    /// Passes if the two are equal.
    ///
    /// # Errors
    /// A failure that says of `what` the two differ.
    pub fn unless_equal<T: PartialEq + fmt::Debug>(
        check: &'static str,
        what: &str,
        expected: T,
        seen: T,
    ) -> Result<(), Self> {
        if expected == seen {
            return Ok(());
        }
        Err(Self::new(check, format!("{what}: {expected:x?}"), format!("{seen:x?}")))
    }
}

impl fmt::Display for Failure {
    /// Ends in the line that names the check.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected {}\nseen     {}\nFAIL: {}", self.expected, self.seen, self.check)
    }
}

impl std::error::Error for Failure {}
