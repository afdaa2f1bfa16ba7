//! Limits: what becomes of producers whose callbacks are queued faster than they run.
//!
//! A domain that was given a hard limit, or pacing, counts its pending callbacks under a lock, exactly: each is admitted before it is
//! queued, and gives its room back when it has run. The others count nothing here; the soft limit alone is looked at by the
//! callback thread.
//!
//! ```text
//! producer                            callback thread
//!   lock; pending < limit? else wait    run callbacks
//!   pending += 1; unlock                lock; pending -= those that ran; notify; unlock
//!   push
//! ```
//!
//! A producer that must not wait, since it is inside a section, in a callback or in a kick, is admitted beyond the limit, and counted.

use std::time::{Duration, Instant};

use crate::sync::{Condvar, Counter, Mutex, MutexGuard, lock, wait, wait_timeout};

/// The soft limit of a domain that is not told otherwise.
pub const DEFAULT_SOFT_LIMIT: u64 = 10_000;

/// After how many callbacks their room is given back to producers that wait for some.
const GIVE_BACK: u64 = 32;

/// How long pacing holds up one `call` at most.
const PACE: Duration = Duration::from_millis(1);

/// See the module.
#[derive(Debug)]
pub struct Limits {
    pub soft: u64,
    hard: Option<u64>,
    pace: bool,
    room: Mutex<Room>,
    given_back: Condvar,
    /// How many callbacks have run whose room has not been given back. The callback thread's.
    ran: Counter,
}

/// What the lock guards.
#[derive(Debug)]
pub struct Room {
    pending: u64,
    /// How many producers wait.
    waiting: u64,
    held_up: HeldUp,
}

/// What the limits of a domain have done to its producers.
#[derive(Clone, Copy, Debug, Default)]
pub struct HeldUp {
    /// Calls that waited at the hard limit.
    pub waited: u64,
    /// Calls that went beyond the hard limit, since they must not wait.
    pub exceeded: u64,
    /// Calls that pacing held up.
    pub paced: u64,
}

impl Limits {
    const_fn! {
        pub fn new(soft: u64, hard: Option<u64>, pace: bool) -> Self {
            let held_up = HeldUp { waited: 0, exceeded: 0, paced: 0 };
            let room = Mutex::new(Room { pending: 0, waiting: 0, held_up });
            Self { soft, hard, pace, room, given_back: Condvar::new(), ran: Counter::new(0) }
        }
    }

    /// For models of something else.
    #[cfg(rcu_loom)]
    pub fn none() -> Self {
        Self::new(u64::MAX, None, false)
    }

    /// Whether pending callbacks are counted here.
    fn count(&self) -> bool {
        self.pace || self.hard.is_some()
    }

    fn is_full(&self, room: &Room) -> bool {
        self.hard.is_some_and(|hard| room.pending >= hard)
    }

    fn is_to_be_paced(&self, room: &Room) -> bool {
        self.pace && room.pending >= self.soft
    }

    /// Makes room for a callback that is about to be queued. `may_wait` is asked only if there is a reason to wait.
    #[inline]
    pub fn admit(&self, may_wait: impl FnOnce() -> bool) {
        if self.count() {
            self.make_room(may_wait);
        }
    }

    fn make_room(&self, may_wait: impl FnOnce() -> bool) {
        let mut room = lock(&self.room);
        if self.is_full(&room) || self.is_to_be_paced(&room) {
            drop(room);
            let may_wait = may_wait();
            room = lock(&self.room);
            if may_wait {
                room = self.wait_while_full(self.pace(room));
            } else if self.is_full(&room) {
                room.held_up.exceeded += 1;
            }
        }
        room.pending += 1;
    }

    /// Gives the callback thread a little time to catch up.
    fn pace<'a>(&self, mut room: MutexGuard<'a, Room>) -> MutexGuard<'a, Room> {
        if !self.is_to_be_paced(&room) {
            return room;
        }
        room.held_up.paced += 1;
        room.waiting += 1;
        let until = Instant::now() + PACE;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() || !self.is_to_be_paced(&room) {
                room.waiting -= 1;
                return room;
            }
            room = wait_timeout(&self.given_back, room, left);
        }
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
        if !self.count() {
            return true;
        }
        let mut room = lock(&self.room);
        let admitted = !self.is_full(&room);
        room.pending += u64::from(admitted);
        admitted
    }

    /// Notes, on the callback thread, that a callback has run, and gives room back now and then.
    pub fn note_run(&self) {
        if self.count() {
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
