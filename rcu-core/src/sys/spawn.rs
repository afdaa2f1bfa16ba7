//! Threads of the crate's own: std's, but not in a forked child.
//!
//! std holds a lock of its own when one of its threads begins and when it ends. A child that was forked meanwhile has that lock held
//! for ever, and each of std's threads that is started there waits for it. So a child's are started by the C library, and std meets
//! them as it meets any foreign thread: what they run may use all of it, but finds no name in `thread::current()`.

use std::io;

use crate::sync::thread;

/// A thread that was started. Dropped, it is left to itself.
#[derive(Debug)]
pub enum Thread {
    Std(thread::JoinHandle<()>),
    #[cfg(all(unix, not(rcu_loom)))]
    Foreign(foreign::Thread),
}

/// Starts a thread. The stack size is in bytes, and std's choice if none.
pub fn spawn(
    name: &str,
    stack_size: Option<usize>,
    body: impl FnOnce() + Send + 'static,
) -> io::Result<Thread> {
    #[cfg(all(unix, not(rcu_loom)))]
    if foreign::are_needed() {
        return foreign::spawn(name, stack_size, Box::new(body)).map(Thread::Foreign);
    }
    let mut builder = thread::Builder::new().name(name.to_owned());
    if let Some(stack_size) = stack_size {
        builder = builder.stack_size(stack_size);
    }
    builder.spawn(body).map(Thread::Std)
}

impl Thread {
    /// Waits for the end of the thread.
    pub fn join(self) {
        match self {
            // A panic of the thread itself is impossible: everything foreign is contained.
            Self::Std(thread) => thread.join().expect("the crate's threads do not panic"),
            #[cfg(all(unix, not(rcu_loom)))]
            Self::Foreign(thread) => thread.join(),
        }
    }
}

/// In a forked child: has threads started without std from now on.
#[cfg(not(rcu_loom))]
pub fn spawn_without_std() {
    #[cfg(unix)]
    foreign::need();
}

#[cfg(all(unix, not(rcu_loom)))]
mod foreign {
    use std::ffi::CString;
    use std::io;
    use std::mem::{self, MaybeUninit};
    use std::ptr;

    use libc::c_void;

    use crate::sync::Counter;

    /// Non-zero in a forked child.
    static NEEDED: Counter = Counter::new(0);

    pub fn are_needed() -> bool {
        NEEDED.get() != 0
    }

    pub fn need() {
        NEEDED.set(1);
    }

    /// std's default.
    const STACK_SIZE: usize = 2 << 20;
    /// What the C library may need of it, and a multiple of every page size.
    const STACK_UNIT: usize = 128 << 10;

    /// A joinable thread.
    #[derive(Debug)]
    pub struct Thread(libc::pthread_t);

    // SAFETY: it is the only right to join or detach the thread, which any thread may do.
    unsafe impl Send for Thread {}

    struct Start {
        name: CString,
        body: Box<dyn FnOnce() + Send>,
    }

    pub fn spawn(
        name: &str,
        stack_size: Option<usize>,
        body: Box<dyn FnOnce() + Send>,
    ) -> io::Result<Thread> {
        let start = Box::into_raw(Box::new(Start { name: CString::new(name)?, body }));
        let created = create(stack_size.unwrap_or(STACK_SIZE), start.cast());
        if created.is_err() {
            // SAFETY: no thread has it.
            drop(unsafe { Box::from_raw(start) });
        }
        created
    }

    fn create(stack_size: usize, start: *mut c_void) -> io::Result<Thread> {
        let stack_size = stack_size.max(1).checked_next_multiple_of(STACK_UNIT);
        let stack_size = stack_size.ok_or(io::ErrorKind::InvalidInput)?;
        let mut attributes = MaybeUninit::uninit();
        // SAFETY: `attributes` may be written.
        check(unsafe { libc::pthread_attr_init(attributes.as_mut_ptr()) })?;
        let mut thread = MaybeUninit::uninit();
        // SAFETY: `attributes` is initialised.
        let sized = unsafe { libc::pthread_attr_setstacksize(attributes.as_mut_ptr(), stack_size) };
        let created = check(sized).and_then(|()| {
            // SAFETY: `thread` may be written, `attributes` is initialised, and `run` takes what `spawn` gave up.
            check(unsafe { libc::pthread_create(thread.as_mut_ptr(), attributes.as_ptr(), run, start) })
        });
        // SAFETY: `attributes` is initialised, and not used after this.
        unsafe { libc::pthread_attr_destroy(attributes.as_mut_ptr()) };
        // SAFETY: if a thread was created, `thread` is initialised.
        created.map(|()| Thread(unsafe { thread.assume_init() }))
    }

    fn check(result: libc::c_int) -> io::Result<()> {
        if result == 0 { Ok(()) } else { Err(io::Error::from_raw_os_error(result)) }
    }

    extern "C" fn run(start: *mut c_void) -> *mut c_void {
        // SAFETY: `spawn` made it, and gave it up to this thread.
        let Start { name, body } = *unsafe { Box::from_raw(start.cast::<Start>()) };
        #[cfg(target_os = "linux")]
        // SAFETY: the name is a string, of which the kernel copies 15 bytes at most.
        unsafe {
            libc::prctl(libc::PR_SET_NAME, name.as_ptr());
        }
        drop(name);
        // A panic would abort: everything foreign is contained.
        body();
        ptr::null_mut()
    }

    impl Thread {
        pub fn join(self) {
            let thread = mem::ManuallyDrop::new(self);
            // SAFETY: the thread is joinable, and the right to join it is used up here.
            unsafe { libc::pthread_join(thread.0, ptr::null_mut()) };
        }
    }

    impl Drop for Thread {
        fn drop(&mut self) {
            // SAFETY: the thread is joinable, and the right to detach it is used up here.
            unsafe { libc::pthread_detach(self.0) };
        }
    }
}
