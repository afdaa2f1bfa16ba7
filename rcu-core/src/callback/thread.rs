//! The callback thread: started when it is needed, and known by its token.
//!
//! A thread that cannot be started loses nothing: the callbacks stay queued, and every later one tries again.
//!
//! **No lock is held while it is started.** The dynamic linker has a lock of its own, which who starts a thread takes more than once, and
//! which is held around the constructors of a library that is being loaded: one that calls into this crate must find its locks free.
//! So who starts the thread claims that first. Others who need no more than that it is started go on; who has to know the outcome waits
//! for it.

use std::borrow::Cow;
use std::fmt;
#[cfg(not(rcu_loom))]
use std::mem;

#[cfg(not(rcu_loom))]
use super::monitor;
#[cfg(not(rcu_loom))]
use crate::sync::Counter;
use crate::sync::{AtomicU32, AtomicU64, Condvar, Mutex, MutexGuard, Ordering, lock, wait};
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

/// What to do while another thread starts the one that is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meanwhile {
    /// Go on, and leave it to that one.
    GoOn,
    /// Wait for the outcome, and try again if that is none.
    Wait,
}

/// There is no thread.
const ABSENT: u32 = 0;
/// Somebody is starting it.
const STARTING: u32 = 1;
/// It runs, or is about to.
const THERE: u32 = 2;

/// The thread of one domain, there or not yet.
#[derive(Debug)]
pub struct CallbackThread {
    /// One of the three. Changed under the lock.
    state: AtomicU32,
    handle: Mutex<Option<sys::Thread>>,
    /// Nobody is starting the thread any more.
    settled: Condvar,
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
                state: AtomicU32::new(ABSENT),
                handle: Mutex::new(None),
                settled: Condvar::new(),
                token: AtomicU64::new(NOBODY),
                #[cfg(not(rcu_loom))]
                left_behind: Counter::new(0),
            }
        }
    }

    /// Whether the thread is there. False once may be false for long; true is true until the domain ends, or the process
    /// forks.
    pub fn is_spawned(&self) -> bool {
        self.state() == THERE
    }

    /// Whether the thread is not there, and nobody is starting it.
    pub fn is_absent(&self) -> bool {
        self.state() == ABSENT
    }

    fn state(&self) -> u32 {
        // Relaxed: nothing is read by it, and the lock decides who starts the thread.
        self.state.load(Ordering::Relaxed)
    }

    fn set_state(&self, state: u32) {
        // Relaxed: see state.
        self.state.store(state, Ordering::Relaxed);
    }

    /// Starts the thread, unless it is there.
    #[cold]
    pub fn spawn(
        &self,
        meanwhile: Meanwhile,
        options: &ThreadOptions,
        body: impl FnOnce() + Send + 'static,
    ) -> Result<(), SpawnError> {
        if self.is_spawned() {
            return Ok(());
        }
        // Before the claim, since it may take long: a library may be on its way in.
        #[cfg(not(rcu_loom))]
        pin_library();
        let Some(mut claim) = self.claim(meanwhile) else { return Ok(()) };
        let started = with_signals_blocked(|| {
            #[cfg(not(rcu_loom))]
            monitor::start();
            sys::spawn(&options.name, options.stack_size, body)
        });
        claim.handle = Some(started.map_err(SpawnError)?);
        Ok(())
    }

    /// Claims to start the thread; none if it is there, or somebody else's claim is gone on with.
    fn claim(&self, meanwhile: Meanwhile) -> Option<Claim<'_>> {
        let mut handle = lock(&self.handle);
        if meanwhile == Meanwhile::Wait {
            handle = self.wait_until_settled(handle);
        }
        let absent = self.is_absent();
        if absent {
            self.set_state(STARTING);
        }
        drop(handle);
        absent.then(|| Claim { thread: self, handle: None })
    }

    fn wait_until_settled<'a>(
        &'a self,
        mut handle: MutexGuard<'a, Option<sys::Thread>>,
    ) -> MutexGuard<'a, Option<sys::Thread>> {
        while self.state() == STARTING {
            handle = wait(&self.settled, handle);
        }
        handle
    }

    /// As [`is_spawned`](Self::is_spawned), and waits for the outcome if somebody is starting the thread.
    pub fn is_spawned_or_will_be(&self) -> bool {
        if self.state() == STARTING {
            drop(self.wait_until_settled(lock(&self.handle)));
        }
        self.is_spawned()
    }

    /// Has a thread of the model stand in for the callback thread: none is started. It calls `stop` and `serve` of the callbacks
    /// where they are to run.
    #[cfg(rcu_loom)]
    pub fn do_without(&self) {
        self.set_state(THERE);
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
        let handle = self.wait_until_settled(lock(&self.handle)).take();
        if let Some(handle) = handle {
            handle.join();
        }
    }
}

/// Whoever has it starts the thread. When it is dropped the thread is there, or is not: because it could not be started, or
/// because of a panic on the way.
struct Claim<'a> {
    thread: &'a CallbackThread,
    handle: Option<sys::Thread>,
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        let mut handle = lock(&self.thread.handle);
        self.thread.set_state(if self.handle.is_some() { THERE } else { ABSENT });
        *handle = self.handle.take();
        self.thread.settled.notify_all();
    }
}

/// The thread of a domain. Somebody may be starting it.
#[cfg(not(rcu_loom))]
#[derive(Debug)]
pub struct Frozen<'a> {
    thread: &'a CallbackThread,
    handle: MutexGuard<'a, Option<sys::Thread>>,
}

#[cfg(not(rcu_loom))]
impl CallbackThread {
    /// Keeps what is known of the thread as it is, for a fork.
    pub fn freeze(&self) -> Frozen<'_> {
        Frozen { thread: self, handle: lock(&self.handle) }
    }

    /// Whether a fork left the thread behind, and none has been started since.
    pub fn was_left_behind(&self) -> bool {
        self.left_behind.get() != 0 && self.is_absent()
    }
}

#[cfg(not(rcu_loom))]
impl Frozen<'_> {
    /// In a forked child, forgets the thread, which is not there.
    pub fn forget(&mut self) {
        // It can neither be joined nor detached.
        mem::forget(self.handle.take());
        self.thread.set_state(ABSENT);
        // Relaxed: a forked child has one thread.
        self.thread.token.store(NOBODY, Ordering::Relaxed);
        self.thread.left_behind.set(1);
    }

    /// In a child that the thread itself forked: it is there, if the one that started it is not. If that one had not come to
    /// leave the handle here, nobody can wait for the end of the thread.
    pub fn keep(&mut self) {
        self.thread.set_state(THERE);
    }
}
