//! `RcuList`: a singly linked list. The algorithm on the links is in [`chain`]; this is its face.
//!
//! ```text
//! the updater, under the list's lock          readers, inside a section
//!   insert   fill in the element, its next      load first, or the next of the element they stand on,
//!            store the link before it, Release    Acquire [link]
//!   remove   store the link before it: its      use the element
//!            next, Release [link]
//!   wait for a grace period, or call
//!   free the element
//! ```
//!
//! If a reader's load comes first, it stands on an element that stays until its section has ended, and whose next
//! leads on; if the store comes first, the reader sees the new element whole, or passes the removed one by.
//!
//! **Both stores are Release.** A removal publishes too: its store is the first by which a reader may learn of the element
//! behind the removed one. The Release with which that element was inserted went to another link, in the removed element.
//!
//! **A removed element's next may be stale**: A is removed, then B behind it, and A's next still leads to B. Let U be the
//! removal of B. A grace period that starts after U either waits for a section, and then B stays while the section lasts, or
//! everything up to U is visible to the section. In that case the section never comes to A: it begins at `first`, and a
//! link of an element that was not removed up to U held, at U and at any time after, what was linked at that time, hence
//! nothing that was removed up to U. By induction over its steps it meets no such element, and follows none of their links.
//!
//! Invariants: (1) links are stored to by the one who holds the lock; (2) what a link of a linked element leads to is linked;
//! (3) nothing stores to the link of a removed element; (4) an element is freed after a grace period that starts after its
//! removal, or with the list, which readers borrow; (5) from its publication until then it is a `NonNull` or `&`, never a
//! `Box` or `&mut`.

mod chain;
mod cursor;
mod element;
mod iter;
mod updater;

use std::fmt;
use std::ptr::NonNull;

use super::boxed::Node;
use super::retired::Retired;
use crate::guard::Section;
use crate::scope::{Global, Scope};
use crate::sync::{AtomicU64, Mutex, Ordering, lock};
use crate::thread::{NOBODY, token};
use chain::{Chain, Tail};

pub use cursor::ListCursor;
pub use element::Element;
pub use iter::ListIter;
pub use updater::ListUpdater;

/// A list that readers traverse inside a section, forwards, while one updater at a time inserts and removes elements.
///
/// An element is one allocation: its value, the link to the next one, and the callback head with which it is retired.
/// A step of a reader costs one pointer load. References to elements outlive neither the list nor the section, so
/// dropping a list drops its elements at once, in order; if a value panics in its drop, those behind it are leaked.
///
/// A reader sees each element that is in the list during its whole traversal, in order, and any of those that come or go
/// meanwhile. If it stands on an element that is removed, it goes on from there.
///
/// ```
/// use rcu_core::{RcuList, read_lock};
///
/// static ROUTES: RcuList<&str> = RcuList::new();
///
/// let mut updater = ROUTES.update();
/// updater.push_back("lo");
/// updater.push_back("eth0");
/// drop(updater);
///
/// let section = read_lock();
/// assert!(ROUTES.iter(&section).eq(&["lo", "eth0"]));
/// ```
///
/// An element does not outlive the section in which it was found:
///
/// ```compile_fail,E0597
/// # use rcu_core::{RcuList, read_lock};
/// # let list = RcuList::new();
/// # list.update().push_back(1);
/// let first;
/// {
///     let section = read_lock();
///     first = list.iter(&section).next();
/// }
/// assert!(first.is_some());
/// ```
///
/// ```
/// # use rcu_core::{RcuList, read_lock};
/// # let list = RcuList::new();
/// # list.update().push_back(1);
/// let first;
/// {
///     let section = read_lock();
///     first = list.iter(&section).next().copied();
/// }
/// assert!(first.is_some());
/// ```
///
/// A payload that must stay on its thread is refused:
///
/// ```compile_fail,E0277
/// let list = rcu_core::RcuList::<std::rc::Rc<u8>>::new();
/// ```
///
/// ```
/// let list = rcu_core::RcuList::<std::sync::Arc<u8>>::new();
/// ```
pub struct RcuList<T: Send + Sync + 'static, S: Scope = Global> {
    chain: Chain<T>,
    /// The lock of the updaters.
    tail: Mutex<Tail<T>>,
    /// The token of the thread that holds the lock.
    updating: AtomicU64,
    scope: S,
}

impl<T: Send + Sync + 'static> RcuList<T> {
    const_fn! {
        /// An empty list of the default domain.
        ///
        /// ```
        /// static NAMES: rcu_core::RcuList<&str> = rcu_core::RcuList::new();
        /// assert_eq!(NAMES.iter(&rcu_core::read_lock()).count(), 0);
        /// ```
        pub fn new() -> Self {
            Self { chain: Chain::new(), tail: Mutex::new(Tail::new()), updating: AtomicU64::new(NOBODY), scope: Global }
        }
    }
}

impl<T: Send + Sync + 'static, S: Scope> RcuList<T, S> {
    /// An empty list of the domain.
    ///
    /// ```
    /// let domain = rcu_core::Domain::new();
    /// let list = rcu_core::RcuList::new_in(&domain);
    /// list.update().push_back(7);
    /// assert!(list.iter(&domain.reader().read_lock()).eq(&[7]));
    /// ```
    pub fn new_in(scope: &S) -> Self {
        Self {
            chain: Chain::new(),
            tail: Mutex::new(Tail::new()),
            updating: AtomicU64::new(NOBODY),
            scope: scope.clone(),
        }
    }

    /// The elements, first to last. Called from RCU critical section.
    ///
    /// # Panics
    /// If the section is of another instance of [`Domain`](crate::Domain) than the list.
    ///
    /// # Examples
    ///
    /// ```
    /// # let list = rcu_core::RcuList::new();
    /// # list.update().push_back(7);
    /// let section = rcu_core::read_lock();
    /// for element in list.iter(&section) {
    ///     assert_eq!(*element, 7);
    /// }
    /// ```
    #[inline(always)]
    pub fn iter<'g>(&'g self, section: &'g impl Section<S>) -> ListIter<'g, T> {
        assert!(section.is_of(self.scope.borrow()), "iter: the section is of another domain than the list");
        // SAFETY: (1): what a section that is open for 'g comes to is freed only by a grace period that waits for it, for
        // which see the module, or by the drop of the list, which is borrowed for 'g.
        unsafe { self.chain.iter() }
    }

    /// Takes the list's lock: there is one updater at a time. Waits for the one there is.
    ///
    /// May be called inside a section. For that reason an updater should be dropped before anything waits for a grace
    /// period ([`Retired::wait`], [`synchronize`](crate::synchronize())): a thread inside a section may be waiting for it.
    ///
    /// # Panics
    /// If the calling thread holds an updater of the list already.
    ///
    /// # Examples
    ///
    /// ```
    /// let list = rcu_core::RcuList::new();
    /// let mut updater = list.update();
    /// updater.push_back(2);
    /// updater.push_front(1);
    /// assert!(updater.iter().eq(&[1, 2]));
    /// ```
    pub fn update(&self) -> ListUpdater<'_, T, S> {
        let own = token();
        // Relaxed: a thread can find its own token only while it holds the lock, and then it stored it itself.
        let updating = self.updating.load(Ordering::Relaxed);
        assert!(
            updating != own,
            "RcuList::update called by the thread that holds the list's updater: it would wait for itself"
        );
        // Step [one-updater]: links are stored to, not exchanged.
        let tail = lock(&self.tail);
        // Relaxed: as for the load.
        self.updating.store(own, Ordering::Relaxed);
        ListUpdater { list: self, tail }
    }

    /// What becomes of an element that was removed.
    ///
    /// # Safety
    /// 1. The element was of this list, and the caller has removed it, and gives up the only right to free it.
    unsafe fn retired(&self, removed: NonNull<Node<Element<T>>>) -> Retired<Element<T>, S> {
        // SAFETY: (1) a chain's nodes come from `RcuBox::into_node`, and the rest is (1) here; (2) who uses it came to it
        // inside a section that is open now, or by borrowing the updater, which whoever removes has to itself.
        unsafe { Retired::new(removed, self.scope.clone()) }
    }
}

impl<T: Send + Sync + 'static> Default for RcuList<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Send + Sync + 'static, S: Scope> fmt::Debug for RcuList<T, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RcuList").field("scope", &self.scope).finish_non_exhaustive()
    }
}

// Shared between threads: the list. Bound to one: the lock that is held, and the steps of a section.
#[cfg(not(rcu_loom))]
const _: () = {
    static_assertions::assert_impl_all!(RcuList<u8>: Send, Sync);
    static_assertions::assert_not_impl_any!(ListUpdater<'_, u8>: Send);
    static_assertions::assert_not_impl_any!(ListCursor<'_, u8>: Send);
    static_assertions::assert_not_impl_any!(ListIter<'_, u8>: Send, Sync);
};
