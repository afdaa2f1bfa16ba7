//! Snapshots: the entries of a table at one time, in the order that is observed.
//!
//! What is published is never changed. The table's own working copy is, by `insert_at`, `remove_at` and `retain`, which are
//! all that has to keep the parts of a snapshot in step.

mod bounds;
mod breakpoints;
mod watchpoints;

pub use breakpoints::Breakpoints;
pub use watchpoints::Watchpoints;

use std::fmt::{self, Debug};
use std::ops::RangeInclusive;
use std::slice;

use self::bounds::Bounds;
use crate::array::Array;
use crate::entry::{Parts, Ref};
use crate::index::{Index, Mark};

/// What a table holds: a [`Breakpoint`](crate::Breakpoint) or a [`Watchpoint`](crate::Watchpoint).
///
/// This trait is sealed: its methods are the crate's own.
pub trait Entry: Parts + Copy + Ord + Debug + Send + Sync + 'static {
    /// What an empty table shows. Here, because of an index that it does not know the compiler makes no constant reference.
    #[doc(hidden)]
    const EMPTY: &'static Snapshot<Self>;
}

/// The entries of a table at one time, in table order: the debugger's first. [`Breakpoints`] or [`Watchpoints`].
///
/// A clone is good outside of any section; it shares memory with what it was made of for as long as neither is changed. Two
/// snapshots are equal if their entries are.
///
/// # Memory
/// A breakpoint takes 24 bytes in table order, 16 for its address in sorted order, and 2 to 4 of a filter: 42 to 44. A
/// watchpoint takes 32, 24, and for reads and writes each 2 to 4 for every 64 bytes that it touches: 60 to 64 if it watches
/// a variable for both. After removals a filter may be up to four times as large. A table keeps its filters twice, once
/// published and once to be changed, and all else once.
#[derive(Clone)]
pub struct Snapshot<E: Entry> {
    bounds: Bounds,
    /// Of the entries.
    index: E::Index,
    entries: Array<E>,
}

impl<E: Entry> Snapshot<E> {
    pub(crate) const fn new() -> Self {
        Self { bounds: Bounds::NONE, index: E::Index::EMPTY, entries: Array::EMPTY }
    }

    /// Whether any entry covers an address in the range, which may be a page or a block of code. An empty range has none.
    ///
    /// Costs two compares where no entry is near, and else a binary search.
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
        self.index.any_in(first, last)
    }

    /// The entry with this reference. A walk over the entries.
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
        self.entries.insert(at, entry);
        self.index.insert(entry.mark());
        self.set_bounds();
    }

    pub(crate) fn remove_at(&mut self, at: usize) -> E {
        let entry = self.entries.remove(at);
        self.index.remove(entry.mark(), marks(&self.entries));
        self.set_bounds();
        entry
    }

    /// Removes the entries for which `keep`, told where the entry would be were it removed next, says so.
    ///
    /// An index is made anew for that: there may be many to remove, each of which would move all that comes behind.
    pub(crate) fn retain(&mut self, mut keep: impl FnMut(usize, &E) -> bool) {
        let mut kept = 0;
        self.entries.retain(|entry| {
            let keep = keep(kept, entry);
            kept += usize::from(keep);
            keep
        });
        self.index = E::Index::of(marks(&self.entries));
        self.set_bounds();
    }

    /// Gives back memory that is not used, before it is published.
    pub(crate) fn trim(&mut self) {
        self.entries.trim();
        self.index.trim();
    }

    /// Whether all parts are as if they had been made of the entries now.
    pub(crate) fn is_in_step(&self) -> bool {
        self.index.is_of(marks(&self.entries))
    }

    fn set_bounds(&mut self) {
        self.bounds =
            self.index.bounds().map_or(Bounds::NONE, |(lowest, highest)| Bounds::new(lowest, highest));
    }
}

fn marks<E: Entry>(entries: &[E]) -> impl Iterator<Item = Mark> + Clone {
    entries.iter().map(Parts::mark)
}

impl<E: Entry> PartialEq for Snapshot<E> {
    fn eq(&self, other: &Self) -> bool {
        self.entries == other.entries
    }
}

impl<E: Entry> Eq for Snapshot<E> {}

/// Shows the entries.
impl<E: Entry> fmt::Debug for Snapshot<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self).finish()
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
