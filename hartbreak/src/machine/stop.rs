//! Why a hart waits, and how it goes on.

use std::fmt;

use super::hit::Hit;

/// Why a hart waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// It has met a breakpoint or a watchpoint.
    Hit(Hit),
    /// It was asked to.
    Asked,
    /// It has executed the one instruction that it was resumed for.
    Stepped,
}

/// How a hart that waits goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Go {
    /// It runs, over the breakpoint that it has stopped at.
    Over,
    /// It runs; a breakpoint where it stands stops it again.
    Again,
    /// It executes one instruction, over the breakpoint that it has stopped at.
    Step,
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hit(hit) => hit.fmt(f),
            Self::Asked => f.write_str("a debugger's wish"),
            Self::Stepped => f.write_str("the end of a step"),
        }
    }
}
