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
use crate::sync::{AtomicU64, Condvar, Mutex, MutexGuard, Ordering, lock, wait};
#[cfg(not(rcu_loom))]
use crate::sys;
use crate::thread::{NOBODY, assert_not_a_guest, token};

/// How often the driver looks again before it sleeps: sections last about 100 ns, a sleep costs tens of microseconds.
/// The model goes to sleep at once: an early look is one that the sleep's own second look already explores.
const SPINS: u32 = if cfg!(rcu_loom) { 0 } else { 400 };
/// Readers in the way are kicked when the spin ends, and again each time this has passed: never, in a model, whose executions
/// must not depend on the clock.
const KICK_INTERVAL: Duration = Duration::from_millis(if cfg!(rcu_loom) { 1 << 40 } else { 10 });

/// Where those sleep who need the grace period with this number: nobody waits for more than the one that is driven and the next.
const fn place(number: u64) -> usize {
    number as usize % 2
}

/// The grace periods of one domain.
#[derive(Debug)]
pub struct Synchronizer {
    pub period: GracePeriod,
    pub registry: Registry,
    pub stalls: Stalls,
    turns: Mutex<Turns>,
    /// Where threads sleep until a grace period is over: those who need an even number, and those who need an odd one.
    over: [Condvar; 2],
    /// [`Turns::completed`], for those who poll.
    polled: AtomicU64,
}

/// Who waits for a grace period, and may drive it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Waiter {
    /// The record that it knows to be outside and nobody else's.
    own: Option<NonNull<Record>>,
    /// Whether it has seen another reader run light: a remote fence too many does no harm. If not, it looks again once the grace
    /// period has started.
    beside_light: bool,
    /// Whether readers in the way are kicked at once.
    hurry: bool,
}

impl Waiter {
    /// The callback thread.
    pub fn for_callbacks(hurry: bool) -> Self {
        Self { hurry, ..Self::default() }
    }
}

#[derive(Debug)]
pub struct Turns {
    started: u64,
    completed: u64,
    /// The last grace period that somebody polls for.
    requested: u64,
    /// The token of the thread that drives the one that has started and is not over.
    driver: u64,
    /// How many threads sleep in each place: where none does, nobody has to be woken, which is a system call.
    sharers: [u32; 2],
    heavy_fences: u64,
}

impl Turns {
    const fn new() -> Self {
        Self { started: 0, completed: 0, requested: 0, driver: NOBODY, sharers: [0; 2], heavy_fences: 0 }
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
                over: [Condvar::new(), Condvar::new()],
                polled: AtomicU64::new(0),
            }
        }
    }

    /// Panics, in the name of `call`, where waiting for a grace period would wait for the caller. Returns the caller; `own` is as for
    /// [`Waiter`].
    pub fn assert_may_wait(&self, call: &str, own: Option<NonNull<Record>>) -> Waiter {
        assert_not_a_guest(call);
        let (inside, beside_light) = self.registry.is_inside_and_has_light_readers(token(), own);
        assert!(
            !inside,
            "{call} called from a read-side critical section of the same domain: it would wait for itself"
        );
        Waiter { own, beside_light, hurry: false }
    }

    /// Waits for a grace period that starts after this call.
    pub fn wait(&self, waiter: Waiter) {
        let turns = lock(&self.turns);
        // Step [next-grace-period]: the one under way may have started before the unlink.
        let needed = turns.started + 1;
        self.see_through(turns, needed, waiter);
    }

    /// Waits for the grace period with this number.
    pub fn wait_for(&self, needed: u64, waiter: Waiter) {
        self.see_through(lock(&self.turns), needed, waiter);
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
        // Acquire [over]: pairs with the store in end.
        self.polled.load(Ordering::Acquire) >= number
    }

    fn see_through<'a>(&'a self, mut turns: MutexGuard<'a, Turns>, needed: u64, waiter: Waiter) {
        while turns.completed < needed {
            // Step [one-driver]: two would take one number, one prefix of the registry and one event for theirs.
            if turns.started == turns.completed {
                turns.started += 1;
                turns.driver = token();
                drop(turns);
                let heavy_fences = self.drive(waiter);
                turns = self.end(heavy_fences);
            } else {
                let place = place(needed);
                // Step [count-sharers]: who drives wakes nobody if it knows of nobody.
                turns.sharers[place] += 1;
                turns = wait(&self.over[place], turns);
                turns.sharers[place] -= 1;
            }
        }
    }

    /// Ends the grace period that the caller has driven.
    fn end(&self, heavy_fences: u64) -> MutexGuard<'_, Turns> {
        let mut turns = lock(&self.turns);
        let number = turns.started;
        turns.completed = number;
        turns.driver = NOBODY;
        turns.heavy_fences += heavy_fences;
        // Step [say-over]: those who poll look at nothing else.
        // Release [over]: pairs with the load in is_over.
        self.polled.store(number, Ordering::Release);
        // Under the lock: nobody sleeps in either place who needs an earlier one, so the one who is woken for the next drives it.
        let (this, next) = (place(number), place(number + 1));
        // Step [wake-next-driver]: the others who came while this one was driven wait for the one who drives the next.
        if turns.sharers[next] > 0 {
            self.over[next].notify_one();
        }
        // Step [wake-sharers]: they waited for this one.
        if turns.sharers[this] > 0 {
            self.over[this].notify_all();
        }
        turns
    }

    /// How many grace periods have ended, and how many heavy fences were passed for them.
    pub fn counts(&self) -> (u64, u64) {
        let turns = lock(&self.turns);
        (turns.completed, turns.heavy_fences)
    }

    /// Sees a grace period through, and returns how many heavy fences it took.
    fn drive(&self, Waiter { own, beside_light, hurry }: Waiter) -> u64 {
        let new = self.period.start();
        // full [heavy]: pairs with the full fence of a reader that runs on the slow path or goes online.
        fence::full();
        let mut heavy_fences = 0;
        if beside_light || self.registry.has_light_readers(own) {
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
        (0..SPINS).any(|_| {
            std::hint::spin_loop();
            self.registry.poll(new)
        })
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
        self.turns.sharers = [0; 2];
        if self.turns.driver != token() {
            self.turns.started = self.turns.completed;
            self.turns.driver = NOBODY;
        }
        self.registry.forget_others();
    }
}
