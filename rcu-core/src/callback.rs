//! Callbacks: a list for each producer, and the thread that gives what is queued a grace period and runs it.
//!
//! A callback is counted before its grace period: the thread takes all that is queued, then waits, then runs what it
//! took. What is queued meanwhile waits for the next round. Nothing else drives a callback: it needs neither a later
//! call nor the life of the thread that made it. The same thread drives the grace periods that are polled for.

mod closure;
#[cfg(not(rcu_loom))]
mod lease;
mod queue;
mod lists;
mod rounds;
mod worker;

pub use closure::closure_head;
#[cfg(rcu_loom)]
pub use queue::{Batch, Queue};
#[cfg(rcu_loom)]
pub use rounds::Rounds;
pub use worker::{Callbacks, SpawnError};
