//! `Element`: a value and its link, in the node that [`RcuBox`](super::super::boxed) and [`Retired`](super::super::retired)
//! know: nothing but the list's chain reads the link.

use std::fmt;
use std::ops::Deref;

use super::super::boxed::Node;
use crate::sync::AtomicPtr;

/// The pointer to an element, or null.
pub type Link<T> = AtomicPtr<Node<Element<T>>>;

/// A value that was removed from a list: what [`ListCursor::remove`](crate::ListCursor::remove) retires.
///
/// ```
/// let list = rcu_core::RcuList::new();
/// list.update().push_back(String::from("old"));
/// let removed = list.update().cursor().remove().expect("there is one");
/// assert_eq!(removed.len(), 3);
/// let old: String = removed.wait().into_inner();
/// # assert_eq!(old, "old");
/// ```
pub struct Element<T> {
    pub(super) next: Link<T>,
    pub(super) value: T,
}

impl<T> Element<T> {
    /// Takes the value out.
    ///
    /// ```
    /// let list = rcu_core::RcuList::new();
    /// list.update().push_back(7);
    /// let removed = list.update().cursor().remove().expect("there is one");
    /// assert_eq!(removed.wait().into_inner(), 7);
    /// ```
    pub fn into_inner(self) -> T {
        self.value
    }
}

impl<T> Deref for Element<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: fmt::Debug> fmt::Debug for Element<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Element").field(&self.value).finish()
    }
}

// The callback head, the link, the value.
#[cfg(not(rcu_loom))]
static_assertions::assert_eq_size!(Node<Element<usize>>, [usize; 4]);
