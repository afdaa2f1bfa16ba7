//! Threads that no signal handler of the application runs on.

/// Runs `f` with every signal blocked on the calling thread; a thread spawned in `f` inherits the full mask.
#[cfg(unix)]
pub fn with_signals_blocked<R>(f: impl FnOnce() -> R) -> R {
    use std::mem::MaybeUninit;

    let mut all = MaybeUninit::<libc::sigset_t>::uninit();
    let mut before = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: sigfillset initialises the set that it is given.
    unsafe { libc::sigfillset(all.as_mut_ptr()) };
    // SAFETY: `all` is initialised, and `before` may be written.
    let blocked = unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), before.as_mut_ptr()) };
    assert_eq!(blocked, 0, "pthread_sigmask fails only for an unknown `how`");
    // SAFETY: the successful call above initialised `before`.
    let _restore = Restore(unsafe { before.assume_init() });
    f()
}

/// Restores the mask of the calling thread when it is dropped, on unwinding too.
#[cfg(unix)]
struct Restore(libc::sigset_t);

#[cfg(unix)]
impl Drop for Restore {
    fn drop(&mut self) {
        // SAFETY: the set is initialised, and the previous one is not asked for.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &raw const self.0, std::ptr::null_mut()) };
    }
}

/// Runs `f`: this host has no signal masks.
#[cfg(not(unix))]
pub fn with_signals_blocked<R>(f: impl FnOnce() -> R) -> R {
    f()
}
