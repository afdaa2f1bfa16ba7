//! `ListCursor`: a place in a list at which its updater works.
//!
//! Invariant (1): the element before the current one, if there is one, is linked. The cursor moves forwards only and removes
//! none but the current one, and nobody else removes while it borrows the tail.

use std::fmt;
use std::marker::PhantomData;

use super::super::boxed::Node;
use super::super::retired::Retired;
use super::RcuList;
use super::chain::{Place, Tail};
use super::element::Element;
use crate::scope::{Global, Scope};
use crate::sync::MutexGuard;

/// A place in a list, on an element or at the end, at which elements are inserted and removed, each in constant time: made
/// by [`ListUpdater::cursor`](crate::ListUpdater::cursor), on the first element.
///
/// ```
/// let list = rcu_core::RcuList::new();
/// let mut updater = list.update();
/// let mut cursor = updater.cursor();
/// cursor.insert_after(3); // at the end, so it becomes the current one
/// cursor.insert_before(1);
/// cursor.insert_after(4);
/// cursor.insert_before(2);
/// assert_eq!(cursor.current(), Some(&3));
/// assert!(updater.iter().eq(&[1, 2, 3, 4]));
/// ```
///
/// A reference to the current element is of no use once it is removed; a copy is:
///
/// ```compile_fail,E0502
/// # let list = rcu_core::RcuList::new();
/// # list.update().push_back(1);
/// # let mut updater = list.update();
/// let mut cursor = updater.cursor();
/// let first = cursor.current();
/// drop(cursor.remove());
/// assert!(first.is_some());
/// ```
///
/// ```
/// # let list = rcu_core::RcuList::new();
/// # list.update().push_back(1);
/// # let mut updater = list.update();
/// let mut cursor = updater.cursor();
/// let first = cursor.current().copied();
/// drop(cursor.remove());
/// assert!(first.is_some());
/// ```
pub struct ListCursor<'u, T: Send + Sync + 'static, S: Scope = Global> {
    pub(super) list: &'u RcuList<T, S>,
    /// The list's own.
    pub(super) tail: &'u mut Tail<T>,
    /// The element before the current one.
    pub(super) previous: Place<T>,
    /// As the updater it borrows: not `Send`.
    pub(super) holder: PhantomData<MutexGuard<'u, ()>>,
}

impl<T: Send + Sync + 'static, S: Scope> ListCursor<'_, T, S> {
    fn at(&self) -> Place<T> {
        // SAFETY: (1) invariant (1); (2) `tail`.
        unsafe { self.list.chain.following(self.previous) }
    }

    /// The element here, or none at the end.
    ///
    /// ```
    /// let list = rcu_core::RcuList::new();
    /// let mut updater = list.update();
    /// assert_eq!(updater.cursor().current(), None);
    /// updater.push_back(7);
    /// assert_eq!(updater.cursor().current(), Some(&7));
    /// ```
    pub fn current(&self) -> Option<&T> {
        // SAFETY: it is linked, and removed only through a `&mut` of this; nobody has a `&mut` to what was published.
        self.at().map(|node| unsafe { &**Node::value(node) })
    }

    /// Moves on to the next element, or to the end. At the end it stays.
    ///
    /// ```
    /// # let list = rcu_core::RcuList::new();
    /// # let mut updater = list.update();
    /// (1..=3).for_each(|n| updater.push_back(n));
    /// let mut cursor = updater.cursor();
    /// while cursor.current().is_some_and(|n| *n < 2) {
    ///     cursor.move_next();
    /// }
    /// assert_eq!(cursor.current(), Some(&2));
    /// ```
    pub fn move_next(&mut self) {
        self.previous = self.at().or(self.previous);
    }

    /// Inserts an element before the current one, which stays the current one. At the end: behind all others, and the cursor
    /// stays at the end. One allocation.
    ///
    /// ```
    /// # let list = rcu_core::RcuList::new();
    /// # let mut updater = list.update();
    /// updater.push_back(2);
    /// updater.cursor().insert_before(1);
    /// assert!(updater.iter().eq(&[1, 2]));
    /// ```
    pub fn insert_before(&mut self, value: T) {
        // SAFETY: (1) invariant (1); (2) `tail`.
        let inserted = unsafe { self.list.chain.insert(self.tail, self.previous, value) };
        self.previous = Some(inserted);
    }

    /// Inserts an element behind the current one, which stays the current one. At the end: behind all others, and the new
    /// element becomes the current one. One allocation.
    ///
    /// ```
    /// # let list = rcu_core::RcuList::new();
    /// # let mut updater = list.update();
    /// updater.push_back(1);
    /// updater.cursor().insert_after(2);
    /// assert!(updater.iter().eq(&[1, 2]));
    /// ```
    pub fn insert_after(&mut self, value: T) {
        let place = self.at().or(self.previous);
        // SAFETY: (1) the current element is linked, and the one before it is by invariant (1); (2) `tail`.
        unsafe { self.list.chain.insert(self.tail, place, value) };
    }

    /// Removes the current element, and moves on to the next. None at the end.
    ///
    /// Readers may stand on it until a grace period is over, and go on from there. Dropping what this returns retires the
    /// element, which may be done at once; [`Retired::wait`] gives it back, when the updater has been dropped.
    ///
    /// ```
    /// # let list = rcu_core::RcuList::new();
    /// let mut updater = list.update();
    /// (1..=2).for_each(|n| updater.push_back(n));
    /// let mut cursor = updater.cursor();
    /// let one = cursor.remove().expect("there are two");
    /// drop(cursor.remove()); // retired
    /// assert!(cursor.remove().is_none());
    /// drop(updater);
    /// assert_eq!(one.wait().into_inner(), 1);
    /// ```
    pub fn remove(&mut self) -> Option<Retired<Element<T>, S>> {
        // SAFETY: (1) invariant (1); (2) `tail`.
        let removed = unsafe { self.list.chain.remove(self.tail, self.previous) };
        // SAFETY: (1) it was removed just now, by this.
        removed.map(|removed| unsafe { self.list.retired(removed) })
    }
}

impl<T: Send + Sync + 'static, S: Scope> fmt::Debug for ListCursor<'_, T, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ListCursor").field("list", self.list).finish_non_exhaustive()
    }
}
