//! `Stop`: what stopped a CPU, by value; and whether it still would.

use super::request::Request;
use crate::breakpoint::Breakpoint;
use crate::flags::Flags;
use crate::hit::Hit;
use crate::set::CpuTables;
use crate::table::{Scope, Section};

/// What stopped a CPU: copied out of the snapshot, inside the section in which it was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// A breakpoint: the instruction there has not run.
    Breakpoint(Breakpoint),
    /// A watchpoint.
    Watchpoint(Hit),
}

impl From<Breakpoint> for Stop {
    fn from(breakpoint: Breakpoint) -> Self {
        Self::Breakpoint(breakpoint)
    }
}

impl From<Hit> for Stop {
    fn from(hit: Hit) -> Self {
        Self::Watchpoint(hit)
    }
}

impl Stop {
    /// The stop as these tables would have it now, if they would stop at all. Of a watchpoint that is gone, another may have
    /// been behind it in the table, which the same access has met.
    ///
    /// What belongs to the guest alone is no stop for the debugger.
    pub(super) fn again<S: Scope>(self, tables: &CpuTables<S>, section: &impl Section<S>) -> Option<Self> {
        match self {
            Self::Breakpoint(breakpoint) => {
                let now = tables.breakpoints.read(section).first_match(breakpoint.pc(), Flags::GDB);
                now.filter(|_| breakpoint.flags().contains(Flags::GDB)).copied().map(Self::Breakpoint)
            }
            Self::Watchpoint(hit) => {
                let would_stop = Flags::GDB | hit.access.flags();
                let mut now = tables.watchpoints.read(section).iter().filter(|watchpoint| {
                    watchpoint.flags().contains(would_stop) && watchpoint.range().contains(&hit.hit_addr)
                });
                let same = now.clone().find(|&&watchpoint| watchpoint == hit.watchpoint);
                let watchpoint = *same.or_else(|| now.next())?;
                let is_gdb = hit.watchpoint.flags().contains(Flags::GDB);
                is_gdb.then_some(Self::Watchpoint(Hit { watchpoint, ..hit }))
            }
        }
    }
}

/// A stop that is to be reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report<K> {
    /// Whose it is.
    pub cpu: K,
    /// What was met, as the debugger asked for it: the kind and the address that its stop reply has to name.
    pub request: Request,
    /// What met it.
    pub stop: Stop,
}
