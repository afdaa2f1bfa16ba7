//! System calls, one safe function each, with `errno` handled here. No other module makes one.
//!
//! Hosts with membarrier and futex use them; every other host, and the `rcu_portable` build, parks on std's mutex and
//! condition variable. The model-checked build parks on `loom`'s, under the same [`Futex`] interface, so that the
//! event built on it is the one that ships.

#[cfg(all(target_os = "linux", not(rcu_portable), not(rcu_loom)))]
mod linux;
#[cfg(all(target_os = "linux", not(rcu_portable), not(rcu_loom)))]
pub use linux::{Futex, membarrier, register_membarrier};

#[cfg(any(not(target_os = "linux"), rcu_portable, rcu_loom))]
mod portable;
#[cfg(any(not(target_os = "linux"), rcu_portable, rcu_loom))]
pub use portable::Futex;

mod signals;
pub use signals::with_signals_blocked;
