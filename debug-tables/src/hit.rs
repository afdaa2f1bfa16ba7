//! `Hit`: an access that a watchpoint stops, by value, for the CPU that made it to keep.

use crate::flags::Flags;
use crate::watchpoint::Watchpoint;

/// The kind of an access. A guest instruction that reads and writes, such as an atomic one, is checked for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Access {
    /// A load.
    Read,
    /// A store.
    Write,
}

impl Access {
    /// The flag that a watchpoint needs to stop at it.
    pub const fn flags(self) -> Flags {
        match self {
            Self::Read => Flags::MEM_READ,
            Self::Write => Flags::MEM_WRITE,
        }
    }
}

/// An access that a watchpoint stops. A CPU keeps it by value, for as long as it likes: it refers to no snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Hit {
    /// The watchpoint, as it was when the access was checked.
    pub watchpoint: Watchpoint,
    /// The first address that was both accessed and watched.
    pub hit_addr: u64,
    /// What the access did.
    pub access: Access,
    /// Attributes of the access (QEMU's `MemTxAttrs`), of which this crate knows nothing: 0 until
    /// [`with_attrs`](Self::with_attrs) sets them.
    pub attrs: u64,
}

impl Hit {
    pub(crate) fn new(watchpoint: Watchpoint, addr: u64, access: Access) -> Self {
        Self { watchpoint, hit_addr: addr.max(watchpoint.addr()), access, attrs: 0 }
    }

    /// The hit with the attributes of its access.
    #[must_use]
    pub const fn with_attrs(mut self, attrs: u64) -> Self {
        self.attrs = attrs;
        self
    }

    /// The watchpoint's flags and the hit bit of the access, as QEMU leaves them in the watchpoint that was hit.
    pub fn flags(&self) -> Flags {
        let hit = match self.access {
            Access::Read => Flags::HIT_READ,
            Access::Write => Flags::HIT_WRITE,
        };
        self.watchpoint.flags() | hit
    }
}
