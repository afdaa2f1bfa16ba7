//! `Edit`: the working copy under the update lock, the rules by which it changes, and a journal of its changes. The journal
//! says what to invalidate, and takes the copy back to what is published if the update comes to nothing.

use std::collections::BTreeMap;
use std::fmt;
use std::mem;
use std::ops::Deref;

use rcu_core::sync::MutexGuard;

use crate::breakpoint::Breakpoint;
use crate::entry::Ref;
use crate::error::Error;
use crate::flags::Flags;
use crate::snapshot::{Entry, Snapshot};

/// A table while it is being updated, by [`update`](crate::Table::update): the table's own updating calls, and through
/// [`Deref`] the queries of a snapshot, on the entries as edited so far.
pub struct Edit<'t, E: Entry = Breakpoint> {
    working: MutexGuard<'t, Snapshot<E>>,
    /// In order. What is still here when the edit is dropped is taken back.
    changes: Vec<Change<E>>,
}

/// An entry that came or went. One that was changed went and came.
#[derive(Clone, Copy)]
pub struct Change<E> {
    kind: Kind,
    at: usize,
    pub entry: E,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Inserted,
    Removed,
}

impl<'t, E: Entry> Edit<'t, E> {
    pub(super) fn new(working: MutexGuard<'t, Snapshot<E>>) -> Self {
        Self { working, changes: Vec::new() }
    }

    /// Removes the entry with this reference.
    ///
    /// # Errors
    /// [`Error::StaleRef`] if there is none.
    pub fn remove_by_ref(&mut self, reference: Ref) -> Result<(), Error> {
        let at = self.find(|entry| entry.reference() == Some(reference)).ok_or(Error::StaleRef)?;
        self.remove_at(at);
        Ok(())
    }

    /// Removes every entry with any of the flags of `mask`, and returns how many there were.
    pub fn remove_all(&mut self, mask: Flags) -> usize {
        if !self.iter().any(|entry| entry.flags().intersects(mask)) {
            return 0;
        }
        let before = self.len();
        let changes = &mut self.changes;
        self.working.retain(|at, &entry| {
            let keep = !entry.flags().intersects(mask);
            if !keep {
                changes.push(Change { kind: Kind::Removed, at, entry });
            }
            keep
        });
        before - self.len()
    }

    /// Inserts an entry, or changes the one that has its reference. That keeps its place among its class.
    pub(crate) fn put(&mut self, entry: E) {
        let same = entry.reference().and_then(|_| self.find(|other| other.reference() == entry.reference()));
        let Some(at) = same else { return self.add(entry) };
        if self.remove_at(at).is_gdb() == entry.is_gdb() {
            self.insert_at(at, entry);
        } else {
            self.add(entry);
        }
    }

    /// Removes the first entry that is this one, whatever its reference.
    pub(crate) fn remove_first(&mut self, wanted: E) -> Result<(), Error> {
        let at = self.find(|entry| entry.with_reference(None) == wanted).ok_or(Error::NotFound)?;
        self.remove_at(at);
        Ok(())
    }

    /// Inserts the entries of another table, and their references if those are wanted and free.
    pub(super) fn inherit(&mut self, entries: &[E], references: bool) {
        let (gdb, others): (Vec<E>, Vec<E>) = entries.iter().partition(|entry| entry.is_gdb());
        // The debugger's go to the front one by one: the last of them first, so that their order stays.
        for entry in gdb.iter().rev().chain(&others) {
            let reference = entry.reference().filter(|&r| references && self.get_by_ref(r).is_none());
            self.add(entry.with_reference(reference));
        }
    }

    /// Inserts an entry where a new one goes: the debugger's in front, others at the end.
    fn add(&mut self, entry: E) {
        let at = if entry.is_gdb() { 0 } else { self.len() };
        self.insert_at(at, entry);
    }

    fn find(&self, is_wanted: impl FnMut(&E) -> bool) -> Option<usize> {
        self.iter().position(is_wanted)
    }

    fn insert_at(&mut self, at: usize, entry: E) {
        self.working.insert_at(at, entry);
        self.changes.push(Change { kind: Kind::Inserted, at, entry });
    }

    fn remove_at(&mut self, at: usize) -> E {
        let entry = self.working.remove_at(at);
        self.changes.push(Change { kind: Kind::Removed, at, entry });
        entry
    }

    /// The changes, no longer to be taken back, beside the edited copy, still locked. None if they come to nothing.
    pub(super) fn commit(mut self) -> Option<(Vec<Change<E>>, Self)> {
        if self.cancels_out() {
            return None;
        }
        debug_assert!(self.is_in_step(), "the index is not that of the entries");
        self.working.trim();
        let changes = mem::take(&mut self.changes);
        Some((changes, self))
    }

    /// Whether the changes together are none.
    fn cancels_out(&self) -> bool {
        if self.changes.len() < 2 {
            return self.changes.is_empty();
        }
        // Only if each entry came as often as it went can the order be all that is left to compare.
        let mut balance = BTreeMap::new();
        for Change { kind, entry, .. } in &self.changes {
            *balance.entry(entry).or_insert(0_isize) += if *kind == Kind::Inserted { 1 } else { -1 };
        }
        balance.into_values().all(|balance| balance == 0) && {
            let mut before = self.working.clone();
            take_back(&self.changes, &mut before);
            before == *self.working
        }
    }
}

fn take_back<E: Entry>(changes: &[Change<E>], snapshot: &mut Snapshot<E>) {
    for change in changes.iter().rev() {
        match change.kind {
            Kind::Inserted => drop(snapshot.remove_at(change.at)),
            Kind::Removed => snapshot.insert_at(change.at, change.entry),
        }
    }
}

impl<E: Entry> Drop for Edit<'_, E> {
    fn drop(&mut self) {
        take_back(&self.changes, &mut self.working);
    }
}

impl<E: Entry> Deref for Edit<'_, E> {
    type Target = Snapshot<E>;

    fn deref(&self) -> &Snapshot<E> {
        &self.working
    }
}

impl<E: Entry> fmt::Debug for Edit<'_, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Edit").field(&**self).finish()
    }
}
