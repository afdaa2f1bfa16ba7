//! `ListIter`: a reader's way along the links.

use std::fmt;
use std::marker::PhantomData;
use std::ptr::NonNull;

use super::super::boxed::Node;
use super::element::Link;
use crate::sync::Ordering;

/// The elements of a list from here on: made by [`RcuList::iter`](crate::RcuList::iter) and
/// [`ListUpdater::iter`](crate::ListUpdater::iter).
///
/// Each step looks at the list as it is then, unless it stands on an element that was removed: from there it goes on along the links
/// that this one had. At the end, too: after a none, an element that was pushed since may follow, behind one that is still in the list.
///
/// ```
/// let list = rcu_core::RcuList::new();
/// let section = rcu_core::read_lock();
/// let mut iter = list.iter(&section);
/// assert_eq!(iter.next(), None);
/// list.update().push_back(1);
/// assert_eq!(iter.next(), Some(&1));
/// ```
pub struct ListIter<'g, T> {
    /// The link that the next step follows.
    link: &'g Link<T>,
    /// Its steps are those of the section, whose guard does not leave its thread: not `Send`, not `Sync`.
    section: PhantomData<*mut ()>,
}

impl<'g, T> ListIter<'g, T> {
    /// # Safety
    /// 1. The link is the first one of a chain, and no element that this comes to from there is freed for `'g`.
    #[inline(always)]
    pub(super) unsafe fn new(link: &'g Link<T>) -> Self {
        Self { link, section: PhantomData }
    }
}

impl<'g, T> Iterator for ListIter<'g, T> {
    type Item = &'g T;

    #[inline(always)]
    fn next(&mut self) -> Option<&'g T> {
        // Acquire [link]: pairs with the stores in insert and remove; the element is read through this.
        let node = NonNull::new(self.link.load(Ordering::Acquire))?;
        // SAFETY: `new` (1): it is not freed for 'g; invariant (5): nobody has a `&mut` to what was published.
        let element = unsafe { Node::value(node) };
        self.link = &element.next;
        Some(&element.value)
    }
}

impl<T> fmt::Debug for ListIter<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ListIter").finish_non_exhaustive()
    }
}
