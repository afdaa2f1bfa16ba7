//! fork(2): every domain that is alive, and how a child goes on with it.
//!
//! Before a fork, the forking thread takes every lock of every domain, so that none is held in the child by a thread that is not
//! there, and what they guard is whole. None of these locks is ever held while anything waits or foreign code runs: fork
//! waits for no callback and no reader. Afterwards the parent lets go of them. The child first forgets the threads that are not there:
//! their sections, the grace period that one of them drives, the callback threads. It starts none: its next operation does.
//!
//! The handlers are registered before any of the locks is first taken, and without one. They may be called twice.
//!
//! Order of locks: the list of domains; then, domain by domain, the callback thread's, the room, the rounds, what is taken, the turns, the
//! registry; then the leases, the monitor, and the hooks of the default domain. Whoever else holds two of them took them in this order.

#[cfg(not(rcu_loom))]
mod alive;
#[cfg(not(rcu_loom))]
mod handlers;

#[cfg(not(rcu_loom))]
pub use alive::{cover, cover_global, is_inside_any, start_left_behind};

/// A model does not fork.
#[cfg(rcu_loom)]
pub fn start_left_behind() {}

/// Whether the thread with this token is inside a section of any domain: a model has one.
#[cfg(rcu_loom)]
pub fn is_inside_any(engine: &crate::engine::Engine, token: u64) -> bool {
    engine.grace_periods.registry.is_inside(token)
}
