//! Indexes: what makes the queries of a snapshot cheap. Derived from its entries, kept in step with every change of them, and
//! copied with them.
//!
//! An index is two things. A [`Filter`](filter::Filter) answers nearly every miss by one look at one place, as fast for ten
//! thousand entries as for ten. What it lets through is looked up in sorted order, which is exact, and kept by moving what
//! comes behind. A filter takes in an entry by setting bits. One that goes leaves them, and the filter is made anew when
//! enough have gone to pay for it.

mod filter;
mod sites;
mod spans;
mod kind;
mod watched;

pub use sites::Sites;
pub use watched::Watched;

use std::fmt::Debug;

use crate::flags::Flags;

/// What an index keeps of an entry.
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    pub first: u64,
    /// Part of the range.
    pub last: u64,
    pub flags: Flags,
}

/// The index of a snapshot's entries, in whichever order they are.
pub trait Index: Clone + Debug + Send + Sync + 'static {
    /// Of no entries.
    const EMPTY: Self;

    /// Of these entries: sorts them.
    fn of(marks: impl Iterator<Item = Mark> + Clone) -> Self;

    /// Takes in one more entry.
    fn insert(&mut self, mark: Mark);

    /// Lets go of an entry that is in it, and leaves `rest`.
    fn remove(&mut self, mark: Mark, rest: impl Iterator<Item = Mark> + Clone);

    /// Gives back memory that is not used, before it is published.
    fn trim(&mut self);

    /// Whether an entry has an address in `first..=last`, which must not be empty.
    fn any_in(&self, first: u64, last: u64) -> bool;

    /// The lowest and the highest address of any entry.
    fn bounds(&self) -> Option<(u64, u64)>;

    /// Whether this is as good as if it had been made of these entries now.
    fn is_of(&self, marks: impl Iterator<Item = Mark> + Clone) -> bool;
}
