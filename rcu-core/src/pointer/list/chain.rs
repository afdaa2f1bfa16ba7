//! The links: who may follow and who may change them. The protocol is in the module above; this is its updater's side, and
//! what is done when nobody shares the chain any more.
//!
//! A chain has one [`Tail`], and the `&mut` of it is the right to update: the list keeps it behind its lock.

use std::marker::PhantomData;
use std::ptr::{self, NonNull};

use super::super::boxed::{Node, RcuBox};
use super::element::{Element, Link};
use super::iter::ListIter;
use crate::sync::{Ordering, load_mut};

/// An element, or none: before the first, or behind the last.
pub type Place<T> = Option<NonNull<Node<Element<T>>>>;

/// Elements, each linked to the next.
pub struct Chain<T> {
    first: Link<T>,
    owns: PhantomData<T>,
}

/// What updaters know of a chain beside its links. The same element is last for as long as no `&mut` of this is used.
pub struct Tail<T> {
    last: Place<T>,
}

// SAFETY: it is a pointer to an element of a list, which the thread that holds the list's lock uses as `&T` and to unlink
// what others may read. `T: Send + Sync` allows both on any thread.
unsafe impl<T: Send + Sync> Send for Tail<T> {}

impl<T> Tail<T> {
    pub const fn new() -> Self {
        Self { last: None }
    }

    pub fn last(&self) -> Place<T> {
        self.last
    }
}

impl<T> Chain<T> {
    const_fn! {
        pub fn new() -> Self {
            Self { first: Link::new(ptr::null_mut()), owns: PhantomData }
        }
    }

    /// The elements, for readers and updaters.
    ///
    /// # Safety
    /// 1. No element that the iterator comes to is freed for as long as the chain is borrowed here.
    #[inline(always)]
    pub unsafe fn iter(&self) -> ListIter<'_, T> {
        // SAFETY: (1).
        unsafe { ListIter::new(&self.first) }
    }

    /// The link behind an element, or the first one.
    ///
    /// # Safety
    /// 1. `after` is none, or linked in this chain, and stays so for as long as the chain is borrowed here.
    unsafe fn link(&self, after: Place<T>) -> &Link<T> {
        match after {
            None => &self.first,
            // SAFETY: (1): linked, hence not freed; invariant (5): nobody has a `&mut`.
            Some(node) => unsafe { &Node::value(node).next },
        }
    }

    /// The element behind `after`, or the first one.
    ///
    /// # Safety
    /// 1. As for `link`.
    /// 2. The tail of this chain is borrowed by the caller.
    pub unsafe fn following(&self, after: Place<T>) -> Place<T> {
        // SAFETY: (1).
        let link = unsafe { self.link(after) };
        // Relaxed: only the holder of the tail stores to links, (2), and the lock orders it after all who held it before.
        NonNull::new(link.load(Ordering::Relaxed))
    }

    /// Links a new element behind `after`, or as the first one. One allocation, one store.
    ///
    /// # Safety
    /// 1. As for `link`.
    /// 2. `tail` is that of this chain.
    pub unsafe fn insert(&self, tail: &mut Tail<T>, after: Place<T>, value: T) -> NonNull<Node<Element<T>>> {
        // SAFETY: `following` (1) and (2).
        let following = unsafe { self.following(after) };
        let next = Link::new(into_pointer(following));
        let node = RcuBox::new(Element { next, value }).into_node();
        // SAFETY: (1).
        let link = unsafe { self.link(after) };
        // Release [link]: pairs with the load in next; the element and its own link are filled in before.
        link.store(node.as_ptr(), Ordering::Release);
        if following.is_none() {
            tail.last = Some(node);
        }
        node
    }

    /// Unlinks the element behind `after`, or the first one, if there is one. It is the caller's to free, when nobody uses it any
    /// more: readers may stand on it, and its link stays for them as it is.
    ///
    /// # Safety
    /// 1. As for `link`.
    /// 2. `tail` is that of this chain.
    pub unsafe fn remove(&self, tail: &mut Tail<T>, after: Place<T>) -> Place<T> {
        // SAFETY: `following` (1) and (2).
        let removed = unsafe { self.following(after) }?;
        // SAFETY: (1) it is linked, being what a linked element leads to, and nobody else unlinks; (2) here.
        let following = unsafe { self.following(Some(removed)) };
        // SAFETY: (1).
        let link = unsafe { self.link(after) };
        // Step [keep-removed-link]: this is the only store: a reader who stands on the removed element goes on by its
        // link.
        // Release [link]: pairs with the load in next: the element that is now behind this link is new to readers who came
        // by no other, so this publishes it.
        link.store(into_pointer(following), Ordering::Release);
        if following.is_none() {
            tail.last = after;
        }
        Some(removed)
    }
}

fn into_pointer<T>(place: Place<T>) -> *mut Node<Element<T>> {
    place.map_or(ptr::null_mut(), NonNull::as_ptr)
}

impl<T> Drop for Chain<T> {
    /// In a loop, for a long chain would not fit on the stack.
    fn drop(&mut self) {
        let mut rest = NonNull::new(load_mut(&mut self.first));
        while let Some(node) = rest {
            // SAFETY: `insert` made it by `into_node`; it is linked, so nobody else has the right to free it; whoever read it
            // borrowed the chain, and those borrows are over.
            let mut element = unsafe { RcuBox::from_node(node) };
            rest = NonNull::new(load_mut(&mut element.next));
        }
    }
}
