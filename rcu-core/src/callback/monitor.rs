//! The thread that notices when a callback thread does not get on.
//!
//! Nobody need be waiting for a callback that hangs, so nobody else would notice. There is one such thread in a process, named
//! `rcu-stall`, started with the first callback thread. It sleeps without time-out while no callback thread is at work; after
//! that it looks a few times per `stall_timeout`, and once more when all have come to rest.
//!
//! Invariant (1): what is watched is valid: it is borrowed for as long as it is in the list.

use std::mem;
use std::ptr::NonNull;
use std::time::Instant;

use super::activity::Activity;
use crate::stall::{Culprit, Stall, StallHook, Stalls, tell};
use crate::sync::{Condvar, Mutex, MutexGuard, lock, wait, wait_timeout};
use crate::sys::spawn;
use crate::thread::{NOBODY, OsThread, os_id, token};

/// How often it looks in the time that is too long.
const LOOKS: u32 = 4;

static MONITOR: Mutex<Monitor> =
    Mutex::new(Monitor { running: false, token: NOBODY, next_look: None, watched: Vec::new() });
static CHANGED: Condvar = Condvar::new();

#[derive(Debug)]
struct Monitor {
    /// Whether the thread is there, or somebody is starting it.
    running: bool,
    /// The thread's token, once it is at work.
    token: u64,
    /// When it looks next, if it sleeps until then.
    next_look: Option<Instant>,
    watched: Vec<Watched>,
}

#[derive(Debug)]
struct Watched {
    activity: NonNull<Activity>,
    stalls: NonNull<Stalls>,
    /// The callback thread.
    os_thread: u32,
    token: u64,
    /// What it was seen at, and when that was first seen.
    step: u64,
    since: Instant,
    /// When that was last reported, or first seen.
    told: Instant,
}

// SAFETY: both pointers are shared references to what is Sync, valid by invariant (1).
unsafe impl Send for Watched {}
static_assertions::assert_impl_all!(Activity: Sync);
static_assertions::assert_impl_all!(Stalls: Sync);

impl Watched {
    fn activity(&self) -> &Activity {
        // SAFETY: invariant (1).
        unsafe { self.activity.as_ref() }
    }

    fn stalls(&self) -> &Stalls {
        // SAFETY: invariant (1).
        unsafe { self.stalls.as_ref() }
    }

    /// Looks whether the thread has got on since the last look, and returns what is to be reported.
    fn look(&mut self, now: Instant) -> Option<(Option<StallHook>, Stall)> {
        let step = self.activity().step();
        if step != self.step {
            (self.step, self.since, self.told) = (step, now, now);
        }
        if now.duration_since(self.told) < self.stalls().timeout() {
            return None;
        }
        self.told = now;
        let thread = OsThread::new(self.os_thread);
        let culprit = match self.activity().running() {
            Some(kind) => Culprit::Callback { name: kind.name(), thread },
            None => Culprit::BatchHook { thread },
        };
        Some((self.stalls().count(), Stall { culprit, lasting: now - self.since }))
    }
}

/// Starts the thread, unless it is there. If that fails the next call tries again; until then callbacks that hang go unreported.
///
/// No lock is held meanwhile, as for a callback thread; nobody has to know the outcome.
pub fn start() {
    if mem::replace(&mut lock(&MONITOR).running, true) {
        return;
    }
    /// Says that there is no thread, unless it is forgotten: on unwinding too.
    struct NotStarted;
    impl Drop for NotStarted {
        fn drop(&mut self) {
            lock(&MONITOR).running = false;
        }
    }
    let not_started = NotStarted;
    if spawn("rcu-stall", None, serve).is_ok() {
        mem::forget(not_started);
    }
}

/// Runs `work`, the calling thread's, and watches whether it gets on.
pub fn watch<R>(activity: &Activity, stalls: &Stalls, work: impl FnOnce() -> R) -> R {
    /// Ends the watch when it is dropped, on unwinding too.
    struct Watch(NonNull<Activity>);
    impl Drop for Watch {
        fn drop(&mut self) {
            lock(&MONITOR).watched.retain(|watched| watched.activity != self.0);
        }
    }
    let now = Instant::now();
    if now.checked_add(stalls.timeout()).is_none() {
        // Beyond the end of time: never.
        return work();
    }
    let look = now + stalls.timeout() / LOOKS;
    // It was started before this thread, which a child that this one forked has, too; but not the monitor.
    start();
    let mut monitor = lock(&MONITOR);
    monitor.watched.push(Watched {
        activity: NonNull::from(activity),
        stalls: NonNull::from(stalls),
        os_thread: os_id(),
        token: token(),
        step: activity.step(),
        since: now,
        told: now,
    });
    if monitor.next_look.is_none_or(|next| look < next) {
        CHANGED.notify_one();
    }
    drop(monitor);
    // Both are borrowed until this returns: invariant (1).
    let _watch = Watch(NonNull::from(activity));
    work()
}

fn serve() {
    let mut monitor = lock(&MONITOR);
    monitor.token = token();
    loop {
        let now = Instant::now();
        let stalls: Vec<_> = monitor.watched.iter_mut().filter_map(|watched| watched.look(now)).collect();
        if !stalls.is_empty() {
            // The hooks are foreign code, and so is what they captured, if this is the last of it: no lock is held.
            drop(monitor);
            stalls.into_iter().for_each(|(hook, stall)| tell(hook, &stall));
            monitor = lock(&MONITOR);
        }
        let timeout = monitor.watched.iter().map(|watched| watched.stalls().timeout()).min();
        let nap = timeout.map(|timeout| timeout / LOOKS);
        // From now, and not from the look: the hooks may have taken their time.
        monitor.next_look = nap.and_then(|nap| Instant::now().checked_add(nap));
        monitor = match nap {
            Some(nap) => wait_timeout(&CHANGED, monitor, nap),
            None => wait(&CHANGED, monitor),
        };
    }
}

/// The monitor, which does not look while this is held.
#[derive(Debug)]
pub struct Frozen(MutexGuard<'static, Monitor>);

/// Keeps the monitor from looking, for a fork.
pub fn freeze() -> Frozen {
    Frozen(lock(&MONITOR))
}

impl Frozen {
    /// In a forked child, forgets the thread, unless it is the one that forked, and what threads other than the calling one were at.
    pub fn forget_others(&mut self) {
        let Monitor { running, token: monitor, next_look, watched } = &mut *self.0;
        let own = token();
        if *monitor != own {
            (*running, *monitor) = (false, NOBODY);
        }
        *next_look = None;
        watched.retain(|watched| watched.token == own);
        // It has another number here.
        watched.iter_mut().for_each(|watched| watched.os_thread = os_id());
    }
}
