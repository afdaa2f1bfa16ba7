//! Limits: what becomes of producers whose callbacks are queued faster than they run.
//!
//! Past the soft limit the callback thread hurries. **A producer that runs ahead is paced**: each thread looks now and then, by what it
//! has queued itself, how many callbacks are pending, and rests for a moment if that is far more than the soft limit; if it is more
//! at all, in a domain that was told to pace. That takes no lock: statistics will do.
//!
//! **A hard limit is exact**, and counts under a lock, in those domains that have one: each callback is admitted before it is queued,
//! and gives its room back when it has run.
//!
//! ```text
//! producer                            callback thread
//!   lock; pending < limit? else wait    run callbacks
//!   pending += 1; unlock                lock; pending -= those that ran; notify; unlock
//!   push
//! ```
//!
//! A producer that must not wait, since it is inside a section, in a callback or in a kick, is not paced, and is admitted beyond the
//! hard limit, and counted.

use std::time::Duration;

use crate::sync::{Condvar, Counter, Mutex, MutexGuard, lock, pause, wait};

/// The soft limit of a domain that is not told otherwise.
pub const DEFAULT_SOFT_LIMIT: u64 = 10_000;

/// How many times the soft limit is running far ahead.
const FAR_AHEAD: u64 = 10;

/// How long a producer rests at a time, and how often at most before it goes on.
const REST: Duration = Duration::from_micros(100);
const RESTS: u32 = 10;

/// After how many callbacks their room is given back to producers that wait for some.
const GIVE_BACK: u64 = 32;

/// See the module.
#[derive(Debug)]
pub struct Limits {
    pub soft: u64,
    pacing: Pacing,
    paced: Counter,
    hard: Option<u64>,
    room: Mutex<Room>,
    given_back: Condvar,
    /// How many callbacks have run whose room has not been given back. The callback thread's.
    ran: Counter,
}

/// When a producer looks and rests.
#[derive(Debug)]
struct Pacing {
    /// After how many callbacks of its own.
    look_every: u64,
    /// At how many that are pending.
    rest_at: u64,
}

/// What the lock guards.
#[derive(Debug)]
pub struct Room {
    pending: u64,
    /// How many producers wait.
    waiting: u64,
    held_up: HeldUp,
}

/// What the hard limit of a domain has done to its producers.
#[derive(Clone, Copy, Debug, Default)]
pub struct HeldUp {
    /// Calls that waited.
    pub waited: u64,
    /// Calls that went beyond it, since they must not wait.
    pub exceeded: u64,
}

impl Limits {
    const_fn! {
        pub fn new(soft: u64, hard: Option<u64>, pace: bool) -> Self {
            let pacing = if pace {
                Pacing { look_every: 64, rest_at: soft }
            } else {
                Pacing { look_every: 1024, rest_at: soft.saturating_mul(FAR_AHEAD) }
            };
            let room = Room { pending: 0, waiting: 0, held_up: HeldUp { waited: 0, exceeded: 0 } };
            let (paced, room) = (Counter::new(0), Mutex::new(room));
            Self { soft, pacing, paced, hard, room, given_back: Condvar::new(), ran: Counter::new(0) }
        }
    }

    /// For models of something else.
    #[cfg(rcu_loom)]
    pub fn none() -> Self {
        Self::new(u64::MAX, None, false)
    }

    /// Rests for a moment if the calling thread runs ahead. `queued` is how many callbacks it has queued so far, and `may_wait` is asked
    /// only if there is a reason to rest.
    #[inline]
    pub fn pace(&self, queued: u64, pending: impl Fn() -> u64, may_wait: impl FnOnce() -> bool) {
        if queued % self.pacing.look_every == 0 && pending() >= self.pacing.rest_at {
            self.rest(pending, may_wait);
        }
    }

    #[cold]
    fn rest(&self, pending: impl Fn() -> u64, may_wait: impl FnOnce() -> bool) {
        if !may_wait() {
            return;
        }
        self.paced.add(1);
        for _ in 0..RESTS {
            pause(REST);
            if pending() < self.pacing.rest_at {
                return;
            }
        }
    }

    /// How many calls rested.
    pub fn paced(&self) -> u64 {
        self.paced.get()
    }

    fn is_full(&self, room: &Room) -> bool {
        self.hard.is_some_and(|hard| room.pending >= hard)
    }

    /// Makes room for a callback that is about to be queued. `may_wait` is asked only if there is none.
    #[inline]
    pub fn admit(&self, may_wait: impl FnOnce() -> bool) {
        if self.hard.is_some() {
            self.make_room(may_wait);
        }
    }

    fn make_room(&self, may_wait: impl FnOnce() -> bool) {
        let mut room = lock(&self.room);
        if self.is_full(&room) {
            drop(room);
            let may_wait = may_wait();
            room = lock(&self.room);
            if may_wait {
                room = self.wait_while_full(room);
            } else if self.is_full(&room) {
                room.held_up.exceeded += 1;
            }
        }
        room.pending += 1;
    }

    fn wait_while_full<'a>(&self, mut room: MutexGuard<'a, Room>) -> MutexGuard<'a, Room> {
        if self.is_full(&room) {
            room.held_up.waited += 1;
            room.waiting += 1;
            while self.is_full(&room) {
                room = wait(&self.given_back, room);
            }
            room.waiting -= 1;
        }
        room
    }

    /// Makes room for a callback, unless the hard limit is reached; true if it did.
    pub fn try_admit(&self) -> bool {
        if self.hard.is_none() {
            return true;
        }
        let mut room = lock(&self.room);
        let admitted = !self.is_full(&room);
        room.pending += u64::from(admitted);
        admitted
    }

    /// Notes, on the callback thread, that a callback has run, and gives room back now and then.
    pub fn note_run(&self) {
        if self.hard.is_some() {
            self.ran.add_own(1);
            if self.ran.get() == GIVE_BACK {
                self.give_back();
            }
        }
    }

    /// Gives back, on the callback thread, the room of all that have run.
    pub fn give_back(&self) {
        let ran = self.ran.get();
        if ran > 0 {
            let mut room = lock(&self.room);
            debug_assert!(ran <= room.pending, "each was admitted");
            room.pending = room.pending.saturating_sub(ran);
            self.ran.set(0);
            if room.waiting > 0 {
                self.given_back.notify_all();
            }
        }
    }

    pub fn held_up(&self) -> HeldUp {
        lock(&self.room).held_up
    }
}

/// The room of a domain's producers, which does not change while this is held.
#[cfg(not(rcu_loom))]
#[derive(Debug)]
pub struct Frozen<'a> {
    room: MutexGuard<'a, Room>,
    ran: &'a Counter,
}

#[cfg(not(rcu_loom))]
impl Limits {
    /// Keeps the room as it is, for a fork.
    pub fn freeze(&self) -> Frozen<'_> {
        Frozen { room: lock(&self.room), ran: &self.ran }
    }
}

#[cfg(not(rcu_loom))]
impl Frozen<'_> {
    /// In a forked child, counts anew: producers that were admitted or wait are not there, and what has run has given its room back.
    pub fn count_anew(&mut self, pending: u64) {
        self.ran.set(0);
        self.room.pending = pending;
        self.room.waiting = 0;
    }
}
