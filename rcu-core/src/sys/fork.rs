//! fork(2): what is called around it.

/// What to do around each fork of this process, on the thread that forks.
pub trait AtFork {
    /// Before.
    fn prepare();
    /// After, in the parent.
    fn parent();
    /// After, in the child.
    fn child();
}

/// Has this called around each fork from now on. To be called once per process.
#[cfg(unix)]
pub fn at_fork<H: AtFork>() {
    extern "C" fn prepare<H: AtFork>() {
        H::prepare();
    }
    extern "C" fn parent<H: AtFork>() {
        H::parent();
    }
    extern "C" fn child<H: AtFork>() {
        H::child();
    }
    // SAFETY: the three are functions of this library, which the C library forgets when it is unloaded.
    let result = unsafe { libc::pthread_atfork(Some(prepare::<H>), Some(parent::<H>), Some(child::<H>)) };
    assert_eq!(result, 0, "pthread_atfork fails only for want of memory");
}

/// Has this called around each fork: this host has none.
#[cfg(not(unix))]
pub fn at_fork<H: AtFork>() {}
