//! What a hart reports when it meets a breakpoint or a watchpoint: all of it by value, so that it outlives the
//! section in which it was found, and whatever the debugger does to the tables.

use std::fmt;

use debug_tables::{Breakpoint, Flags, gdb};

use crate::cpu::Access;

/// A breakpoint or watchpoint that a hart met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit {
    /// The address of the instruction: of a breakpoint the next one, which has not run; of a watchpoint the one that
    /// made the access, which has. A watchpoint is reported after its access, with the values.
    pub pc: u32,
    /// What was met.
    pub cause: Cause,
}

/// What a hart met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The first breakpoint in table order at the hit's pc.
    Breakpoint(Breakpoint),
    /// The first watchpoint in table order that the access met.
    Watchpoint {
        /// What the table says: the watchpoint, the first address that was both watched and accessed, the kind.
        hit: debug_tables::Hit,
        /// What the hart did: the whole access with the values read and written. An AMO did both.
        access: Access,
    },
}

impl Hit {
    /// What the debugger's queue of stops keeps of it.
    pub(super) fn stop(&self) -> gdb::Stop {
        match &self.cause {
            Cause::Breakpoint(breakpoint) => (*breakpoint).into(),
            Cause::Watchpoint { hit, .. } => (*hit).into(),
        }
    }

    /// The flags of the entry that was met.
    pub fn flags(&self) -> Flags {
        match &self.cause {
            Cause::Breakpoint(breakpoint) => breakpoint.flags(),
            Cause::Watchpoint { hit, .. } => hit.watchpoint.flags(),
        }
    }
}

impl fmt::Display for Hit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.cause {
            Cause::Breakpoint(breakpoint) => {
                write!(f, "breakpoint ({:?}) at {:#010x}", breakpoint.flags(), self.pc)
            }
            Cause::Watchpoint { hit, access } => write!(
                f,
                "watchpoint ({:?}) at {:#010x}: {} of {} bytes, read {:#x}, wrote {:#x}, by the instruction at {:#010x}",
                hit.watchpoint.flags(),
                hit.hit_addr,
                access.kind,
                access.len,
                access.read,
                access.written,
                self.pc
            ),
        }
    }
}
