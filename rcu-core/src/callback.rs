//! Callbacks: a list for each producer, and the thread that gives what is queued a grace period and runs it.
//!
//! A callback is counted before its grace period: the thread takes all that is queued, then waits, then runs what it
//! took. What is queued meanwhile waits for the next round. Nothing else drives a callback: it needs neither a later
//! call nor the life of the thread that made it. The same thread drives the grace periods that are polled for.

mod activity;
mod closure;
#[cfg(not(rcu_loom))]
mod lease;
mod limits;
mod queue;
mod lists;
#[cfg(not(rcu_loom))]
mod monitor;
mod rounds;
mod taken;
mod thread;
mod worker;
#[cfg(not(rcu_loom))]
mod frozen;

pub use closure::closure_head;
#[cfg(not(rcu_loom))]
pub use frozen::Frozen;
#[cfg(not(rcu_loom))]
pub use lease::{Frozen as FrozenLeases, freeze as freeze_leases};
pub use limits::{DEFAULT_SOFT_LIMIT, Limits};
#[cfg(not(rcu_loom))]
pub use monitor::{Frozen as FrozenMonitor, freeze as freeze_monitor};
#[cfg(rcu_loom)]
pub use queue::{Batch, Queue};
#[cfg(rcu_loom)]
pub use rounds::Rounds;
pub use thread::{Meanwhile, SpawnError, ThreadOptions};
#[cfg(not(rcu_loom))]
pub use worker::AROUND_BATCHES;
pub use worker::{BatchHook, Callbacks, DEFAULT_BATCH_HOOK};
