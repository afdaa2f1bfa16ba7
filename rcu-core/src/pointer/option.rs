//! `RcuOption`: a pointer that may be empty.

use std::fmt;
use std::marker::PhantomData;
use std::ptr::{self, NonNull};

use super::boxed::{Node, RcuBox};
use super::retired::Retired;
use crate::guard::Section;
use crate::scope::{Global, Scope};
use crate::sync::{AtomicPtr, Ordering, load_mut};

/// A value, or none, that readers load inside a section and updaters replace.
///
/// A load costs one pointer load; of the default domain's cells, nothing else. The reference it returns outlives neither
/// the cell nor the section, so dropping a cell frees its value at once.
///
/// ```
/// use rcu_core::{RcuBox, RcuOption};
///
/// static CONFIG: RcuOption<String> = RcuOption::none();
///
/// drop(CONFIG.swap(Some(RcuBox::new("fast".to_owned()))));
/// let section = rcu_core::read_lock();
/// assert_eq!(CONFIG.load(&section).unwrap(), "fast");
/// ```
///
/// A payload that must stay on its thread is refused:
///
/// ```compile_fail,E0277
/// let cell = rcu_core::RcuOption::<std::rc::Rc<u8>>::none();
/// ```
///
/// ```
/// let cell = rcu_core::RcuOption::<std::sync::Arc<u8>>::none();
/// ```
///
/// A cell stays while what was loaded from it is in use:
///
/// ```compile_fail,E0505
/// # let cell = rcu_core::RcuOption::<u8>::none();
/// let section = rcu_core::read_lock();
/// let value = cell.load(&section);
/// drop(cell);
/// assert_eq!(value, None);
/// ```
///
/// ```
/// # let cell = rcu_core::RcuOption::<u8>::none();
/// let section = rcu_core::read_lock();
/// let value = cell.load(&section).copied();
/// drop(cell);
/// assert_eq!(value, None);
/// ```
pub struct RcuOption<T: Send + Sync + 'static, S: Scope = Global> {
    pointer: AtomicPtr<Node<T>>,
    scope: S,
    owns: PhantomData<T>,
}

impl<T: Send + Sync + 'static> RcuOption<T> {
    const_fn! {
        /// An empty cell of the default domain.
        ///
        /// ```
        /// static NAME: rcu_core::RcuOption<String> = rcu_core::RcuOption::none();
        /// assert!(NAME.load(&rcu_core::read_lock()).is_none());
        /// ```
        pub fn none() -> Self {
            Self { pointer: AtomicPtr::new(ptr::null_mut()), scope: Global, owns: PhantomData }
        }
    }
}

impl<T: Send + Sync + 'static, S: Scope> RcuOption<T, S> {
    /// An empty cell of the domain.
    ///
    /// ```
    /// let domain = rcu_core::Domain::new();
    /// let cell = rcu_core::RcuOption::none_in(&domain);
    /// cell.update(|_| Some(7));
    /// assert_eq!(cell.load(&domain.reader().read_lock()), Some(&7));
    /// ```
    pub fn none_in(scope: &S) -> Self {
        Self { pointer: AtomicPtr::new(ptr::null_mut()), scope: scope.clone(), owns: PhantomData }
    }

    /// The value now. Called from RCU critical section.
    ///
    /// # Panics
    /// If the section is of another instance of [`Domain`](crate::Domain) than the cell.
    ///
    /// # Examples
    ///
    /// ```
    /// let cell = rcu_core::RcuOption::none();
    /// cell.swap(Some(7.into()));
    /// let section = rcu_core::read_lock();
    /// let seven: Option<&u32> = cell.load(&section);
    /// # assert_eq!(seven, Some(&7));
    /// ```
    #[inline(always)]
    pub fn load<'g>(&'g self, section: &'g impl Section<S>) -> Option<&'g T> {
        assert!(section.is_of(self.scope.borrow()), "load: the section is of another domain than the cell");
        // SAFETY: what is linked now, inside the section, is freed only by a grace period that waits for the section, which
        // is open for 'g, or by the drop of the cell, which is borrowed for 'g. Nobody has a `&mut` to what was published.
        self.linked().map(|node| unsafe { Node::value(node) })
    }

    #[inline(always)]
    fn linked(&self) -> Option<NonNull<Node<T>>> {
        // Acquire [publish]: pairs with the swap and the exchange; the value is read through this.
        NonNull::new(self.pointer.load(Ordering::Acquire))
    }

    /// Publishes a value, or none, and returns what was there.
    ///
    /// ```
    /// let cell = rcu_core::RcuOption::none();
    /// assert!(cell.swap(Some(7.into())).is_none());
    /// let seven = cell.swap(None).expect("there is one");
    /// assert_eq!(seven.wait(), 7);
    /// ```
    pub fn swap(&self, new: Option<RcuBox<T>>) -> Option<Retired<T, S>> {
        // AcqRel [publish]: Release pairs with the loads, for the new value; Acquire with the swap or exchange that published
        // the old one, which becomes ours.
        let old = self.pointer.swap(into_pointer(new), Ordering::AcqRel);
        self.unlinked(old)
    }

    /// Replaces the value by what `f` makes of it: read, copy, update. What was there is retired.
    ///
    /// If another updater comes first, `f` is called again with the newer value. It runs inside a section, so it must not
    /// wait for a grace period.
    ///
    /// ```
    /// let cell = rcu_core::RcuOption::none();
    /// cell.update(|old: Option<&u32>| Some(old.map_or(1, |n| n + 1)));
    /// cell.update(|old| old.map(|n| n * 10));
    /// assert_eq!(cell.load(&rcu_core::read_lock()), Some(&10));
    /// ```
    pub fn update(&self, mut f: impl FnMut(Option<&T>) -> Option<T>) {
        // Step [update-in-a-section]: the old value stays while it is looked at, and its address is not published
        // anew before the exchange.
        // What was replaced is retired outside of the section.
        let _replaced = self.scope.with_section(|| {
            loop {
                let old = self.linked();
                // SAFETY: as in `load`, until the section ends.
                let old_value = old.map(|old| unsafe { Node::value(old) });
                let new = into_pointer(f(old_value).map(RcuBox::new));
                let old = old.map_or(ptr::null_mut(), NonNull::as_ptr);
                // Release [publish]: as for swap; the load above has acquired the old value. Relaxed: on failure the next
                // turn loads again. The section keeps the allocation from being freed and published anew, so an equal
                // pointer is the same value.
                if self.pointer.compare_exchange(old, new, Ordering::Release, Ordering::Relaxed).is_ok() {
                    return self.unlinked(old);
                }
                // SAFETY: it was refused, so nobody has seen it.
                drop(NonNull::new(new).map(|new| unsafe { RcuBox::from_node(new) }));
            }
        });
    }

    fn unlinked(&self, node: *mut Node<T>) -> Option<Retired<T, S>> {
        // SAFETY: (1) `into_pointer` made it, and the caller's RMW that unlinked it is the only one that did; (2) who uses it
        // loaded it inside a section that is open now.
        NonNull::new(node).map(|node| unsafe { Retired::new(node, self.scope.clone()) })
    }
}

fn into_pointer<T>(value: Option<RcuBox<T>>) -> *mut Node<T> {
    value.map_or(ptr::null_mut(), |value| value.into_node().as_ptr())
}

impl<T: Send + Sync + 'static, S: Scope> Drop for RcuOption<T, S> {
    fn drop(&mut self) {
        // SAFETY: the cell's value is ours once nobody can load it; whoever did borrowed the cell, and those borrows are over.
        drop(NonNull::new(load_mut(&mut self.pointer)).map(|node| unsafe { RcuBox::from_node(node) }));
    }
}

impl<T: Send + Sync + 'static, S: Scope> fmt::Debug for RcuOption<T, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RcuOption").field("scope", &self.scope).finish_non_exhaustive()
    }
}

#[cfg(not(rcu_loom))]
static_assertions::assert_eq_size!(RcuOption<String>, *const String);
