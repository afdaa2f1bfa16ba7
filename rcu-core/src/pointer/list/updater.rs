//! `ListUpdater`: the lock of a list, held.

use std::fmt;
use std::marker::PhantomData;

use super::RcuList;
use super::chain::Tail;
use super::cursor::ListCursor;
use super::iter::ListIter;
use crate::scope::{Global, Scope};
use crate::sync::{MutexGuard, Ordering};
use crate::thread::NOBODY;

/// The one who may change a list, until it is dropped: made by [`RcuList::update`].
///
/// Readers see each change at once, and one after another: several changes are not one step for them. No value is dropped while
/// the lock is held, unless the holder does it.
///
/// ```
/// let list = rcu_core::RcuList::new();
/// let mut updater = list.update();
/// updater.push_back(2);
/// updater.push_front(1);
/// drop(updater); // the next one may take the lock
/// assert!(list.iter(&rcu_core::read_lock()).eq(&[1, 2]));
/// ```
///
/// It does not leave its thread, which the lock belongs to; the list may be updated from any:
///
/// ```compile_fail,E0277
/// let list = rcu_core::RcuList::<u8>::new();
/// std::thread::scope(|s| { let updater = list.update(); s.spawn(move || drop(updater)); });
/// ```
///
/// ```
/// let list = rcu_core::RcuList::<u8>::new();
/// std::thread::scope(|s| { s.spawn(|| { let updater = list.update(); drop(updater) }); });
/// ```
#[must_use = "the list is unlocked when the updater is dropped"]
pub struct ListUpdater<'a, T: Send + Sync + 'static, S: Scope = Global> {
    pub(super) list: &'a RcuList<T, S>,
    /// Not `Send`: nor is this.
    pub(super) tail: MutexGuard<'a, Tail<T>>,
}

impl<T: Send + Sync + 'static, S: Scope> ListUpdater<'_, T, S> {
    /// Inserts an element before all others. One allocation.
    ///
    /// ```
    /// # let list = rcu_core::RcuList::new();
    /// # let mut updater = list.update();
    /// (1..=3).for_each(|n| updater.push_front(n));
    /// assert!(updater.iter().eq(&[3, 2, 1]));
    /// ```
    pub fn push_front(&mut self, value: T) {
        // SAFETY: (1) none; (2) the list's own tail.
        unsafe { self.list.chain.insert(&mut self.tail, None, value) };
    }

    /// Inserts an element behind all others. One allocation, however long the list is.
    ///
    /// ```
    /// # let list = rcu_core::RcuList::new();
    /// # let mut updater = list.update();
    /// (1..=3).for_each(|n| updater.push_back(n));
    /// assert!(updater.iter().eq(&[1, 2, 3]));
    /// ```
    pub fn push_back(&mut self, value: T) {
        let last = self.tail.last();
        // SAFETY: (1) the last one is linked, and the lock keeps it so; (2) the list's own tail.
        unsafe { self.list.chain.insert(&mut self.tail, last, value) };
    }

    /// A cursor on the first element.
    ///
    /// ```
    /// let list = rcu_core::RcuList::new();
    /// let mut updater = list.update();
    /// (1..=4).for_each(|n| updater.push_back(n));
    ///
    /// let mut removed = Vec::new();
    /// let mut cursor = updater.cursor();
    /// while let Some(n) = cursor.current() {
    ///     if n % 2 == 0 { removed.extend(cursor.remove()) } else { cursor.move_next() }
    /// }
    /// assert!(updater.iter().eq(&[1, 3]));
    /// ```
    pub fn cursor(&mut self) -> ListCursor<'_, T, S> {
        ListCursor { list: self.list, tail: &mut self.tail, previous: None, holder: PhantomData }
    }

    /// The elements, first to last. Needs no section.
    ///
    /// ```
    /// # let list = rcu_core::RcuList::new();
    /// # let mut updater = list.update();
    /// updater.push_back(7);
    /// assert_eq!(updater.iter().next(), Some(&7));
    /// ```
    pub fn iter(&self) -> ListIter<'_, T> {
        // SAFETY: (1): what is linked is freed only after it is removed, or with the list. Elements are removed through a `&mut`
        // of this, which is borrowed as long as the iterator is used.
        unsafe { self.list.chain.iter() }
    }

    /// Whether the list has no elements.
    ///
    /// ```
    /// let list = rcu_core::RcuList::<u32>::new();
    /// assert!(list.update().is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.tail.last().is_none()
    }
}

impl<T: Send + Sync + 'static, S: Scope> Drop for ListUpdater<'_, T, S> {
    fn drop(&mut self) {
        // Relaxed: as for the load in update. The lock is released after this.
        self.list.updating.store(NOBODY, Ordering::Relaxed);
    }
}

impl<T: Send + Sync + 'static, S: Scope> fmt::Debug for ListUpdater<'_, T, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ListUpdater").field("list", self.list).finish_non_exhaustive()
    }
}
