//! Store tags: what makes two stores of the same value to the same word different.
//!
//! A tag is 32 bits: the storer's number, a hart's or the host's, in the top [`STORER_BITS`], and below it that storer's count
//! of stores, which wraps. Invariants: (1) no two storers share a number; (2) two stores of one storer have
//! the same tag only if the number of stores between them is a multiple of 2^27.
//!
//! What the wrap means: SC is deceived if, between its LR and itself, another storer stores a multiple of
//! 2^27 times, the last of these that hit the word does so at exactly the remembered count, and leaves the
//! remembered value. A reservation lives for at most [`RESERVATION_LIFE`](crate::cpu::RESERVATION_LIFE)
//! instructions of its hart, which is microseconds while the hart runs; the other needs seconds for 2^27
//! stores. So the hart's host thread would have to be descheduled for those seconds inside the reservation,
//! and the one store in 134 million that carries the tag would have to be the last to this word.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// Bits of a tag that name the storer.
const STORER_BITS: u32 = 5;
/// Bits of a tag that count the storer's stores.
const COUNT_BITS: u32 = 32 - STORER_BITS;
const COUNT_MASK: u32 = (1 << COUNT_BITS) - 1;

/// The storer number of the host; harts have the numbers below it.
pub(super) const HOST: u32 = (1 << STORER_BITS) - 1;

/// A store's tag, in the place where a cell keeps it: the high half.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tag(u64);

impl Tag {
    fn new(storer: u32, count: u32) -> Self {
        Self(u64::from(storer << COUNT_BITS | count & COUNT_MASK) << 32)
    }

    /// Gives the cell contents of `value` stored with this tag.
    #[inline]
    pub(super) fn with(self, value: u32) -> u64 {
        self.0 | u64::from(value)
    }
}

/// One hart's supply of tags.
#[derive(Debug)]
pub(crate) struct StoreTags {
    hart: u32,
    count: u32,
}

impl StoreTags {
    /// Starts the tags of hart number `hart`, which is less than `MAX_HARTS`.
    pub(crate) fn new(hart: u32) -> Self {
        Self { hart, count: 0 }
    }

    /// Gives the tag of the hart's next store.
    #[inline]
    pub(crate) fn next(&mut self) -> Tag {
        self.count = self.count.wrapping_add(1);
        Tag::new(self.hart, self.count)
    }
}

/// The host's supply of tags, shared by its threads.
#[derive(Debug, Default)]
pub(super) struct HostTags(AtomicU32);

impl HostTags {
    /// Gives the tag of the host's next store.
    pub(super) fn next(&self) -> Tag {
        // Relaxed: only the uniqueness of the count matters, and an RMW has that in any ordering.
        Tag::new(HOST, self.0.fetch_add(1, Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_of_different_storers_never_agree() {
        let mut first = StoreTags { hart: 0, count: COUNT_MASK - 1 };
        let last = Tag::new(1, 0);
        assert!((0..4).all(|_| first.next() != last));
        assert_ne!(Tag::new(HOST, 7), Tag::new(HOST - 1, 7));
    }

    #[test]
    fn a_storers_count_wraps_within_its_own_bits() {
        let mut tags = StoreTags { hart: 3, count: COUNT_MASK };
        assert_eq!(tags.next(), Tag::new(3, 0));
        let mut tags = StoreTags { hart: 3, count: u32::MAX };
        assert_eq!(tags.next(), Tag::new(3, 0));
        assert_eq!(tags.next(), Tag::new(3, 1));
    }
}
