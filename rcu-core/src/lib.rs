//! Userspace read-copy-update.

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
    /// `Domain` and its builder.
    domain;
    /// Protected pointers.
    pointer;
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
pub use pointer::{RcuBox, RcuCell, RcuOption, Retired};
pub use scope::{Global, Scope};
