//! Options of a domain.

use std::fmt;
use std::time::Duration;

use super::{Domain, Owner};
use crate::callback::{BatchHook, DEFAULT_SOFT_LIMIT, Limits, ThreadOptions};
use crate::contain::Hook;
use crate::engine::Engine;
use crate::fence::Fences;
#[cfg(not(rcu_loom))]
use crate::fork::cover;
use crate::slot::Source;
use crate::stall::{DEFAULT_TIMEOUT, Stall, StallHook, Stalls};
use crate::sync::Arc;

/// Options of a new [`Domain`].
///
/// ```
/// use rcu_core::{Domain, Fences};
///
/// let options = Domain::builder().fences(Fences::SeqCst);
/// let [routes, names] = ["routes", "names"].map(|name| options.clone().thread_name(name).build());
/// # routes.synchronize();
/// # names.synchronize();
/// ```
#[derive(Clone)]
#[must_use = "a builder makes its domain when build is called"]
pub struct Builder {
    fences: Fences,
    thread: ThreadOptions,
    stall_timeout: Duration,
    on_stall: Option<StallHook>,
    soft_limit: u64,
    hard_limit: Option<u64>,
    pace: bool,
    around_batches: Option<BatchHook>,
}

impl Builder {
    pub(super) fn new() -> Self {
        Self {
            fences: Fences::Auto,
            thread: ThreadOptions::new(),
            stall_timeout: DEFAULT_TIMEOUT,
            on_stall: None,
            soft_limit: DEFAULT_SOFT_LIMIT,
            hard_limit: None,
            pace: false,
            around_batches: None,
        }
    }

    /// Chooses the fences of the domain's readers and grace periods; [`Fences::Auto`] unless told otherwise.
    ///
    /// ```
    /// use rcu_core::{Domain, Fences};
    /// let domain = Domain::builder().fences(Fences::SeqCst).build();
    /// domain.synchronize(); // makes no membarrier call
    /// assert_eq!(domain.stats().grace_periods, 1);
    /// ```
    pub fn fences(mut self, fences: Fences) -> Self {
        self.fences = fences;
        self
    }

    /// Names the callback thread; `rcu-callbacks` unless told otherwise.
    ///
    /// # Panics
    /// If the name contains a NUL.
    ///
    /// # Examples
    ///
    /// ```
    /// let domain = rcu_core::Domain::builder().thread_name("reclaim").build();
    /// domain.call(|| assert_eq!(std::thread::current().name(), Some("reclaim")));
    /// domain.barrier();
    /// # assert_eq!(domain.stats().callbacks_panicked, 0);
    /// ```
    pub fn thread_name(mut self, name: impl Into<String>) -> Self {
        self.thread.name = name.into().into();
        assert!(!self.thread.name.contains('\0'), "thread_name: a thread's name cannot contain a NUL");
        self
    }

    /// Sets the stack size of the callback thread, in bytes; std's default unless told otherwise.
    ///
    /// A size that the system refuses is a [`SpawnError`](crate::SpawnError) when the thread is started.
    ///
    /// ```
    /// let domain = rcu_core::Domain::builder().thread_stack_size(64 * 1024).build();
    /// domain.init()?;
    /// # Ok::<(), rcu_core::SpawnError>(())
    /// ```
    pub fn thread_stack_size(mut self, bytes: usize) -> Self {
        self.thread.stack_size = Some(bytes);
        self
    }

    /// How long a grace period may be held up, or a callback or a hook around batches may run, before it is
    /// [reported](Stall), and again each time that it has passed again; 10 s unless told otherwise. [`Duration::MAX`] is never.
    ///
    /// A grace period is timed by the thread that drives it, a callback by a thread of the process's own, which looks four times in
    /// this time.
    ///
    /// # Panics
    /// If it is zero.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// let domain = rcu_core::Domain::builder().stall_timeout(Duration::from_secs(60)).build();
    /// # domain.synchronize();
    /// ```
    pub fn stall_timeout(mut self, timeout: Duration) -> Self {
        assert!(!timeout.is_zero(), "stall_timeout: everything would be a stall");
        self.stall_timeout = timeout;
        self
    }

    /// Has stalls reported to `hook`, instead of by a line on standard error.
    ///
    /// It is called with no lock held, by the thread that drives the grace period, or by the one that watches callbacks. As
    /// a force-RCU kick, it may enter sections and `call`, and what waits or registers panics in it.
    /// A panic in it is contained, as is one of what it captured when that is dropped.
    ///
    /// ```
    /// use std::sync::mpsc::channel;
    /// use std::time::Duration;
    /// use rcu_core::{Culprit, Domain};
    ///
    /// let (send, stalls) = channel();
    /// let domain = Domain::builder()
    ///     .stall_timeout(Duration::from_millis(20))
    ///     .on_stall(move |stall| drop(send.send(stall.clone())))
    ///     .build();
    /// let reader = domain.reader();
    /// let section = reader.read_lock();
    /// domain.call(|| ()); // has to wait for the section
    /// let stall = stalls.recv().unwrap();
    /// assert!(matches!(stall.culprit, Culprit::Reader { handle: true, .. }));
    /// # drop(section);
    /// ```
    pub fn on_stall(mut self, hook: impl Fn(&Stall) + Send + Sync + 'static) -> Self {
        let hook = Hook::new(hook);
        self.on_stall = Some(Arc::new(move |stall| hook(stall)));
        self
    }

    /// How many callbacks may be pending before the callback thread hurries: it kicks the readers in its way at once, rather than when
    /// it is about to sleep; 10,000 unless told otherwise.
    ///
    /// A thread that runs far ahead, with ten times as many pending, rests for a moment now and then: see [`pace`](Self::pace).
    ///
    /// ```
    /// let domain = rcu_core::Domain::builder().soft_limit(1_000).build();
    /// # domain.synchronize();
    /// ```
    pub fn soft_limit(mut self, pending: u64) -> Self {
        self.soft_limit = pending;
        self
    }

    /// Bounds the number of pending callbacks. A `call`, or anything else that queues one, waits for room.
    ///
    /// Where it must not wait it goes beyond the limit, and is [counted](crate::Stats::calls_over_limit): inside a section of any
    /// domain, in a callback, in a kick, and when there is no callback thread. [`Domain::try_call`] returns what is one too many.
    /// A lock that a section or a callback may take must not be held across a `call`: it may wait for them.
    ///
    /// Each call takes a lock that all threads of the domain share.
    ///
    /// # Panics
    /// If it is zero.
    ///
    /// # Examples
    ///
    /// ```
    /// let domain = rcu_core::Domain::builder().hard_limit(100).build();
    /// for _ in 0..1_000 {
    ///     domain.retire(rcu_core::RcuBox::new([0; 1024]));
    /// }
    /// assert!(domain.stats().callbacks_peak <= 100);
    /// ```
    pub fn hard_limit(mut self, pending: u64) -> Self {
        assert!(pending > 0, "hard_limit: a limit of 0 admits no callback");
        self.hard_limit = Some(pending);
        self
    }

    /// Whether a thread that queues callbacks rests as soon as more are pending than the [soft limit](Self::soft_limit) says, to bound
    /// memory in all but exceptional cases. Off unless told otherwise: then it rests at ten times as many.
    ///
    /// A thread looks at how many are pending each 64 callbacks that it queues, or each 1024 if this is off. It rests for at most 2 ms,
    /// in steps of 0.1 ms, and goes on when the callback thread has caught up; never inside a section of any domain, in a callback or in
    /// a kick. So a `call` does not wait for a grace period, however long that takes.
    ///
    /// ```
    /// let domain = rcu_core::Domain::builder().soft_limit(100).pace(true).build();
    /// for _ in 0..1_000 {
    ///     domain.retire(rcu_core::RcuBox::new([0; 1024]));
    /// }
    /// # domain.barrier();
    /// ```
    pub fn pace(mut self, pace: bool) -> Self {
        self.pace = pace;
        self
    }

    /// Has `hook` called for each batch of callbacks, on the callback thread, with what runs them: to hold a lock around them, which
    /// is then free while the thread waits.
    ///
    /// If the hook unwinds, or returns without having called what it was given, the callbacks run all the same, after it. A panic of
    /// what it captured, when that is dropped, is contained too.
    ///
    /// ```
    /// use std::sync::{Arc, Mutex};
    ///
    /// let big_lock = Arc::new(Mutex::new(()));
    /// let around = Arc::clone(&big_lock);
    /// let domain = rcu_core::Domain::builder()
    ///     .around_batches(move |run| {
    ///         let _held = around.lock().unwrap();
    ///         run();
    ///     })
    ///     .build();
    /// domain.call(move || assert!(big_lock.try_lock().is_err()));
    /// domain.barrier();
    /// # assert_eq!(domain.stats().callbacks_panicked, 0);
    /// ```
    pub fn around_batches(mut self, hook: impl Fn(&mut dyn FnMut()) + Send + Sync + 'static) -> Self {
        let hook = Hook::new(hook);
        self.around_batches = Some(Arc::new(move |run| hook(run)));
        self
    }

    /// Makes the domain. Its callback thread is started by its first callback.
    ///
    /// ```
    /// let domain = rcu_core::Domain::builder().build(); // as Domain::new()
    /// # domain.synchronize();
    /// ```
    pub fn build(self) -> Domain {
        let stalls = Stalls::new(self.stall_timeout, Source::Own(self.on_stall));
        let limits = Limits::new(self.soft_limit, self.hard_limit, self.pace);
        let engine = Arc::new(Engine::new(self.fences, stalls, limits, self.around_batches, self.thread));
        #[cfg(not(rcu_loom))]
        cover(&engine);
        Domain { owner: Arc::new(Owner { engine }) }
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("fences", &self.fences)
            .field("thread", &self.thread)
            .field("stall_timeout", &self.stall_timeout)
            .field("soft_limit", &self.soft_limit)
            .field("hard_limit", &self.hard_limit)
            .field("pace", &self.pace)
            .finish_non_exhaustive()
    }
}
