//! `Spans`: ranges in the order of their starts, each with how far it and those before it reach. Whether any of them meets
//! another range is then seen at the last one that starts in time.
//!
//! Invariants: (1) spans are sorted by first and last address, so that equal ranges give equal spans; (2) a span's reach is
//! the highest last address up to it.

use crate::array::Array;

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spans {
    sorted: Array<Span>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Span {
    first: u64,
    last: u64,
    reach: u64,
}

impl Spans {
    /// Of no ranges.
    pub const EMPTY: Self = Self { sorted: Array::EMPTY };

    /// Of these ranges, which end with their last addresses.
    pub fn of(ranges: impl Iterator<Item = (u64, u64)>) -> Self {
        let mut sorted: Vec<Span> = ranges.map(|(first, last)| Span { first, last, reach: last }).collect();
        sorted.sort_unstable_by_key(|span| (span.first, span.last));
        let mut reach = 0;
        for span in &mut sorted {
            reach = span.last.max(reach);
            span.reach = reach;
        }
        Self { sorted: Array::new(sorted) }
    }

    pub fn is_empty(&self) -> bool {
        self.sorted.is_empty()
    }

    /// The first and the last address of each, sorted.
    pub fn iter(&self) -> impl Iterator<Item = (u64, u64)> + Clone {
        self.sorted.iter().map(|span| (span.first, span.last))
    }

    /// The lowest and the highest address.
    pub fn bounds(&self) -> Option<(u64, u64)> {
        Some((self.sorted.first()?.first, self.sorted.last()?.reach))
    }

    /// Whether any has an address in `first..=last`.
    pub fn any_in(&self, first: u64, last: u64) -> bool {
        let started = self.sorted.partition_point(|span| span.first <= last);
        self.sorted[..started].last().is_some_and(|span| first <= span.reach)
    }

    /// Gives back memory that is not used.
    pub fn trim(&mut self) {
        self.sorted.trim();
    }

    pub fn insert(&mut self, first: u64, last: u64) {
        let at = self.find(first, last);
        let reach = last.max(self.reach_before(at));
        self.sorted.insert(at, Span { first, last, reach });
        self.mend(at + 1);
    }

    /// Takes out a range that is there.
    pub fn remove(&mut self, first: u64, last: u64) {
        let at = self.find(first, last);
        let gone = self.sorted.remove(at);
        debug_assert_eq!((gone.first, gone.last), (first, last), "every watchpoint has a span");
        self.mend(at);
    }

    /// Where such a range is, or would be.
    fn find(&self, first: u64, last: u64) -> usize {
        self.sorted.partition_point(|span| (span.first, span.last) < (first, last))
    }

    /// How far those before this one reach. If there are none that is 0, which every range reaches.
    fn reach_before(&self, at: usize) -> u64 {
        self.sorted[..at].last().map_or(0, |span| span.reach)
    }

    /// Mends reaches from here on, up to one that does not depend on what was changed.
    fn mend(&mut self, from: usize) {
        let mut reach = self.reach_before(from);
        for span in &mut self.sorted.as_mut()[from..] {
            reach = span.last.max(reach);
            if span.reach == reach {
                break;
            }
            span.reach = reach;
        }
    }
}
