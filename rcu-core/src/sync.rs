//! The one door to `std` and `loom`.
//!
//! Everything else takes its atomics, locks, cells and threads from here, so that the model-checked build runs the
//! very sources that ship. In that build the types are `loom`'s, wrapped by the submodule `model` so that a membarrier can fall
//! before any access of a reader, and so that one ordering at a time can be weakened to see a model fail.

#[cfg(rcu_loom)]
pub mod model;
mod shown;

pub(crate) use shown::Constant;
pub use shown::Counter;

#[cfg(not(rcu_loom))]
#[expect(clippy::disallowed_types, reason = "this is the door")]
mod imp {
    use std::sync::{self, atomic};

    pub use std::sync::atomic::{Ordering, fence};
    pub use std::{thread, thread_local};

    // Aliases, not re-exports: by these names the types are allowed.
    pub type AtomicPtr<T> = atomic::AtomicPtr<T>;
    pub type AtomicU32 = atomic::AtomicU32;
    pub type AtomicU64 = atomic::AtomicU64;
    pub type Condvar = sync::Condvar;
    pub type Mutex<T> = sync::Mutex<T>;
    pub type MutexGuard<'a, T> = sync::MutexGuard<'a, T>;

    /// `std::cell::UnsafeCell` with the interface of `loom`'s, which checks each access.
    #[repr(transparent)]
    #[derive(Debug, Default)]
    pub struct UnsafeCell<T>(std::cell::UnsafeCell<T>);

    impl<T> UnsafeCell<T> {
        pub const fn new(value: T) -> Self {
            Self(std::cell::UnsafeCell::new(value))
        }
        pub fn with<R>(&self, f: impl FnOnce(*const T) -> R) -> R {
            f(self.0.get())
        }
        pub fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
            f(self.0.get())
        }
    }

    /// Reads a word that only the calling thread writes.
    #[inline(always)]
    pub fn load_own(word: &AtomicU64) -> u64 {
        // Relaxed: a thread sees its own stores in order.
        word.load(Ordering::Relaxed)
    }

    /// Reads a pointer that nobody else can reach.
    pub fn load_mut<T>(pointer: &mut AtomicPtr<T>) -> *mut T {
        *pointer.get_mut()
    }

    /// Sleeps for about so long.
    pub fn pause(time: std::time::Duration) {
        thread::sleep(time);
    }

    /// A number that this process has not had before, from 1.
    pub fn unique() -> u64 {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        // Relaxed: it orders nothing.
        NEXT.fetch_add(1, Ordering::Relaxed)
    }
}

#[cfg(rcu_loom)]
use model as imp;

pub use imp::{
    AtomicPtr, AtomicU32, AtomicU64, Condvar, Mutex, MutexGuard, Ordering, UnsafeCell, fence, load_mut,
    load_own, pause, thread, thread_local, unique,
};
// Reference counts are no protocol of this crate: the models need not explore them.
pub use std::sync::{Arc, Weak};

use std::time::Duration;

/// Locks, whether or not a holder panicked: no invariant of this crate is broken across a call that can panic.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Waits on `condvar`, whether or not a holder panicked.
pub fn wait<'a, T>(condvar: &Condvar, guard: MutexGuard<'a, T>) -> MutexGuard<'a, T> {
    condvar.wait(guard).unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// As [`wait`], for at most `timeout`: never, in a model.
pub fn wait_timeout<'a, T>(
    condvar: &Condvar,
    guard: MutexGuard<'a, T>,
    timeout: Duration,
) -> MutexGuard<'a, T> {
    condvar.wait_timeout(guard, timeout).unwrap_or_else(std::sync::PoisonError::into_inner).0
}
