//! A part in Rust of a program in C, for the tests: sections of the two nest in each other.

// What the C part links against.
use rcu_capi as _;

/// Calls back inside a section of Rust's.
#[unsafe(no_mangle)]
pub extern "C" fn mixed_nest(inside: extern "C" fn()) {
    let _section = rcu_core::read_lock();
    inside();
}

/// Waits for a grace period, or panics.
#[unsafe(no_mangle)]
pub extern "C" fn mixed_synchronize() {
    rcu_core::synchronize();
}

/// Whether the thread is inside a section, as Rust sees it.
#[unsafe(no_mangle)]
pub extern "C" fn mixed_is_inside() -> bool {
    rcu_core::read_ongoing()
}
