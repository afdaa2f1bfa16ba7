//! `Request`: what a `Z` packet asks for, and the entry of a table that it comes to.

use crate::breakpoint::Breakpoint;
use crate::error::Error;
use crate::flags::Flags;
use crate::watchpoint::Watchpoint;

/// What a debugger asks for by a `Z` packet, and withdraws by the `z` packet with the same content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Request {
    /// `Z0`: a software breakpoint. No code is patched for it: in a table it is what a hardware breakpoint is, and differs in
    /// what is reported only.
    Software {
        /// The address to stop at.
        pc: u64,
    },
    /// `Z1`: a hardware breakpoint.
    Hardware {
        /// The address to stop at.
        pc: u64,
    },
    /// `Z2`, `Z3` and `Z4`: a watchpoint.
    Watch {
        /// The first address.
        addr: u64,
        /// How many addresses.
        len: u64,
        /// What it stops at.
        kind: WatchKind,
    },
}

/// What a watchpoint stops at, as GDB distinguishes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WatchKind {
    /// `Z2`, GDB's `watch`: writes.
    Write,
    /// `Z3`, GDB's `rwatch`: reads.
    Read,
    /// `Z4`, GDB's `awatch`: reads and writes.
    Access,
}

impl WatchKind {
    /// The flags of a watchpoint of this kind, without whom it belongs to.
    pub const fn flags(self) -> Flags {
        match self {
            Self::Write => Flags::MEM_WRITE,
            Self::Read => Flags::MEM_READ,
            Self::Access => Flags::MEM_ACCESS,
        }
    }

    /// The kind that a watchpoint was registered as. One that stops at nothing is never met, so it may be called anything.
    fn of(watchpoint: &Watchpoint) -> Self {
        match watchpoint.flags().intersection(Flags::MEM_ACCESS) {
            Flags::MEM_WRITE => Self::Write,
            Flags::MEM_READ => Self::Read,
            _ => Self::Access,
        }
    }
}

impl Request {
    /// The request of the packet `Z<number>,<addr>,<kind>`. None if the number is none that is known: a stub answers such a
    /// packet with an empty reply.
    ///
    /// The kind of a breakpoint tells how long the instruction is, which is of no interest where no code is patched; that of a
    /// watchpoint is its length.
    ///
    /// ```
    /// use debug_tables::gdb::{Request, WatchKind};
    ///
    /// assert_eq!(Request::from_packet(0, 0x1000, 4), Some(Request::Software { pc: 0x1000 }));
    /// let watch = Request::Watch { addr: 0x2000, len: 8, kind: WatchKind::Access };
    /// assert_eq!(Request::from_packet(4, 0x2000, 8), Some(watch));
    /// assert_eq!(Request::from_packet(5, 0x2000, 8), None);
    /// ```
    pub const fn from_packet(number: u8, addr: u64, kind: u64) -> Option<Self> {
        let watch = match number {
            0 => return Some(Self::Software { pc: addr }),
            1 => return Some(Self::Hardware { pc: addr }),
            2 => WatchKind::Write,
            3 => WatchKind::Read,
            4 => WatchKind::Access,
            _ => return None,
        };
        Some(Self::Watch { addr, len: kind, kind: watch })
    }

    /// The request that comes to the same entry: software and hardware breakpoints share one.
    pub(super) const fn twin(self) -> Option<Self> {
        match self {
            Self::Software { pc } => Some(Self::Hardware { pc }),
            Self::Hardware { pc } => Some(Self::Software { pc }),
            Self::Watch { .. } => None,
        }
    }

    pub(super) fn of_watchpoint(watchpoint: &Watchpoint) -> Self {
        Self::Watch { addr: watchpoint.addr(), len: watchpoint.len(), kind: WatchKind::of(watchpoint) }
    }

    pub(super) fn entry(self) -> Result<Wanted, Error> {
        match self {
            Self::Software { pc } | Self::Hardware { pc } => {
                Breakpoint::new(pc, Flags::GDB).map(Wanted::Breakpoint)
            }
            Self::Watch { addr, len, kind } => {
                Watchpoint::new(addr, len, Flags::GDB | kind.flags()).map(Wanted::Watchpoint)
            }
        }
    }
}

/// The entry that a request comes to.
#[derive(Clone, Copy)]
pub(super) enum Wanted {
    Breakpoint(Breakpoint),
    Watchpoint(Watchpoint),
}
