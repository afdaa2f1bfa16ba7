//! Light fences for readers, heavy fences for updaters.
//!
//! A light fence on one thread and a heavy fence on another order the accesses around them as if both were
//! `fence(SeqCst)`. On Linux the light one is nothing but a limit for the compiler: the heavy one is membarrier(2), which
//! runs a full fence on every running thread of the process, wherever it is. A host without membarrier, the
//! `rcu_portable` build, and a domain built with [`Fences::SeqCst`] use `fence(SeqCst)` on both sides.
//!
//! Which of the two a process uses is decided once, before any reader runs light, and never changes: a reader without
//! fence is safe only beside updaters that all use membarrier.

use crate::sync::{Ordering, fence};

/// Which fences a domain uses.
///
/// ```
/// use rcu_core::{Domain, Fences};
/// let domain = Domain::builder().fences(Fences::SeqCst).build();
/// # domain.synchronize();
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fences {
    /// membarrier(2) where the host has it: sections cost no fence, grace periods a system call if a reader is online.
    #[default]
    Auto,
    /// `fence(SeqCst)` on both sides: every section costs two fences, and no membarrier call is made.
    SeqCst,
}

/// Whether readers may run without a fence of their own. They may not go light before this has said so.
pub fn readers_run_light(fences: Fences) -> bool {
    fences == Fences::Auto && imp::light_is_enough()
}

/// Orders the updater against every reader, light or not.
#[cfg_attr(rcu_loom, track_caller)]
pub fn heavy(fences: Fences) {
    full();
    if readers_run_light(fences) {
        remote();
    }
}

/// What [`heavy`] is beyond a [`full`] fence of the updater's own, which has to come first: one on each light reader, at whatever
/// point it is.
#[cfg_attr(rcu_loom, track_caller)]
pub fn remote() {
    imp::remote();
}

/// The reader's side of [`heavy`], for a reader that may run light.
#[inline(always)]
#[cfg_attr(rcu_loom, track_caller)]
pub fn light() {
    imp::light();
}

/// A full fence of the caller's own: the updater's side of one that readers pass too, and the side of a reader that may not
/// run light, or goes online.
#[cfg_attr(rcu_loom, track_caller)]
pub fn full() {
    fence(Ordering::SeqCst);
}

/// membarrier: chosen once per process.
#[cfg(all(target_os = "linux", not(rcu_portable), not(rcu_loom)))]
mod imp {
    use std::io;
    use std::sync::atomic::compiler_fence;

    use super::Ordering;
    use crate::report::report;
    use crate::sync::Counter;
    use crate::sys;

    /// [`UNKNOWN`] until the choice is made. What it says of the kernel needs no ordering: the process registers before this is set.
    /// Neither a lock nor std's `OnceLock`: registering may take milliseconds, and a thread may do it for the first time while
    /// another forks, after what is done ahead of a fork.
    static CHOSEN: Counter = Counter::new(UNKNOWN);

    const UNKNOWN: u64 = 0;
    const LIGHT: u64 = 1;
    const FULL: u64 = 2;

    pub fn light_is_enough() -> bool {
        match CHOSEN.get() {
            UNKNOWN => choose(),
            chosen => chosen == LIGHT,
        }
    }

    #[cold]
    fn choose() -> bool {
        CHOSEN.decide(UNKNOWN, if sys::register_membarrier().is_ok() { LIGHT } else { FULL }) == LIGHT
    }

    /// The kernel copies its own notes of a process before its memory. So a child that was forked as another thread made the choice
    /// may know of it, and its kernel not: it registers anew. Should that be refused too, `refused` is why.
    #[cold]
    fn register_again(refused: io::Error) -> io::Result<()> {
        sys::register_membarrier().and_then(|()| sys::membarrier()).map_err(|_| refused)
    }

    #[inline(always)]
    pub fn light() {
        // SeqCst: the compiler moves nothing across; the processor is membarrier's.
        compiler_fence(Ordering::SeqCst);
    }

    pub fn remote() {
        if let Err(error) = sys::membarrier().or_else(register_again) {
            report(format_args!(
                "membarrier failed after readers began to rely on it: {error}. A seccomp filter installed later does \
                 this: call init() before it and allow membarrier, or build the domain with Fences::SeqCst."
            ));
            std::process::abort();
        }
        // SeqCst: the compiler moves nothing across. If there is anybody to reach, membarrier is a full fence on the caller too; if not,
        // the full fence that comes before this call orders what the caller does after it.
        compiler_fence(Ordering::SeqCst);
    }
}

/// No membarrier: the light fence is a full one, so light readers are safe by themselves.
#[cfg(all(any(not(target_os = "linux"), rcu_portable), not(rcu_loom)))]
mod imp {
    use super::{Ordering, fence};

    pub fn light_is_enough() -> bool {
        true
    }

    #[inline(always)]
    pub fn light() {
        fence(Ordering::SeqCst);
    }

    pub fn remote() {}
}

/// Whichever the model is run for.
#[cfg(rcu_loom)]
mod imp {
    pub use crate::sync::model::{light_fence as light, remote_fence as remote};

    pub fn light_is_enough() -> bool {
        true
    }
}
