//! Two declarations that differ between the shipped build and the model-checked one.

/// Declares the modules of the crate, lowest layer first. They are private, except in the model-checked build, where
/// the models reach each layer by its own name.
macro_rules! layer {
    ($($(#[$doc:meta])* $name:ident;)*) => {
        $(
            #[cfg(not(rcu_loom))]
            $(#[$doc])*
            mod $name;
            #[cfg(rcu_loom)]
            $(#[$doc])*
            pub mod $name;
        )*
    };
}

/// A function that is `const` in the shipped build. The atomics of `loom` have no `const` constructors.
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
