//! `RcuCell`: a pointer that is never empty.

use std::fmt;

use super::boxed::RcuBox;
use super::option::RcuOption;
use super::retired::Retired;
use crate::guard::Section;
use crate::scope::{Global, Scope};

/// A value that readers load inside a section and updaters replace: [`RcuOption`] without the none.
///
/// ```
/// use rcu_core::{RcuCell, read_lock};
///
/// let limits = RcuCell::new((10, 20));
/// limits.update(|&(low, high)| (low, high * 2));
/// assert_eq!(*limits.load(&read_lock()), (10, 40));
/// ```
///
/// What was loaded does not outlive its section:
///
/// ```compile_fail,E0597
/// # use rcu_core::{RcuCell, read_lock};
/// # let limits = RcuCell::new(1_i32);
/// let low;
/// {
///     let section = read_lock();
///     low = limits.load(&section);
/// }
/// assert!(low.is_positive());
/// ```
///
/// ```
/// # use rcu_core::{RcuCell, read_lock};
/// # let limits = RcuCell::new(1_i32);
/// let low;
/// {
///     let section = read_lock();
///     low = *limits.load(&section);
/// }
/// assert!(low.is_positive());
/// ```
pub struct RcuCell<T: Send + Sync + 'static, S: Scope = Global> {
    /// Invariant (1): never none. `new_in` stores a value before anybody has the cell, and whoever takes one out puts another in with the
    /// same exchange.
    option: RcuOption<T, S>,
}

impl<T: Send + Sync + 'static> RcuCell<T> {
    /// A cell of the default domain.
    ///
    /// ```
    /// let cell = rcu_core::RcuCell::new(String::from("a value, or an RcuBox of one"));
    /// # drop(cell);
    /// ```
    pub fn new(value: impl Into<RcuBox<T>>) -> Self {
        Self::new_in(&Global, value)
    }
}

impl<T: Send + Sync + 'static, S: Scope> RcuCell<T, S> {
    /// A cell of the domain.
    ///
    /// ```
    /// let domain = rcu_core::Domain::new();
    /// let cell = rcu_core::RcuCell::new_in(&domain, 7);
    /// assert_eq!(*cell.load(&domain.reader().read_lock()), 7);
    /// ```
    pub fn new_in(scope: &S, value: impl Into<RcuBox<T>>) -> Self {
        let option = RcuOption::none_in(scope);
        option.swap(Some(value.into()));
        Self { option }
    }

    /// The value now. Called from RCU critical section.
    ///
    /// # Panics
    /// If the section is of another instance of [`Domain`](crate::Domain) than the cell.
    ///
    /// # Examples
    ///
    /// ```
    /// let cell = rcu_core::RcuCell::new(7);
    /// let section = rcu_core::read_lock();
    /// let seven: &u32 = cell.load(&section);
    /// # assert_eq!(*seven, 7);
    /// ```
    #[inline(always)]
    pub fn load<'g>(&'g self, section: &'g impl Section<S>) -> &'g T {
        // SAFETY: (1) of the cell.
        unsafe { self.option.load(section).unwrap_unchecked() }
    }

    /// Publishes a value and returns the one that was there.
    ///
    /// ```
    /// let cell = rcu_core::RcuCell::new(1);
    /// let old = cell.replace(2);
    /// assert_eq!(*old, 1); // readers may be looking at it, too
    /// drop(old);           // freed when none can be
    /// ```
    pub fn replace(&self, new: impl Into<RcuBox<T>>) -> Retired<T, S> {
        self.option.swap(Some(new.into())).expect("an RcuCell is never empty")
    }

    /// Replaces the value by what `f` makes of it: read, copy, update. What was there is retired.
    ///
    /// If another updater comes first, `f` is called again with the newer value. It runs inside a section, so it must not
    /// wait for a grace period.
    ///
    /// ```
    /// let cell = rcu_core::RcuCell::new(vec![1, 2]);
    /// cell.update(|old| old.iter().map(|n| n * 10).collect());
    /// assert_eq!(*cell.load(&rcu_core::read_lock()), [10, 20]);
    /// ```
    pub fn update(&self, mut f: impl FnMut(&T) -> T) {
        self.option.update(|value| value.map(&mut f));
    }
}

impl<T: Send + Sync + 'static, S: Scope> fmt::Debug for RcuCell<T, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RcuCell").field(&self.option).finish()
    }
}
