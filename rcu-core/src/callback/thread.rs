//! The callback thread: started when it is needed, and known by its token.
//!
//! A thread that cannot be started loses nothing: the callbacks stay queued, and every later one tries again.

use std::borrow::Cow;
use std::fmt;
#[cfg(not(rcu_loom))]
use std::mem;

#[cfg(not(rcu_loom))]
use super::monitor;
use crate::sync::{AtomicU32, AtomicU64, Mutex, Ordering, lock};
#[cfg(not(rcu_loom))]
use crate::sync::{Counter, MutexGuard};
#[cfg(not(rcu_loom))]
use crate::sys::pin_library;
use crate::sys::{self, with_signals_blocked};
use crate::thread::{NOBODY, token};

/// The callback thread of a domain could not be started. Nothing is lost: what was queued stays queued, and the next
/// `call` or `init` tries again.
///
/// ```
/// use std::error::Error;
///
/// if let Err(error) = rcu_core::init() {
///     eprintln!("{error}"); // says why in its last words, and in source()
///     assert!(error.source().is_some());
/// }
/// ```
#[derive(Debug)]
pub struct SpawnError(std::io::Error);

impl fmt::Display for SpawnError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the callback thread could not be started: {}", self.0)
    }
}

impl std::error::Error for SpawnError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

/// What a callback thread is made with.
#[derive(Clone, Debug)]
pub struct ThreadOptions {
    pub name: Cow<'static, str>,
    /// In bytes; std's choice if none.
    pub stack_size: Option<usize>,
}

impl ThreadOptions {
    /// Those of a domain that is not told otherwise.
    pub const fn new() -> Self {
        Self { name: Cow::Borrowed("rcu-callbacks"), stack_size: None }
    }
}

/// The thread of one domain, there or not yet.
#[derive(Debug)]
pub struct CallbackThread {
    /// Non-zero when the thread is running or about to.
    spawned: AtomicU32,
    spawning: Mutex<Option<sys::Thread>>,
    /// The thread's token.
    token: AtomicU64,
    /// Non-zero in a forked child.
    #[cfg(not(rcu_loom))]
    left_behind: Counter,
}

impl CallbackThread {
    const_fn! {
        pub fn new() -> Self {
            Self {
                spawned: AtomicU32::new(0),
                spawning: Mutex::new(None),
                token: AtomicU64::new(NOBODY),
                #[cfg(not(rcu_loom))]
                left_behind: Counter::new(0),
            }
        }
    }

    /// Whether the thread is there. False once may be false for long; true is true until the domain ends, or the process
    /// forks.
    pub fn is_spawned(&self) -> bool {
        // Relaxed: nothing is read by it, and the lock decides who spawns.
        self.spawned.load(Ordering::Relaxed) != 0
    }

    /// Starts the thread, unless it is there.
    #[cold]
    pub fn spawn(
        &self,
        options: &ThreadOptions,
        body: impl FnOnce() + Send + 'static,
    ) -> Result<(), SpawnError> {
        let mut spawning = lock(&self.spawning);
        if self.is_spawned() {
            return Ok(());
        }
        #[cfg(not(rcu_loom))]
        pin_library();
        let handle = with_signals_blocked(|| {
            #[cfg(not(rcu_loom))]
            monitor::start();
            sys::spawn(&options.name, options.stack_size, body)
        });
        *spawning = Some(handle.map_err(SpawnError)?);
        // Relaxed: see is_spawned.
        self.spawned.store(1, Ordering::Relaxed);
        Ok(())
    }

    /// Has a thread of the model stand in for the callback thread: none is started. It calls `stop` and `serve` of the callbacks
    /// where they are to run.
    #[cfg(rcu_loom)]
    pub fn do_without(&self) {
        // Relaxed: see is_spawned.
        self.spawned.store(1, Ordering::Relaxed);
    }

    /// Says that the calling thread is the callback thread.
    pub fn adopt(&self) {
        // Relaxed: only the thread that stored its own token can find it here.
        self.token.store(token(), Ordering::Relaxed);
    }

    /// Whether the calling thread is the callback thread.
    pub fn is_current(&self) -> bool {
        // Relaxed: see adopt.
        self.token.load(Ordering::Relaxed) == token()
    }

    /// Waits for the end of the thread, if it was ever there.
    pub fn join(&self) {
        let handle = lock(&self.spawning).take();
        if let Some(handle) = handle {
            handle.join();
        }
    }
}

/// The thread of a domain, which is neither started nor joined while this is held.
#[cfg(not(rcu_loom))]
#[derive(Debug)]
pub struct Frozen<'a> {
    thread: &'a CallbackThread,
    spawning: MutexGuard<'a, Option<sys::Thread>>,
}

#[cfg(not(rcu_loom))]
impl CallbackThread {
    /// Keeps the thread from being started or joined, for a fork.
    pub fn freeze(&self) -> Frozen<'_> {
        Frozen { thread: self, spawning: lock(&self.spawning) }
    }

    /// Whether a fork left the thread behind, and none has been started since.
    pub fn was_left_behind(&self) -> bool {
        self.left_behind.get() != 0 && !self.is_spawned()
    }
}

#[cfg(not(rcu_loom))]
impl Frozen<'_> {
    /// In a forked child, forgets the thread, which is not there.
    pub fn forget(&mut self) {
        // It can neither be joined nor detached.
        mem::forget(self.spawning.take());
        // Relaxed: a forked child has one thread.
        self.thread.spawned.store(0, Ordering::Relaxed);
        // Relaxed: as above.
        self.thread.token.store(NOBODY, Ordering::Relaxed);
        self.thread.left_behind.set(1);
    }
}
