//! What can be chosen: how a run is set up, what is broken in it on purpose, what is compared.

use std::path::PathBuf;
use std::time::Duration;

/// How to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// How many harts.
    pub harts: u32,
    /// How long the measured part lasts.
    pub duration: Duration,
    /// The guest's ELF file; the built-in one if there is none.
    pub guest: Option<PathBuf>,
}

/// A value that is one of a few names.
pub trait Named: Copy + 'static {
    /// Every value.
    const ALL: &'static [Self];

    /// The value's name on the command line.
    fn name(self) -> &'static str;
}

/// One thing to break in the scenario, each in its own plumbing, so that its check is seen to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sabotage {
    /// Breakpoints that are to be removed stay.
    NoRemove,
    /// The debugger goes on without a grace period after the removal that a hart stays inside for.
    SkipGracePeriod,
    /// Translated blocks are invalidated before the change is published.
    InvalidateFirst,
    /// A write watchpoint is inserted as one for reads.
    WrongKind,
    /// A late hart joins without its parent's breakpoints.
    LostInherit,
    /// All harts are parked for the updates of the storm, and run in between.
    Park,
}

impl Named for Sabotage {
    const ALL: &'static [Self] = &[
        Self::NoRemove,
        Self::SkipGracePeriod,
        Self::InvalidateFirst,
        Self::WrongKind,
        Self::LostInherit,
        Self::Park,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::NoRemove => "no-remove",
            Self::SkipGracePeriod => "skip-grace-period",
            Self::InvalidateFirst => "invalidate-first",
            Self::WrongKind => "wrong-kind",
            Self::LostInherit => "lost-inherit",
            Self::Park => "park",
        }
    }
}

/// One thing to break in the server for GDB in non-stop mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GdbSabotage {
    /// Of three stops at breakpoints one is not told, and the hart goes on.
    MissedStop,
    /// Breakpoints that are to be removed stay.
    GhostStop,
    /// A write watchpoint is inserted as one for reads.
    WrongWatch,
}

impl Named for GdbSabotage {
    const ALL: &'static [Self] = &[Self::MissedStop, Self::GhostStop, Self::WrongWatch];

    fn name(self) -> &'static str {
        match self {
            Self::MissedStop => "missed-stop",
            Self::GhostStop => "ghost-stop",
            Self::WrongWatch => "wrong-watch",
        }
    }
}

/// How a server for GDB works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GdbMode {
    /// Harts stop one by one.
    NonStop(Option<GdbSabotage>),
    /// All stop at once.
    AllStop,
}

/// What the tables are behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// No tables: no check is made, none is counted but those that would have been.
    None,
    /// `debug-tables` over `rcu-core`, in sections.
    Rcu,
    /// The same, between quiescent states.
    Quiescent,
    /// One `std::sync::RwLock` for all harts.
    RwLock,
    /// One `std::sync::Mutex` for all harts.
    Mutex,
}

impl Named for Kind {
    const ALL: &'static [Self] = &[Self::None, Self::Rcu, Self::Quiescent, Self::RwLock, Self::Mutex];

    fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Rcu => "rcu",
            Self::Quiescent => "quiescent",
            Self::RwLock => "rwlock",
            Self::Mutex => "mutex",
        }
    }
}
