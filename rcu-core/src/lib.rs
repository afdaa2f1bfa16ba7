//! Read-copy-update in user space.
//!
//! Readers look at shared data inside a *read-side critical section*, without a lock and without writing anything that
//! another processor reads. Updaters never change what a reader may see: they make a new version, publish its pointer, and
//! reclaim the old version once every section that was open at that moment has ended. That is a *grace period*.
//!
//! ```
//! use rcu_core::{RcuCell, read_lock};
//!
//! let routes = RcuCell::new(vec!["lo"]);
//!
//! // A reader. The reference lives as long as the section.
//! {
//!     let section = read_lock();
//!     assert_eq!(routes.load(&section).len(), 1);
//! }
//!
//! // An updater: read, copy, update. The old version is dropped after a grace period, on the callback thread.
//! routes.update(|old| old.iter().copied().chain(["eth0"]).collect());
//!
//! // Or one that needs the old version back, and waits.
//! let old: Vec<&str> = routes.replace(vec![]).wait();
//! assert_eq!(old, ["lo", "eth0"]);
//! ```
//!
//! | to | use | costs |
//! |---|---|---|
//! | read | [`read_lock`], or [`Reader::read_lock`] on a [`reader()`] handle | a few instructions; no shared write |
//! | publish | [`RcuCell::replace`], [`RcuOption::swap`], `update` | one allocation, one atomic swap |
//! | keep elements in order | [`RcuList`] | one allocation an element; one pointer load a step |
//! | wait for readers | [`synchronize`], [`Retired::wait`] | a membarrier, and the longest open section |
//! | reclaim without waiting | drop the [`Retired`]; [`retire`]; [`call`] | one atomic exchange |
//! | wait for what was reclaimed so | [`barrier`] | a grace period, and the callbacks before it |
//! | separate one use from another | [`Domain`] | a callback thread, once there are callbacks |
//!
//! Free functions are the default domain, which every thread joins in its first section. A section may nest, and may hold
//! any number of guards; it must not wait for a grace period of its own domain, which panics.
//!
//! # System calls
//! membarrier, futex, what it takes to spawn a thread, and `sched_yield`. See [`init`] for seccomp filters.

#[macro_use]
mod layer;

/// Atomics, locks and threads: the only module that names `std` or `loom` for them. For the crates of this workspace, whose
/// own protocols are checked with this one's.
#[doc(hidden)]
pub mod sync;

layer! {
    /// System calls, one safe function each.
    sys;
    /// The thread token, and whether this thread is running a force-RCU kick.
    thread;
    /// Running foreign code so that its panic stays its own.
    contain;
    /// Light fences for readers, heavy ones for updaters.
    fence;
    /// One sleeper, any number of wakers.
    event;
    /// The grace-period counter that readers copy, and the event they wake.
    grace_period;
    /// A reader's word: enter, nest, leave.
    reader;
    /// The header that lets any allocation wait in a callback queue.
    head;
    /// The readers that a grace period has to look at, and their force-RCU kicks.
    registry;
    /// Grace periods: who drives one, and what it waits for.
    synchronize;
    /// Callbacks and the thread that runs them.
    callback;
    /// All the state of one domain.
    engine;
    /// What ties sections, cells and handles to one domain.
    scope;
    /// `ReadGuard` and the `Section` trait.
    guard;
    /// `Reader`: an explicit handle.
    handle;
    /// Protected pointers.
    pointer;
    /// `Domain` and its builder.
    domain;
    /// The process-wide default domain and its automatic registration.
    global;
}

pub use callback::SpawnError;
pub use domain::{Builder, Domain};
pub use engine::Stats;
pub use fence::Fences;
pub use global::{
    barrier, call, init, read_lock, reader, register_current_thread, retire, stats, synchronize,
};
pub use guard::{ReadGuard, Section};
pub use handle::{NotifierHandle, Reader};
pub use pointer::{Element, ListCursor, ListIter, ListUpdater, RcuBox, RcuCell, RcuList, RcuOption, Retired};
pub use scope::{Global, Scope};
