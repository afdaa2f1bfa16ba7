//! `Bounds`: the lowest and the highest address of a snapshot, so that many looks end with two compares.

/// From the lowest to the highest address of any entry.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    lowest: u64,
    highest: u64,
}

impl Bounds {
    /// Of no entries: no range meets them.
    pub const NONE: Self = Self { lowest: u64::MAX, highest: 0 };

    pub fn new(lowest: u64, highest: u64) -> Self {
        Self { lowest, highest }
    }

    /// Whether an entry may have an address in `first..=last`.
    #[inline(always)]
    pub fn may_overlap(self, first: u64, last: u64) -> bool {
        (self.lowest <= last) & (first <= self.highest)
    }
}
