//! `Bounds`: the lowest and the highest address of a snapshot, so that most looks end with a compare or two.

use crate::entry::Entry;

/// From the lowest to the highest address of any entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    lowest: u64,
    /// The highest address less the lowest.
    span: u64,
}

impl Bounds {
    /// Of no entries. They have to be something: one address, as of an entry that has just that.
    pub const NONE: Self = Self { lowest: u64::MAX, span: 0 };

    /// Of all these entries.
    pub fn of<E: Entry>(entries: &[E]) -> Self {
        entries
            .split_first()
            .map_or(Self::NONE, |(first, rest)| rest.iter().fold(Self::of_one(first), Self::and))
    }

    /// Of this entry.
    pub fn of_one<E: Entry>(entry: &E) -> Self {
        Self { lowest: entry.first(), span: entry.last() - entry.first() }
    }

    /// These, of at least one entry, widened to take in another.
    pub fn and<E: Entry>(self, entry: &E) -> Self {
        let lowest = self.lowest.min(entry.first());
        Self { lowest, span: self.highest().max(entry.last()) - lowest }
    }

    /// Whether they would be as they are without this one of the entries.
    pub fn do_not_need<E: Entry>(self, entry: &E) -> bool {
        self.lowest < entry.first() && entry.last() < self.highest()
    }

    /// Whether an entry may have this address.
    #[inline(always)]
    pub fn may_have(self, address: u64) -> bool {
        address.wrapping_sub(self.lowest) <= self.span
    }

    /// Whether an entry may have an address in `first..=last`.
    #[inline(always)]
    pub fn may_overlap(self, first: u64, last: u64) -> bool {
        (self.lowest <= last) & (first <= self.highest())
    }

    #[inline(always)]
    fn highest(self) -> u64 {
        self.lowest + self.span
    }
}
