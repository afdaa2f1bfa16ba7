//! Snapshots: the entries of a table at one time, in the order that is observed.
//!
//! What is published is never changed. The table's own working copy is, by the three methods at the end, which are all
//! that has to keep the parts of a snapshot in step.

mod breakpoints;
mod watchpoints;

pub use breakpoints::Breakpoints;
pub use watchpoints::Watchpoints;

use std::ops::RangeInclusive;
use std::slice;

use crate::entry::{Entry, Ref};

/// The entries of a table at one time, in table order: the debugger's first. [`Breakpoints`] or [`Watchpoints`].
///
/// A clone is a copy of its own, good outside of any section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot<E> {
    entries: Vec<E>,
}

impl<E: Entry> Snapshot<E> {
    /// What an empty table shows.
    pub(crate) const EMPTY: &'static Self = &Self::new();

    pub(crate) const fn new() -> Self {
        Self { entries: Vec::new() }
    }

    /// Whether any entry covers an address in the range, which may be a page or a block of code. An empty range has none.
    pub fn any_in(&self, range: RangeInclusive<u64>) -> bool {
        !range.is_empty() && self.iter().any(|entry| entry.overlaps(*range.start(), *range.end()))
    }

    /// The entry with this reference.
    pub fn get_by_ref(&self, reference: Ref) -> Option<&E> {
        self.iter().find(|entry| entry.reference() == Some(reference))
    }

    /// The entries in table order.
    pub fn iter(&self) -> slice::Iter<'_, E> {
        self.entries.iter()
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// How many entries there is memory for.
    #[cfg(test)]
    pub(crate) fn capacity(&self) -> usize {
        self.entries.capacity()
    }

    pub(crate) fn insert_at(&mut self, at: usize, entry: E) {
        self.entries.insert(at, entry);
    }

    pub(crate) fn remove_at(&mut self, at: usize) -> E {
        self.entries.remove(at)
    }

    /// Removes the entries for which `keep`, told where the entry would be were it removed next, says so.
    pub(crate) fn retain(&mut self, mut keep: impl FnMut(usize, &E) -> bool) {
        let mut kept = 0;
        self.entries.retain(|entry| {
            let keep = keep(kept, entry);
            kept += usize::from(keep);
            keep
        });
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
