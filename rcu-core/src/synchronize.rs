//! Grace periods: who drives one, and what it waits for.
//!
//! ```text
//! updater A   unlink ── lock ── drives n ──────────────────────────── done
//! updater B        unlink ── lock ── waits ─────────────── n is over, drives n+1 ── done
//! updater C             unlink ── lock ── waits ────────────────────────────────── done
//! updater D                unlink ── lock ── goes on with a number, n+1 ──────────── polls: done
//!                                    │ counter = n
//!                                    │ full fence; remote fence, if a reader runs light
//!                                    │ scan ─ spin ─ mark, heavy fence, kick, sleep
//! ```
//!
//! One caller at a time drives. Whoever comes while grace period n is driven needs n+1, for its unlink may come after
//! the start of n; all of them share it, and one of them drives it. Each took the lock of the turns before n+1 was
//! started under it, so each unlink happens before the counter's store by release and acquire, not by fences alone.
//!
//! Who only polls takes the number it needs under the lock as well, and leaves it there as requested; the callback thread
//! drives what is requested. A poll looks at nothing but the number of the last grace period that is over. [over]

use std::ptr::NonNull;
use std::time::{Duration, Instant};

use crate::fence::{self, Fences};
use crate::grace_period::{GracePeriod, Period};
use crate::reader::Record;
#[cfg(not(rcu_loom))]
use crate::registry;
use crate::registry::Registry;
use crate::stall::{Stall, Stalls};
use crate::sync::{AtomicU64, Condvar, Mutex, MutexGuard, Ordering, lock, thread, wait};
#[cfg(not(rcu_loom))]
use crate::sys;
use crate::thread::{NOBODY, assert_not_a_guest, token};

/// How often the driver looks again before it sleeps: sections last about 100 ns, a sleep costs tens of microseconds.
/// The model goes to sleep at once: an early look is one that the sleep's own second look already explores.
const SPINS: u32 = if cfg!(rcu_loom) { 0 } else { 400 };
/// Between those, how often the processor is offered to the reader that is waited for.
const YIELD_EVERY: u32 = 100;
/// Readers in the way are kicked when the spin ends, and again each time this has passed: never, in a model, whose executions
/// must not depend on the clock.
const KICK_INTERVAL: Duration = Duration::from_millis(if cfg!(rcu_loom) { 1 << 40 } else { 10 });

/// The grace periods of one domain.
#[derive(Debug)]
pub struct Synchronizer {
    pub period: GracePeriod,
    pub registry: Registry,
    pub stalls: Stalls,
    turns: Mutex<Turns>,
    over: Condvar,
    /// [`Turns::completed`], for those who poll.
    polled: AtomicU64,
}

#[derive(Debug)]
pub struct Turns {
    started: u64,
    completed: u64,
    /// The last grace period that somebody polls for.
    requested: u64,
    /// The token of the thread that drives the one that has started and is not over.
    driver: u64,
    /// How many threads sleep until it is over: if none does, nobody has to be woken, which is a system call.
    sharers: u32,
    heavy_fences: u64,
}

impl Turns {
    const fn new() -> Self {
        Self { started: 0, completed: 0, requested: 0, driver: NOBODY, sharers: 0, heavy_fences: 0 }
    }
}

impl Synchronizer {
    const_fn! {
        pub fn new(fences: Fences, stalls: Stalls) -> Self {
            Self {
                period: GracePeriod::new(fences),
                registry: Registry::new(),
                stalls,
                turns: Mutex::new(Turns::new()),
                over: Condvar::new(),
                polled: AtomicU64::new(0),
            }
        }
    }

    /// Panics, in the name of `call`, where waiting for a grace period would wait for the caller.
    pub fn assert_may_wait(&self, call: &str) {
        assert_not_a_guest(call);
        assert!(
            !self.registry.is_inside(token()),
            "{call} called from a read-side critical section of the same domain: it would wait for itself"
        );
    }

    /// Waits for a grace period that starts after this call. If the caller drives it, `own` is the record that it knows to be
    /// outside and nobody else's.
    pub fn wait(&self, own: Option<NonNull<Record>>) {
        self.wait_for_next(own, false);
    }

    /// As [`wait`](Self::wait), for the callback thread. If it is in a hurry, readers in the way are kicked at once.
    pub fn wait_for_callbacks(&self, hurry: bool) {
        self.wait_for_next(None, hurry);
    }

    fn wait_for_next(&self, own: Option<NonNull<Record>>, hurry: bool) {
        let turns = lock(&self.turns);
        // Step [next-grace-period]: the one under way may have started before the unlink.
        let needed = turns.started + 1;
        self.see_through(turns, needed, own, hurry);
    }

    /// Waits for the grace period with this number. `own` is as for [`wait`](Self::wait).
    pub fn wait_for(&self, needed: u64, own: Option<NonNull<Record>>) {
        self.see_through(lock(&self.turns), needed, own, false);
    }

    /// Returns the number of a grace period that starts after this call, to poll or wait for. Somebody has to drive what is
    /// [`requested`](Self::requested).
    pub fn request(&self) -> u64 {
        let mut turns = lock(&self.turns);
        // Step [poll-next-grace-period]: as for those who wait.
        let number = turns.started + 1;
        // What was requested before a fork may be later than what a child needs.
        turns.requested = turns.requested.max(number);
        number
    }

    /// Whether this may be the number of a grace period that somebody polls for.
    #[cfg(not(rcu_loom))]
    pub fn was_requested(&self, number: u64) -> bool {
        (1..=lock(&self.turns).requested).contains(&number)
    }

    /// The grace period that was requested last, unless it is over.
    pub fn requested(&self) -> Option<u64> {
        let turns = lock(&self.turns);
        (turns.completed < turns.requested).then_some(turns.requested)
    }

    /// Whether the grace period with this number is over, and with it whatever its readers did.
    pub fn is_over(&self, number: u64) -> bool {
        // Acquire [over]: pairs with the store in see_through.
        self.polled.load(Ordering::Acquire) >= number
    }

    fn see_through<'a>(
        &'a self,
        mut turns: MutexGuard<'a, Turns>,
        needed: u64,
        own: Option<NonNull<Record>>,
        hurry: bool,
    ) {
        while turns.completed < needed {
            // Step [one-driver]: two would take one number, one prefix of the registry and one event for theirs.
            if turns.started == turns.completed {
                turns.started += 1;
                turns.driver = token();
                drop(turns);
                let heavy_fences = self.drive(own, hurry);
                turns = lock(&self.turns);
                turns.completed = turns.started;
                turns.driver = NOBODY;
                turns.heavy_fences += heavy_fences;
                // Step [say-over]: those who poll look at nothing else.
                // Release [over]: pairs with the load in is_over.
                self.polled.store(turns.completed, Ordering::Release);
                // Step [wake-sharers]: whoever came while it was driven waits for its end, or to drive the next.
                if turns.sharers > 0 {
                    self.over.notify_all();
                }
            } else {
                // Step [count-sharers]: who drives wakes nobody if it knows of nobody.
                turns.sharers += 1;
                turns = wait(&self.over, turns);
                turns.sharers -= 1;
            }
        }
    }

    /// How many grace periods have ended, and how many heavy fences were passed for them.
    pub fn counts(&self) -> (u64, u64) {
        let turns = lock(&self.turns);
        (turns.completed, turns.heavy_fences)
    }

    /// Sees a grace period through, and returns how many heavy fences it took.
    fn drive(&self, own: Option<NonNull<Record>>, hurry: bool) -> u64 {
        let new = self.period.start();
        // full [heavy]: pairs with the full fence of a reader that runs on the slow path or goes online.
        fence::full();
        let mut heavy_fences = 0;
        if self.registry.has_light_readers(own) {
            // remote [heavy]: pairs with the light fence after a reader's store of its word.
            fence::remote();
            heavy_fences += 1;
        }
        // Step [wait-for-readers]: a section that is open may use what was unlinked.
        if self.registry.scan(new) {
            return heavy_fences;
        }
        if hurry {
            self.registry.kick(new);
        }
        if self.spin(new) {
            return heavy_fences;
        }
        self.sleep(new, hurry);
        heavy_fences + 1
    }

    fn spin(&self, new: Period) -> bool {
        for round in 1..=SPINS {
            if round % YIELD_EVERY == 0 {
                thread::yield_now();
            } else {
                std::hint::spin_loop();
            }
            if self.registry.poll(new) {
                return true;
            }
        }
        false
    }

    fn sleep(&self, new: Period, kicked: bool) {
        let left = &self.period.reader_left;
        // Step [reset-before-sleep]: the event may still be set for an earlier grace period.
        left.reset();
        // Step [mark-before-sleep]: a reader that is not marked leaves without a word.
        self.registry.mark(new);
        // heavy [heavy]: pairs with the light fence between a reader's store of its word and its look at the mark.
        self.period.heavy();
        let began = Instant::now();
        let mut next_kick = if kicked { began + KICK_INTERVAL } else { began };
        let mut next_report = began.checked_add(self.stalls.timeout());
        // Step [look-after-mark]: a reader that left before it was marked tells nobody.
        while !self.registry.poll(new) {
            let now = Instant::now();
            if now >= next_kick {
                // Step [kick-before-sleep]: a reader in a long section may leave for no other reason.
                self.registry.kick(new);
                next_kick = now + KICK_INTERVAL;
            }
            if next_report.is_some_and(|next| now >= next) {
                self.report_stall(new, now - began);
                next_report = now.checked_add(self.stalls.timeout());
            }
            let next = next_report.map_or(next_kick, |next_report| next_kick.min(next_report));
            // Step [reset-before-look]: the reset that follows comes before the next look, or it would forget a
            // reader that left in between.
            left.wait(Some(next.saturating_duration_since(now)));
            left.reset();
        }
    }

    fn report_stall(&self, new: Period, lasting: Duration) {
        for culprit in self.registry.culprits(new) {
            self.stalls.report(&Stall { culprit, lasting });
        }
    }
}

/// The grace periods of a domain, between two steps, while this is held.
#[cfg(not(rcu_loom))]
#[derive(Debug)]
pub struct Frozen<'a> {
    turns: MutexGuard<'a, Turns>,
    registry: registry::Frozen<'a>,
    _reader_left: sys::Frozen<'a>,
}

#[cfg(not(rcu_loom))]
impl Synchronizer {
    /// Keeps everything that has a lock as it is, for a fork.
    pub fn freeze(&self) -> Frozen<'_> {
        let turns = lock(&self.turns);
        let registry = self.registry.freeze();
        Frozen { turns, registry, _reader_left: self.period.reader_left.freeze() }
    }
}

#[cfg(not(rcu_loom))]
impl Frozen<'_> {
    /// In a forked child, forgets the other threads. A grace period that one of them drives has not started, as it were: whoever needs
    /// it drives it anew.
    pub fn forget_others(mut self) {
        self.turns.sharers = 0;
        if self.turns.driver != token() {
            self.turns.started = self.turns.completed;
            self.turns.driver = NOBODY;
        }
        self.registry.forget_others();
    }
}
