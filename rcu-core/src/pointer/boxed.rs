//! `RcuBox`: a value and its callback head in one allocation.

use std::any::type_name;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;

use crate::head::{Head, Kind};
use crate::scope::{Scope, call_head};

/// The allocation. `repr(C)`: a pointer to the head is a pointer to the whole.
#[repr(C)]
pub struct Node<T> {
    head: Head,
    value: T,
}

impl<T> Node<T> {
    // SAFETY: (1) only `Node::retire` gives a head of this kind to a queue, and it asks for what `drop_node` needs: a box of
    // this type that nobody uses, and a value that may be dropped on any thread. (2) a constant.
    const KIND: Kind = unsafe { Kind::new(drop_node::<T>, type_name::<T>) };

    /// The value of a published node, without a reference to the head beside it.
    ///
    /// # Safety
    /// 1. The node is valid, and nobody has a `&mut` to its value, for `'a`.
    #[inline(always)]
    pub unsafe fn value<'a>(node: NonNull<Self>) -> &'a T {
        // SAFETY: (1): a projection inside a valid allocation.
        let value = unsafe { &raw const (*node.as_ptr()).value };
        // SAFETY: (1).
        unsafe { &*value }
    }

    /// Queues the node's drop.
    ///
    /// # Safety
    /// 1. The caller has the only right to free the node, came by the pointer through [`RcuBox::into_node`], and gives it up.
    /// 2. Whoever uses the value, or may yet come to it, is inside a section of `scope` that is open now.
    pub unsafe fn retire<S: Scope>(node: NonNull<Self>, scope: &S)
    where
        T: Send + 'static,
    {
        // SAFETY: `call_head` (1) the pointer came from a whole box, (1) here; (2) sections that are open now have ended after a
        // grace period, (2) here, and `drop_node` may run on any thread because `T: Send + 'static`.
        unsafe { call_head(scope, node.cast()) };
    }
}

/// # Safety
/// 1. `head` is that of a `Node<T>` in a box that was given up, and nobody uses it any more.
unsafe fn drop_node<T>(head: NonNull<Head>) {
    // SAFETY: (1).
    drop(unsafe { Box::from_raw(head.cast::<Node<T>>().as_ptr()) });
}

/// A value that can be published in a cell and retired from it without another allocation: the callback head is in the
/// same box, in front of the value (two words).
///
/// It is a plain owned box until it is published, and again when [`Retired::wait`](crate::Retired::wait) returns.
///
/// ```
/// let mut value = rcu_core::RcuBox::new(vec![1, 2]);
/// value.push(3);
/// assert_eq!(value.into_inner(), [1, 2, 3]);
/// ```
pub struct RcuBox<T> {
    node: Box<Node<T>>,
}

impl<T> RcuBox<T> {
    /// Boxes a value. One allocation.
    ///
    /// ```
    /// let boxed = rcu_core::RcuBox::new(7);
    /// assert_eq!(*boxed, 7);
    /// ```
    pub fn new(value: T) -> Self {
        Self { node: Box::new(Node { head: Head::new(&Node::<T>::KIND), value }) }
    }

    /// Takes the value out.
    ///
    /// ```
    /// assert_eq!(rcu_core::RcuBox::new(7).into_inner(), 7);
    /// ```
    pub fn into_inner(self) -> T {
        self.node.value
    }

    /// Gives the box up, as the pointer that cells hold.
    pub(super) fn into_node(self) -> NonNull<Node<T>> {
        NonNull::from(Box::leak(self.node))
    }

    /// Takes a box back.
    ///
    /// # Safety
    /// 1. The pointer came from [`into_node`](Self::into_node), is taken back once, and nobody uses the value any more.
    pub(super) unsafe fn from_node(node: NonNull<Node<T>>) -> Self {
        // SAFETY: (1).
        Self { node: unsafe { Box::from_raw(node.as_ptr()) } }
    }

    /// Drops the value after a grace period of `scope`.
    pub(crate) fn retire_in<S: Scope>(self, scope: &S)
    where
        T: Send + 'static,
    {
        // SAFETY: (1) the box was ours; (2) nobody else uses the value.
        unsafe { Node::retire(self.into_node(), scope) };
    }
}

impl<T> Deref for RcuBox<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.node.value
    }
}

impl<T> DerefMut for RcuBox<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.node.value
    }
}

impl<T> From<T> for RcuBox<T> {
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

impl<T: fmt::Debug> fmt::Debug for RcuBox<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RcuBox").field(&self.node.value).finish()
    }
}
