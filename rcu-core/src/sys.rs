//! System calls, one safe function each, with `errno` handled here. No other module makes one.
//!
//! Hosts with membarrier and futex use them; every other host, and the `rcu_portable` build, parks on std's mutex and
//! condition variable. The model-checked build parks on `loom`'s, under the same [`Futex`] interface, so that the
//! event built on it is the one that ships.

#[cfg(all(target_os = "linux", not(rcu_portable), not(rcu_loom)))]
mod linux;
#[cfg(all(target_os = "linux", not(rcu_portable), not(rcu_loom)))]
pub use linux::{Frozen, Futex, membarrier, register_membarrier};

#[cfg(any(not(target_os = "linux"), rcu_portable, rcu_loom))]
mod portable;
#[cfg(all(any(not(target_os = "linux"), rcu_portable), not(rcu_loom)))]
pub use portable::Frozen;
#[cfg(any(not(target_os = "linux"), rcu_portable, rcu_loom))]
pub use portable::Futex;

mod signals;
pub use signals::with_signals_blocked;

mod threads;
pub use threads::{thread_id, thread_name};

#[cfg(not(rcu_loom))]
mod ends;
#[cfg(not(rcu_loom))]
pub use ends::{AtThreadEnd, EndKey, forget_end, watch_end};

mod spawn;
#[cfg(not(rcu_loom))]
pub use spawn::spawn_without_std;
pub use spawn::{Thread, spawn};

mod stderr;
pub use stderr::write_error;

#[cfg(not(rcu_loom))]
mod fork;
#[cfg(not(rcu_loom))]
pub use fork::{AtFork, at_fork};

#[cfg(not(rcu_loom))]
mod library;
#[cfg(not(rcu_loom))]
pub use library::pin_library;
