//! The callback thread.
//!
//! It is spawned by the first callback, sleeps without time-out when nothing is queued, and ends when its domain has no
//! handle and no callback left. A thread that cannot be spawned loses nothing: the callbacks stay queued, and every
//! later one tries again.

use std::fmt;
use std::ptr::NonNull;

use super::lists::Lists;
use super::rounds::Rounds;
use crate::contain::contain;
use crate::event::Event;
use crate::head::Head;
use crate::report::report;
use crate::sync::{AtomicU32, AtomicU64, Mutex, Ordering, lock, thread};
use crate::synchronize::Synchronizer;
use crate::sys::with_signals_blocked;
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

/// The callbacks of one domain, and the state of their thread.
#[derive(Debug)]
pub struct Callbacks {
    lists: Lists,
    rounds: Rounds,
    /// The callback thread sleeps here.
    queued: Event,
    /// Non-zero when no handle of the domain is left.
    stopping: AtomicU32,
    /// Non-zero when the thread is running or about to.
    spawned: AtomicU32,
    spawning: Mutex<Option<thread::JoinHandle<()>>>,
    /// The callback thread's token.
    thread: AtomicU64,
    run: AtomicU64,
    panicked: AtomicU64,
}

impl Callbacks {
    const_fn! {
        pub fn new() -> Self {
            Self {
                lists: Lists::new(),
                rounds: Rounds::new(),
                queued: Event::new(),
                stopping: AtomicU32::new(0),
                spawned: AtomicU32::new(0),
                spawning: Mutex::new(None),
                thread: AtomicU64::new(NOBODY),
                run: AtomicU64::new(0),
                panicked: AtomicU64::new(0),
            }
        }
    }

    /// Queues a callback. The caller sees to it that the thread runs, with [`spawn`](Self::spawn).
    ///
    /// # Safety
    /// 1. `head` is valid, with provenance over its whole allocation, and the caller gives up the right to it.
    /// 2. After a grace period `Head::run` may be called for it, once, on any thread.
    pub unsafe fn push(&self, head: NonNull<Head>) {
        // SAFETY: `Lists::push` (1) is (1).
        if unsafe { self.lists.push(head) } {
            // Step [wake-for-callback]: the thread sleeps without time-out once it has seen empty lists.
            self.wake();
        }
    }

    /// Has the thread look at the lists, and at what is polled for.
    pub fn wake(&self) {
        self.queued.set();
    }

    /// Whether the thread is there. False once may be false for long; true is true until the domain ends.
    pub fn is_spawned(&self) -> bool {
        // Relaxed: nothing is read by it, and the lock decides who spawns.
        self.spawned.load(Ordering::Relaxed) != 0
    }

    /// Starts the thread, unless it is there. `body` has to call [`serve`](Self::serve), and keep this alive until then.
    #[cold]
    pub fn spawn(&self, name: &str, body: impl FnOnce() + Send + 'static) -> Result<(), SpawnError> {
        let mut spawning = lock(&self.spawning);
        if self.is_spawned() {
            return Ok(());
        }
        let builder = thread::Builder::new().name(name.to_owned());
        let handle = with_signals_blocked(|| builder.spawn(body)).map_err(SpawnError)?;
        *spawning = Some(handle);
        // Relaxed: see is_spawned.
        self.spawned.store(1, Ordering::Relaxed);
        Ok(())
    }

    /// Whether nothing is queued, for a caller that is the only one left.
    pub fn is_idle(&self) -> bool {
        self.lists.is_empty()
    }

    /// Tells the thread to end once the lists are empty. No callback is queued by others after this.
    pub fn stop(&self) {
        // Release [stop]: pairs with the load in serve, whose look at the lists then sees every callback.
        self.stopping.store(1, Ordering::Release);
        // Step [wake-for-stop]: the thread may be asleep, for good.
        self.queued.set();
    }

    /// Returns the number of a round to [wait for](Self::wait_for_round), at whose end everything has run that is queued now; none if
    /// it has already. The caller sees to it that the thread runs.
    pub fn round(&self) -> Option<u64> {
        let round = self.rounds.next_unless(|| self.lists.is_empty());
        if round.is_some() {
            // Step [wake-for-round]: an idle round that is under way has looked at the lists already, and sleeps when
            // it ends.
            self.wake();
        }
        round
    }

    /// Waits for the end of a round.
    pub fn wait_for_round(&self, round: u64) {
        self.rounds.wait(round);
    }

    /// Waits for the end of the thread, after [`stop`](Self::stop).
    pub fn join(&self) {
        let handle = lock(&self.spawning).take();
        if let Some(handle) = handle {
            // A panic of the thread itself is impossible: everything foreign is contained.
            handle.join().expect("the callback thread does not panic");
        }
    }

    /// Panics, in the name of `call`, on the callback thread: it would wait for itself.
    pub fn assert_not_in_callback(&self, call: &str) {
        // Relaxed: only the thread that stored its own token can find it here.
        let on_callback_thread = self.thread.load(Ordering::Relaxed) == token();
        assert!(!on_callback_thread, "{call} called from a callback of the same domain: it would wait for itself");
    }

    /// How many callbacks have run, and how many of them panicked.
    pub fn counts(&self) -> (u64, u64) {
        // Relaxed, twice: statistics.
        (self.run.load(Ordering::Relaxed), self.panicked.load(Ordering::Relaxed))
    }

    /// The life of the callback thread.
    pub fn serve(&self, grace_periods: &Synchronizer) {
        // Relaxed: see assert_not_in_callback.
        self.thread.store(token(), Ordering::Relaxed);
        loop {
            // Step [reset-before-lists]: a push that these looks miss sets the event after this.
            self.queued.reset();
            // Step [stopping-before-lists]: what was queued before the stop is then seen by the looks that follow.
            // Acquire [stop]: pairs with the store in stop. Before the look at the lists, which is then the last one.
            let stopping = self.stopping.load(Ordering::Acquire) != 0;
            // Step [round-before-lists]: whoever queued a callback and still sees the round before this waits for
            // this one, which takes it.
            self.rounds.begin();
            let batch = self.lists.take();
            // Step [drive-requested]: nobody else need ever drive what is polled for.
            let polled = grace_periods.requested();
            let idle = batch.is_empty() && polled.is_none();
            if !batch.is_empty() {
                // Step [grace-period-before-callbacks]: that is what was promised for what they free.
                grace_periods.wait(None);
                batch.for_each(|head| self.run(head));
                report_open_section(grace_periods);
            } else if let Some(number) = polled {
                grace_periods.wait_for(number, None);
            }
            // Step [end-round]: barriers wait for it.
            self.rounds.end();
            if idle && stopping {
                return;
            }
            if idle {
                self.queued.wait(None);
            }
        }
    }

    fn run(&self, head: NonNull<Head>) {
        // SAFETY: (1) and (2) are what `push` was promised, the grace period is over, and a batch yields each head once.
        let returned = contain(|| unsafe { Head::run(head) });
        if !returned {
            increment(&self.panicked);
        }
        increment(&self.run);
    }
}

/// Says so if a callback has left a section open on this thread, which the next grace period would wait for. There is nobody to
/// panic to: the callback that did it has returned.
fn report_open_section(grace_periods: &Synchronizer) {
    if grace_periods.registry.is_inside(token()) {
        report(format_args!(
            "a callback returned inside a read-side critical section that it had entered: the grace periods of its domain \
             do not end before that section does"
        ));
    }
}

/// Adds one to a statistic that only the callback thread writes.
fn increment(count: &AtomicU64) {
    // Relaxed, twice: a statistic.
    count.store(count.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
}
