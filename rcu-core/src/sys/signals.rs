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
    let result = f();
    // SAFETY: the successful call above initialised `before`.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, before.as_ptr(), std::ptr::null_mut()) };
    result
}

/// Runs `f`: this host has no signal masks.
#[cfg(not(unix))]
pub fn with_signals_blocked<R>(f: impl FnOnce() -> R) -> R {
    f()
}
