//! Snapshots: the entries of a table at one time, in the order that is observed.
//!
//! What is published is never changed. The table's own working copy is, by the three methods at the end, which are all
//! that has to keep the parts of a snapshot in step.

mod bounds;
mod breakpoints;
mod watchpoints;

pub use breakpoints::Breakpoints;
pub use watchpoints::Watchpoints;

use std::ops::RangeInclusive;
use std::slice;

use self::bounds::Bounds;
use crate::entry::{Entry, Ref};

/// The entries of a table at one time, in table order: the debugger's first. [`Breakpoints`] or [`Watchpoints`].
///
/// A clone is a copy of its own, good outside of any section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot<E> {
    /// Of the entries.
    bounds: Bounds,
    entries: Vec<E>,
}

impl<E: Entry> Snapshot<E> {
    /// What an empty table shows.
    pub(crate) const EMPTY: &'static Self = &Self::new();

    pub(crate) const fn new() -> Self {
        Self { bounds: Bounds::NONE, entries: Vec::new() }
    }

    /// Whether any entry covers an address in the range, which may be a page or a block of code. An empty range has none.
    #[inline]
    pub fn any_in(&self, range: RangeInclusive<u64>) -> bool {
        let (first, last) = (*range.start(), *range.end());
        self.bounds.may_overlap(first, last) && !range.is_empty() && self.search(first, last)
    }

    /// Whether an entry may cover an address in the range, which must not be empty: no is certain, yes is not.
    ///
    /// Two compares and no call, so that it can be compiled into every load and store of an interpreter or a JIT; what comes
    /// through is for [`any_in`](Self::any_in) or a check to decide.
    #[inline(always)]
    pub fn may_overlap(&self, range: RangeInclusive<u64>) -> bool {
        self.bounds.may_overlap(*range.start(), *range.end())
    }

    #[cold]
    fn search(&self, first: u64, last: u64) -> bool {
        self.iter().any(|entry| entry.overlaps(first, last))
    }

    /// The entry with this reference.
    pub fn get_by_ref(&self, reference: Ref) -> Option<&E> {
        self.iter().find(|entry| entry.reference() == Some(reference))
    }

    /// The entries in table order.
    #[inline]
    pub fn iter(&self) -> slice::Iter<'_, E> {
        self.entries.iter()
    }

    /// How many entries there are.
    #[inline]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no entry.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// How many entries there is memory for.
    #[cfg(test)]
    pub(crate) fn capacity(&self) -> usize {
        self.entries.capacity()
    }

    pub(crate) fn insert_at(&mut self, at: usize, entry: E) {
        self.bounds = if self.is_empty() { Bounds::of_one(&entry) } else { self.bounds.and(&entry) };
        self.entries.insert(at, entry);
    }

    pub(crate) fn remove_at(&mut self, at: usize) -> E {
        let entry = self.entries.remove(at);
        if !self.bounds.do_not_need(&entry) {
            self.bounds = Bounds::of(&self.entries);
        }
        entry
    }

    /// Removes the entries for which `keep`, told where the entry would be were it removed next, says so.
    pub(crate) fn retain(&mut self, mut keep: impl FnMut(usize, &E) -> bool) {
        let mut kept = 0;
        self.entries.retain(|entry| {
            let keep = keep(kept, entry);
            kept += usize::from(keep);
            keep
        });
        self.bounds = Bounds::of(&self.entries);
    }
}

impl<E: Entry> Default for Snapshot<E> {
    fn default() -> Self {
        Self::new()
    }
}

impl<'a, E: Entry> IntoIterator for &'a Snapshot<E> {
    type Item = &'a E;
    type IntoIter = slice::Iter<'a, E>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
