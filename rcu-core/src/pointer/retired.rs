//! `Retired`: a value that is unlinked but may still be read.

use std::fmt;
use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::ptr::NonNull;

use super::boxed::{Node, RcuBox};
use crate::scope::{Global, Scope, synchronize};

/// A value that was taken out of a cell or a list. Readers whose sections were open then may still use it, so it can be looked at but
/// not changed, until [`wait`](Self::wait) gives it back. Dropped, it is retired: the value is dropped after a grace
/// period, on the domain's callback thread, and nothing is allocated for that.
///
/// ```
/// let cell = rcu_core::RcuCell::new(String::from("old"));
/// let old = cell.replace(String::from("new"));
/// assert_eq!(*old, "old");
/// let old: String = old.wait(); // no reader is left
/// # assert_eq!(old, "old");
/// ```
///
/// Before the grace period is over it is not changed, whoever holds it:
///
/// ```compile_fail,E0596
/// # let cell = rcu_core::RcuCell::new(String::from("old"));
/// let mut old = cell.replace(String::from("new"));
/// old.push('!');
/// ```
///
/// ```
/// # let cell = rcu_core::RcuCell::new(String::from("old"));
/// let mut old = cell.replace(String::from("new")).wait();
/// old.push('!');
/// ```
pub struct Retired<T: Send + Sync + 'static, S: Scope = Global> {
    node: NonNull<Node<T>>,
    scope: S,
}

// SAFETY: this is a shared reference to the value, for which `T: Sync` is enough, and the right to drop it or move it out,
// for which `T: Send` is; the scope is Send and Sync.
unsafe impl<T: Send + Sync + 'static, S: Scope> Send for Retired<T, S> {}
// SAFETY: as above; `&Retired` gives `&T`.
unsafe impl<T: Send + Sync + 'static, S: Scope> Sync for Retired<T, S> {}

impl<T: Send + Sync + 'static, S: Scope> Retired<T, S> {
    /// # Safety
    /// 1. The node came from `RcuBox::into_node`, is unlinked, and the caller gives up the only right to free it.
    /// 2. Whoever uses the value, or may yet come to it, is inside a section of `scope` that is open now.
    pub(super) unsafe fn new(node: NonNull<Node<T>>, scope: S) -> Self {
        Self { node, scope }
    }

    /// Waits for a grace period, and returns the value.
    ///
    /// # Panics
    /// As [`synchronize`](crate::synchronize()); the value is then retired.
    ///
    /// # Examples
    ///
    /// ```
    /// let cell = rcu_core::RcuCell::new(vec![1, 2]);
    /// let mut old = cell.replace(vec![]).wait();
    /// old.push(3); // it is the caller's alone
    /// assert_eq!(old, [1, 2, 3]);
    /// ```
    pub fn wait(self) -> T {
        // Step [wait-before-taking-back]: readers may be looking at the value.
        // If this panics, `self` is dropped, and so retired.
        synchronize(&self.scope, "Retired::wait", S::own_record(self.scope.borrow()));
        let mut this = ManuallyDrop::new(self);
        let node = this.node;
        // SAFETY: `this` is not used again, and not dropped.
        unsafe { std::ptr::drop_in_place(&raw mut this.scope) };
        // SAFETY: `new` (1): the right to free it was ours, and `this` will not use it; `new` (2): the sections of whoever
        // used it have ended.
        unsafe { RcuBox::from_node(node) }.into_inner()
    }
}

impl<T: Send + Sync + 'static, S: Scope> Drop for Retired<T, S> {
    fn drop(&mut self) {
        // Step [retire-when-dropped]: readers may be looking at the value.
        // SAFETY: `new` (1) and (2) are what `retire` asks for, and nothing uses the node after this.
        unsafe { Node::retire(self.node, &self.scope) };
    }
}

impl<T: Send + Sync + 'static, S: Scope> Deref for Retired<T, S> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: the node is freed by `wait` or `drop` only, which consume this; nobody has a `&mut` before that.
        unsafe { Node::value(self.node) }
    }
}

impl<T: Send + Sync + 'static, S: Scope> fmt::Debug for Retired<T, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Retired").field("scope", &self.scope).finish_non_exhaustive()
    }
}
