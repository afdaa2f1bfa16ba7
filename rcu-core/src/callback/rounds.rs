//! Rounds of the callback thread, which `barrier` waits for.
//!
//! A round takes everything that is queued, sees it through a grace period, and runs it. What was queued before a round
//! began has run when it ends: it was taken in that round or in an earlier one. Whoever needs that waits for the round after
//! the one that is under way, for the lists may have been taken by then. The lock orders the pushes that come before the
//! wait, and the looks at the lists in the round, by release and acquire.

#[cfg(not(rcu_loom))]
use crate::sync::MutexGuard;
use crate::sync::{Condvar, Mutex, lock, wait};

/// See the module.
#[derive(Debug)]
pub struct Rounds {
    counts: Mutex<Counts>,
    ended: Condvar,
}

#[derive(Debug)]
pub struct Counts {
    begun: u64,
    ended: u64,
    /// How many threads wait for a round: if none does, nobody has to be woken, which is a system call.
    waiting: u32,
}

impl Rounds {
    const_fn! {
        pub fn new() -> Self {
            Self { counts: Mutex::new(Counts { begun: 0, ended: 0, waiting: 0 }), ended: Condvar::new() }
        }
    }

    /// Begins a round. It has to look at the lists after this.
    pub fn begin(&self) {
        lock(&self.counts).begun += 1;
    }

    /// Ends the round that was begun: everything that it took has run.
    pub fn end(&self) {
        let mut counts = lock(&self.counts);
        counts.ended = counts.begun;
        // Step [wake-barriers]: they sleep until their round has ended.
        if counts.waiting > 0 {
            self.ended.notify_all();
        }
    }

    /// Returns the number of the first round that begins after this call; none if no round is under way and `idle` says that nothing
    /// is queued.
    pub fn next_unless(&self, idle: impl FnOnce() -> bool) -> Option<u64> {
        let counts = lock(&self.counts);
        // Step [round-under-way]: what it took is in no list and may not have run.
        let all_ran = counts.begun == counts.ended && idle();
        // Step [next-round]: the one under way may have taken the lists before the callback came.
        (!all_ran).then_some(counts.begun + 1)
    }

    /// Waits for the end of a round.
    pub fn wait(&self, round: u64) {
        let mut counts = lock(&self.counts);
        while counts.ended < round {
            // Step [count-barriers]: who ends a round wakes nobody if it knows of nobody.
            counts.waiting += 1;
            counts = wait(&self.ended, counts);
            counts.waiting -= 1;
        }
    }
}

/// The rounds, between two steps, while this is held.
#[cfg(not(rcu_loom))]
#[derive(Debug)]
pub struct Frozen<'a>(MutexGuard<'a, Counts>);

#[cfg(not(rcu_loom))]
impl Rounds {
    /// Keeps the counts as they are, for a fork.
    pub fn freeze(&self) -> Frozen<'_> {
        Frozen(lock(&self.counts))
    }
}

#[cfg(not(rcu_loom))]
impl Frozen<'_> {
    /// In a forked child, forgets who waits.
    pub fn forget_waiting(&mut self) {
        self.0.waiting = 0;
    }

    /// In a forked child, ends the round of a thread that is not there.
    pub fn end(&mut self) {
        self.0.ended = self.0.begun;
    }
}
