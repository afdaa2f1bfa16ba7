//! The callback thread at work: round after round, it takes what is queued, sees it through a grace period, and runs it.
//!
//! It sleeps without time-out when nothing is queued, and ends when its domain has no handle and no callback left.

use std::fmt;
use std::ptr::NonNull;

use super::activity::Activity;
use super::limits::{HeldUp, Limits};
use super::lists::Lists;
#[cfg(not(rcu_loom))]
use super::monitor;
use super::rounds::Rounds;
use super::taken::Taken;
use super::thread::CallbackThread;
use crate::contain::contain;
use crate::event::Event;
use crate::head::Head;
use crate::report::report;
#[cfg(not(rcu_loom))]
use crate::slot::Slot;
use crate::slot::Source;
use crate::sync::{Arc, AtomicU32, Ordering};
use crate::synchronize::{Synchronizer, Waiter};
use crate::thread::{Role, RoleMark, token};

/// Called around each batch of callbacks, with what runs them.
pub type BatchHook = Arc<dyn Fn(&mut dyn FnMut()) + Send + Sync>;

/// That of the default domain.
#[cfg(not(rcu_loom))]
pub static AROUND_BATCHES: Slot<BatchHook> = Slot::new();

/// Where that of the default domain is: a model's has none.
pub const DEFAULT_BATCH_HOOK: Source<BatchHook> = {
    #[cfg(not(rcu_loom))]
    let source = Source::Slot(&AROUND_BATCHES);
    #[cfg(rcu_loom)]
    let source = Source::Own(None);
    source
};

/// The callbacks of one domain, and the state of their thread.
pub struct Callbacks {
    pub(super) lists: Lists,
    pub(super) taken: Taken,
    pub(super) rounds: Rounds,
    /// The callback thread sleeps here.
    pub(super) queued: Event,
    /// Non-zero when no handle of the domain is left.
    stopping: AtomicU32,
    pub thread: CallbackThread,
    pub limits: Limits,
    pub activity: Activity,
    around_batches: Source<BatchHook>,
}

impl Callbacks {
    const_fn! {
        pub fn new(limits: Limits, around_batches: Source<BatchHook>) -> Self {
            Self {
                lists: Lists::new(),
                taken: Taken::new(),
                rounds: Rounds::new(),
                queued: Event::new(),
                stopping: AtomicU32::new(0),
                thread: CallbackThread::new(),
                limits,
                activity: Activity::new(),
                around_batches,
            }
        }
    }

    /// Queues a callback, and returns how many the calling thread has queued. The caller sees to it that the thread runs.
    ///
    /// # Safety
    /// 1. `head` is valid, with provenance over its whole allocation, and the caller gives up the right to it.
    /// 2. After a grace period `Head::run` may be called for it, once, on any thread.
    pub unsafe fn push(&self, head: NonNull<Head>) -> u64 {
        // SAFETY: `Lists::push` (1) is (1).
        let (was_empty, queued) = unsafe { self.lists.push(head) };
        if was_empty {
            // Step [wake-for-callback]: the thread sleeps without time-out once it has seen empty lists.
            self.wake();
        }
        queued
    }

    /// Has the thread look at the lists, and at what is polled for.
    pub fn wake(&self) {
        self.queued.set();
    }

    /// Whether nothing is pending but what runs now.
    pub fn is_idle(&self) -> bool {
        self.lists.is_empty() && self.taken.is_empty()
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
        let round = self.rounds.next_unless(|| self.is_idle());
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

    /// Panics, in the name of `call`, on the callback thread: it would wait for itself.
    pub fn assert_not_in_callback(&self, call: &str) {
        assert!(
            !self.thread.is_current(),
            "{call} called from a callback of the same domain: it would wait for itself"
        );
    }

    /// How many callbacks are queued and have not run.
    pub fn pending(&self) -> u64 {
        // What has run was queued before, so it is looked at first.
        let run = self.activity.callbacks_run();
        self.lists.queued().saturating_sub(run)
    }

    /// What the limits have done to producers.
    pub fn held_up(&self) -> HeldUp {
        self.limits.held_up()
    }

    /// The life of the callback thread.
    pub fn serve(&self, grace_periods: &Synchronizer) {
        self.thread.adopt();
        let _role = RoleMark::set(Role::Callback);
        loop {
            // Step [reset-before-lists]: a push that these looks miss sets the event after this.
            self.queued.reset();
            // Step [stopping-before-lists]: what was queued before the stop is then seen by the looks that follow.
            // Acquire [stop]: pairs with the store in stop. Before the look at the lists, which is then the last one.
            let stopping = self.stopping.load(Ordering::Acquire) != 0;
            // Step [round-before-lists]: whoever queued a callback and still sees the round before this waits for
            // this one, which takes it.
            self.rounds.begin();
            let found = self.taken.take(&self.lists);
            // Step [drive-requested]: nobody else need ever drive what is polled for.
            let polled = grace_periods.requested();
            if found {
                self.run_all(grace_periods);
            } else if let Some(number) = polled {
                grace_periods.wait_for(number, Waiter::for_callbacks(false));
            }
            // Step [end-round]: barriers wait for it.
            self.rounds.end();
            if found || polled.is_some() {
                continue;
            }
            if stopping {
                return;
            }
            self.queued.wait(None);
            self.activity.note_wakeup();
        }
    }

    /// Sees what was taken through a grace period, and runs it.
    fn run_all(&self, grace_periods: &Synchronizer) {
        let pending = self.pending();
        self.activity.note_pending(pending);
        // Step [grace-period-before-callbacks]: that is what was promised for what they free.
        grace_periods.wait(Waiter::for_callbacks(pending > self.limits.soft));
        self.activity.note_pending(self.pending());
        let work = || self.run_batch();
        #[cfg(not(rcu_loom))]
        monitor::watch(&self.activity, &grace_periods.stalls, work);
        #[cfg(rcu_loom)]
        work();
        report_open_section(grace_periods);
    }

    fn run_batch(&self) {
        if let Some(around) = self.around_batches.get() {
            contain(|| around(&mut || self.run_taken()));
        }
        // All of it, or what a hook has left by returning early or unwinding.
        self.run_taken();
        self.limits.give_back();
    }

    fn run_taken(&self) {
        while let Some(head) = self.taken.next() {
            // SAFETY: `push` (1): the head is valid until it runs.
            let kind = unsafe { Head::kind(head) };
            // SAFETY: (1) and (2) are what `push` was promised, the grace period is over, and each head is taken once.
            self.activity.run(kind, || contain(|| unsafe { Head::run(head) }));
            self.limits.note_run();
        }
    }
}

impl fmt::Debug for Callbacks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Callbacks").field("thread", &self.thread).finish_non_exhaustive()
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
