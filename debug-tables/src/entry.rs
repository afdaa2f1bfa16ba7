//! What breakpoints and watchpoints have in common: a range of addresses, flags, perhaps a reference. Snapshots and tables
//! are written once, for entries.

use std::num::NonZeroU64;

use crate::flags::Flags;
use crate::index::{Index, Mark};

/// A number by which whoever inserted an entry finds it again. References are per table, and unique in it.
pub type Ref = NonZeroU64;

/// The part of [`Entry`](crate::Entry) that is the crate's own.
#[doc(hidden)]
pub trait Parts: Copy {
    /// What a snapshot of such entries finds them by.
    type Index: Index;

    /// The first address of the range.
    fn first(&self) -> u64;

    /// The last address of the range, which is part of it: the end itself may be 2^64.
    fn last(&self) -> u64;

    fn flags(&self) -> Flags;

    fn reference(&self) -> Option<Ref>;

    /// The same entry with another reference.
    fn with_reference(self, reference: Option<Ref>) -> Self;

    fn mark(&self) -> Mark {
        Mark { first: self.first(), last: self.last(), flags: self.flags() }
    }

    /// Whether the entry is of the class that comes first in its table.
    fn is_gdb(&self) -> bool {
        self.flags().contains(Flags::GDB)
    }

    /// Whether the range has an address in common with `first..=last`, which must not be empty.
    fn overlaps(&self, first: u64, last: u64) -> bool {
        self.first() <= last && first <= self.last()
    }
}
