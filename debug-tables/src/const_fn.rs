//! One declaration that differs between the shipped build and the model-checked one.

/// A function that is `const` in the shipped build. The atomics and locks of `loom` have no `const` constructors.
macro_rules! const_fn {
    ($(#[$attr:meta])* $vis:vis fn $($rest:tt)*) => {
        #[cfg(not(rcu_loom))]
        $(#[$attr])*
        $vis const fn $($rest)*
        #[cfg(rcu_loom)]
        $(#[$attr])*
        $vis fn $($rest)*
    };
}
