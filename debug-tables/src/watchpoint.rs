//! `Watchpoint`: a range of addresses to stop at when it is accessed.
//!
//! Invariants: (1) a watchpoint is not empty and does not run past 2^64, so its last address is a `u64`; (2) it carries no
//! hit state, which belongs to a CPU and not to what all CPUs read.

use std::ops::RangeInclusive;

use crate::entry::{Parts, Ref};
use crate::error::Error;
use crate::flags::Flags;
use crate::index::Watched;

/// A watchpoint: stops when a range of addresses is accessed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Watchpoint {
    addr: u64,
    len: u64,
    flags: Flags,
    reference: Option<Ref>,
}

impl Watchpoint {
    /// A watchpoint without a reference. Hit bits in `flags` are dropped.
    pub(crate) fn new(addr: u64, len: u64, flags: Flags) -> Result<Self, Error> {
        let flags = flags.known()?.difference(Flags::WATCHPOINT_HIT);
        let reach = len.checked_sub(1).ok_or(Error::EmptyRange)?;
        addr.checked_add(reach).ok_or(Error::RangeOverflow)?;
        Ok(Self { addr, len, flags, reference: None })
    }

    /// What a removal looks for. A range that no watchpoint can have is not found, as in QEMU, rather than invalid.
    pub(crate) fn wanted(addr: u64, len: u64, flags: Flags) -> Result<Self, Error> {
        Self::new(addr, len, flags).map_err(|error| match error {
            Error::EmptyRange | Error::RangeOverflow => Error::NotFound,
            other => other,
        })
    }

    /// The first address of the range.
    pub const fn addr(&self) -> u64 {
        self.addr
    }

    /// How many addresses are watched; at least one.
    #[expect(clippy::len_without_is_empty, reason = "a watchpoint is never empty")]
    pub const fn len(&self) -> u64 {
        self.len
    }

    /// All the addresses that are watched.
    pub const fn range(&self) -> RangeInclusive<u64> {
        self.addr..=self.addr + (self.len - 1)
    }

    /// Which accesses it stops at, and whom it belongs to. Never with hit bits.
    pub const fn flags(&self) -> Flags {
        self.flags
    }

    /// The reference it was inserted with.
    pub const fn reference(&self) -> Option<Ref> {
        self.reference
    }
}

impl Parts for Watchpoint {
    type Index = Watched;

    fn first(&self) -> u64 {
        self.addr
    }

    fn last(&self) -> u64 {
        self.addr + (self.len - 1)
    }

    fn flags(&self) -> Flags {
        self.flags
    }

    fn reference(&self) -> Option<Ref> {
        self.reference
    }

    fn with_reference(self, reference: Option<Ref>) -> Self {
        Self { reference, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_not_empty_and_ends_at_two_to_the_64_at_the_most() {
        let new =
            |addr, len| Watchpoint::new(addr, len, Flags::MEM_WRITE).map(|watchpoint| watchpoint.range());
        assert_eq!(new(0, 0), Err(Error::EmptyRange));
        assert_eq!(new(u64::MAX, 0), Err(Error::EmptyRange));
        assert_eq!(new(u64::MAX, 1), Ok(u64::MAX..=u64::MAX));
        assert_eq!(new(u64::MAX, 2), Err(Error::RangeOverflow));
        assert_eq!(new(u64::MAX - 7, 8), Ok(u64::MAX - 7..=u64::MAX));
        assert_eq!(new(0, u64::MAX), Ok(0..=u64::MAX - 1));
        assert_eq!(new(1, u64::MAX), Ok(1..=u64::MAX));
        assert_eq!(new(2, u64::MAX), Err(Error::RangeOverflow));
    }

    #[test]
    fn hit_bits_are_not_kept() {
        let watchpoint = Watchpoint::new(8, 8, Flags::MEM_READ | Flags::WATCHPOINT_HIT).unwrap();
        assert_eq!(watchpoint.flags(), Flags::MEM_READ);
    }

    #[test]
    fn no_watchpoint_has_a_range_that_cannot_be_inserted() {
        let wanted = |addr, len, flags| Watchpoint::wanted(addr, len, flags).map(|_| ());
        assert_eq!(wanted(8, 0, Flags::GDB), Err(Error::NotFound));
        assert_eq!(wanted(u64::MAX, 2, Flags::GDB), Err(Error::NotFound));
        assert_eq!(wanted(8, 0, Flags::from_bits_retain(8)), Err(Error::UnknownFlags));
    }
}
