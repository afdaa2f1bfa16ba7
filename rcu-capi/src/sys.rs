//! The end of a thread, as the C library tells it.

use std::ffi::c_void;
use std::ptr;
use std::sync::atomic::{AtomicU64, Ordering};

use rcu_core::raw;

/// The key, plus one; 0 while there is none.
static KEY: AtomicU64 = AtomicU64::new(0);

/// Has `ended` called when the calling thread ends: by returning or `pthread_exit`, but not by `exit`. Thread-locals of Rust and C++ have
/// been destroyed by then. The same function in every call.
///
/// # Panics
/// If the C library has no key left.
pub fn at_thread_end(ended: extern "C" fn(*mut c_void)) {
    // SAFETY: the key is valid, and its value is not followed.
    let result = unsafe { libc::pthread_setspecific(key(ended), ptr::dangling()) };
    assert_eq!(result, 0, "no memory to watch for the end of a reader's thread");
}

/// The key, made by the first who asks. No lock: a fork may come at any time.
fn key(ended: extern "C" fn(*mut c_void)) -> libc::pthread_key_t {
    // Relaxed: a key is a number, and good for whoever knows it.
    let known = KEY.load(Ordering::Relaxed);
    if known != 0 {
        return (known - 1) as _;
    }
    // The key outlives what else keeps a library that a program has loaded.
    raw::pin_library();
    let mut new = 0;
    // SAFETY: `new` may be written, and the destructor is a function of this library, which is not unloaded.
    let result = unsafe { libc::pthread_key_create(&mut new, Some(ended)) };
    assert_eq!(result, 0, "the process has no key left to watch for the end of a reader's thread");
    // Relaxed, twice: as for the load.
    match KEY.compare_exchange(0, u64::from(new) + 1, Ordering::Relaxed, Ordering::Relaxed) {
        Ok(_) => new,
        Err(other) => {
            // SAFETY: the key was made here, and no thread has a value for it.
            unsafe { libc::pthread_key_delete(new) };
            (other - 1) as _
        }
    }
}
