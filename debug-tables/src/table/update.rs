//! The update path: lock, change, publish, unlock; then invalidate, then retire. Its two halves are apart so that a set of
//! tables can publish all before it invalidates any. The calls that are the same for both kinds of entries stand here, too.

use rcu_core::sync::{Ordering, fence, lock};
use rcu_core::{RcuBox, Retired, Scope};

use super::Table;
use super::edit::{Change, Edit};
use super::editing::{Editing, assert_not_editing};
use crate::entry::Ref;
use crate::error::Error;
use crate::flags::Flags;
use crate::snapshot::{Entry, Snapshot};

/// A change that is published and has yet to be finished, with no lock held.
#[must_use = "what was translated from the old snapshot is still to be invalidated"]
pub struct Published<E: Entry, S: Scope> {
    changes: Vec<Change<E>>,
    /// Dropped last, and so handed to `call` after the invalidation.
    replaced: Option<Retired<Snapshot<E>, S>>,
}

impl<E: Entry, S: Scope> Table<E, S> {
    /// Makes many changes in one copy and one publication, all of them or none.
    ///
    /// If `f` returns an error or panics, the table is as if `f` had not been called. If the entries are the same after it as
    /// before, nothing is published. `f` runs under the update lock: it may read tables, and change this one through what it is
    /// given.
    ///
    /// # Errors
    /// What `f` returns.
    ///
    /// # Panics
    /// If `f` calls anything that updates a table, or anything of a set: it would wait for its own thread.
    ///
    /// ```
    /// # use debug_tables::{BreakpointTable, Error, Flags};
    /// # let table = BreakpointTable::new();
    /// table.insert(0x1000, Flags::GDB)?;
    /// let moved = table.update(|edit| {
    ///     edit.remove(0x1000, Flags::GDB)?;
    ///     edit.insert(0x2000, Flags::GDB)?;
    ///     edit.remove(0x3000, Flags::GDB)
    /// });
    /// assert_eq!(moved, Err(Error::NotFound));
    /// assert!(table.test(&rcu_core::read_lock(), 0x1000, Flags::GDB)); // still there
    /// # Ok::<(), Error>(())
    /// ```
    pub fn update<R>(&self, f: impl FnOnce(&mut Edit<'_, E>) -> Result<R, Error>) -> Result<R, Error> {
        let mut edit = self.edit("Table::update");
        let result = {
            let _editing = Editing::begin();
            f(&mut edit)?
        };
        self.finish(self.publish(edit));
        Ok(result)
    }

    /// Removes the entry with this reference.
    ///
    /// # Errors
    /// [`Error::StaleRef`] if there is none.
    pub fn remove_by_ref(&self, reference: Ref) -> Result<(), Error> {
        self.update(|edit| edit.remove_by_ref(reference))
    }

    /// Removes every entry with any of the flags of `mask`, and returns how many there were.
    pub fn remove_all(&self, mask: Flags) -> usize {
        let mut edit = self.edit("Table::remove_all");
        let removed = edit.remove_all(mask);
        self.finish(self.publish(edit));
        removed
    }

    /// Adds the parent's entries with any of the flags of `mask`, in their order, and returns how many there were: what the
    /// CPU of a new thread takes from that of its maker. Entries that are there already are kept.
    ///
    /// With [`Flags::CPU`] in the mask the child takes over the state of the guest's debug registers: entries that belong to
    /// the CPU, and the references of whatever is copied, but for those that the child already uses itself. Without it, for
    /// example for [`Flags::GDB`], nothing that is copied has a reference.
    pub fn inherit(&self, parent: &Self, mask: Flags) -> usize {
        let (count, published) = self.publish_inherited(parent, mask);
        self.finish(published);
        count
    }

    /// Takes the update lock, for `call`.
    pub(crate) fn edit(&self, call: &str) -> Edit<'_, E> {
        assert_not_editing(call);
        Edit::new(lock(&self.working))
    }

    /// Publishes what an edit of this table came to, unless that is nothing, and releases the lock.
    pub(crate) fn publish(&self, edit: Edit<'_, E>) -> Option<Published<E, S>> {
        let (changes, edited) = edit.commit()?;
        // Step [publish-under-lock]: the copies that two updates publish come in the order of their edits.
        let next = (!edited.is_empty()).then(|| RcuBox::new(edited.clone()));
        // Step [publish-before-generation]: who reads the new number reads the new snapshot.
        let replaced = self.published.swap(next);
        // Step [count-publication]: a translator that has read the old snapshot learns of it by nothing else.
        // Release [generation]: pairs with the load in generation; this number is not seen before its snapshot.
        self.generation.fetch_add(1, Ordering::Release);
        Some(Published { changes, replaced })
    }

    /// Invalidates what was derived from the old snapshot, and hands that to `call`.
    pub(crate) fn finish(&self, published: Option<Published<E, S>>) {
        let Some(Published { changes, replaced }) = published else { return };
        // SeqCst [invalidate]: pairs with the fence in is_current, between the insertion of a block and the second look at
        // the generation.
        fence(Ordering::SeqCst);
        // Step [search-after-publication]: a block that was inserted before it is not looked at by its translator any
        // more.
        if let Some(invalidate) = &self.invalidate {
            let mut previous = None;
            for Change { entry, .. } in changes {
                let range = entry.first()..=entry.last();
                // An entry whose flags alone were changed went from and came to the same addresses.
                if previous.as_ref() != Some(&range) {
                    invalidate(range.clone());
                    previous = Some(range);
                }
            }
        }
        drop(replaced);
    }

    /// The first half of [`inherit`](Table::inherit).
    pub(crate) fn publish_inherited(&self, parent: &Self, mask: Flags) -> (usize, Option<Published<E, S>>) {
        assert_not_editing("Table::inherit");
        // Step [one-lock-at-a-time]: two tables may inherit from each other at once.
        // A copy first: two update locks are not held at once, in whichever order parents and children come.
        let entries: Vec<E> =
            lock(&parent.working).iter().filter(|entry| entry.flags().intersects(mask)).copied().collect();
        let mut edit = self.edit("Table::inherit");
        edit.inherit(&entries, mask.contains(Flags::CPU));
        (entries.len(), self.publish(edit))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::BreakpointTable;

    #[test]
    fn an_emptied_table_keeps_no_memory() {
        let table = BreakpointTable::new();
        table.update(|edit| (0..100).try_for_each(|pc| edit.insert(pc, Flags::GDB))).unwrap();
        assert_eq!(table.remove_all(Flags::GDB), 100);
        assert_eq!(lock(&table.working).capacity(), 0);
    }

    #[test]
    fn the_working_copy_is_what_is_published_after_any_outcome() {
        let table = BreakpointTable::new();
        let agree = || *table.read(&rcu_core::read_lock()) == *lock(&table.working);
        table.insert(1, Flags::GDB).unwrap();
        assert!(agree());
        let refused = table.update(|edit| {
            edit.insert(2, Flags::CPU)?;
            edit.remove(3, Flags::CPU)
        });
        assert_eq!(refused, Err(Error::NotFound));
        assert!(agree());
        table.remove(1, Flags::GDB).unwrap();
        assert!(agree());
    }
}
