//! The end of a thread.
//!
//! The C library calls the destructors of thread-locals first, and then those of its keys, round after round. What these call may be the
//! thread's first use of a thread-local with a destructor, which nobody calls any more. So who must not miss the end has a key, too.

/// What to do when a thread ends, on that thread.
pub trait AtThreadEnd {
    /// The key that is for this.
    fn key() -> &'static EndKey;
    /// Its keys are being destroyed; its thread-locals without destructors are still there.
    fn ends();
}

#[cfg(unix)]
mod imp {
    use std::ffi::c_void;
    use std::ptr;

    use super::AtThreadEnd;
    use crate::sync::{AtomicU64, Ordering};

    /// A key of the C library's, made when it is first needed.
    #[derive(Debug)]
    pub struct EndKey {
        /// The key, plus one; 0 while there is none.
        number: AtomicU64,
    }

    impl EndKey {
        pub const fn new() -> Self {
            Self { number: AtomicU64::new(0) }
        }
    }

    extern "C" fn destroyed<H: AtThreadEnd>(_: *mut c_void) {
        H::ends();
    }

    /// The key of this watcher, made by the first who asks. No lock: a fork may come at any time.
    fn key<H: AtThreadEnd>() -> Option<libc::pthread_key_t> {
        let number = &H::key().number;
        // Relaxed: a key is a number, and good for whoever knows it.
        let known = number.load(Ordering::Relaxed);
        if known != 0 {
            return Some((known - 1) as _);
        }
        let mut new = 0;
        // SAFETY: `new` may be written, and the destructor is a function of this library, which stays for as long as a thread has a
        // value: see `watch_end`.
        if unsafe { libc::pthread_key_create(&mut new, Some(destroyed::<H>)) } != 0 {
            return None;
        }
        // Relaxed, twice: as for the load.
        match number.compare_exchange(0, u64::from(new) + 1, Ordering::Relaxed, Ordering::Relaxed) {
            Ok(_) => Some(new),
            Err(other) => {
                // SAFETY: the key was made here, and no thread has a value for it.
                unsafe { libc::pthread_key_delete(new) };
                Some((other - 1) as _)
            }
        }
    }

    fn set<H: AtThreadEnd>(value: *const c_void) -> bool {
        // SAFETY: the key is valid, and its values are not followed.
        key::<H>().is_some_and(|key| unsafe { libc::pthread_setspecific(key, value) } == 0)
    }

    /// Has this called when the keys of the calling thread are destroyed. False if the host has no room for that.
    ///
    /// The library must not go before that, or [`forget_end`]: a thread-local of its own with a destructor that was not called yet
    /// keeps it.
    pub fn watch_end<H: AtThreadEnd>() -> bool {
        set::<H>(ptr::dangling())
    }

    /// Takes that back.
    pub fn forget_end<H: AtThreadEnd>() {
        set::<H>(ptr::null());
    }
}

/// This host destroys thread-locals last.
#[cfg(not(unix))]
mod imp {
    use super::AtThreadEnd;

    #[derive(Debug)]
    pub struct EndKey;

    impl EndKey {
        pub const fn new() -> Self {
            Self
        }
    }

    pub fn watch_end<H: AtThreadEnd>() -> bool {
        true
    }

    pub fn forget_end<H: AtThreadEnd>() {}
}

pub use imp::{EndKey, forget_end, watch_end};
