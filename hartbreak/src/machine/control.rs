//! What a hart's thread and the debugger share, beside the tables.
//!
//! Invariants: (1) a hit is counted and put into the mailbox before the section in which it was found ends, so that
//! whoever waited for a grace period has seen it; (2) a hart waits, when it is stopped, outside of any section; (3) no
//! wait here is unbounded: each looks again every few milliseconds.

use std::collections::VecDeque;
use std::sync::atomic::{
    AtomicBool, AtomicU8, AtomicU64, Ordering::Acquire, Ordering::Relaxed, Ordering::Release,
};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use super::hit::Hit;
use super::park::Park;
use crate::cpu::Fault;

/// A stopped hart looks at least this often whether it may go on.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// Hits that a mailbox keeps; the oldest are dropped. All are counted.
const MAILBOX: usize = 64;

/// Keeps what one thread writes often away from what others write.
#[derive(Debug, Default)]
#[repr(align(64))]
struct OwnLine<T>(T);

/// What a hart does at a hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// It stops until it is resumed.
    Stop,
    /// It counts the hit and goes on.
    Count,
}

/// What a hart is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It runs.
    Running,
    /// It waits, outside of any section, to be resumed.
    Stopped(Hit),
    /// The guest ended it, with this checksum.
    Exited(u32),
    /// It met an instruction that it cannot execute.
    Faulted(Fault),
    /// It met an `ebreak`, at this address, which no debugger inserted.
    Ebreak(u32),
    /// It was told to quit, or its thread panicked.
    Gone,
}

/// Where a hart that is to be held inside a section has got to.
mod hold {
    pub const NONE: u8 = 0;
    pub const REQUESTED: u8 = 1;
    pub const HELD: u8 = 2;
}

/// One hart, as seen from both sides.
#[derive(Debug)]
pub struct Control {
    /// Parks the hart, which is a sabotage.
    pub park: Park,
    /// The hart's counter of retired instructions, as of its last block.
    retired: OwnLine<AtomicU64>,
    /// Asks the hart to leave its section at the end of its block.
    leave: OwnLine<AtomicBool>,
    kicks: AtomicU64,
    quit: AtomicBool,
    counting: AtomicBool,
    hold: AtomicU8,
    hits: AtomicU64,
    mailbox: Mutex<VecDeque<Hit>>,
    state: Mutex<State>,
    resumed: Condvar,
}

impl Control {
    pub(super) fn new() -> Self {
        Self {
            park: Park::default(),
            retired: OwnLine::default(),
            leave: OwnLine::default(),
            kicks: AtomicU64::new(0),
            quit: AtomicBool::new(false),
            counting: AtomicBool::new(false),
            hold: AtomicU8::new(hold::NONE),
            hits: AtomicU64::new(0),
            mailbox: Mutex::default(),
            state: Mutex::new(State::Running),
            resumed: Condvar::new(),
        }
    }

    // The debugger's side. All counters are Relaxed: they are statistics, or ordered by what the debugger waited for.

    /// How many instructions the hart has retired, as of its last block.
    pub fn retired(&self) -> u64 {
        self.retired.0.load(Relaxed)
    }

    /// How many hits the hart has met.
    pub fn hits(&self) -> u64 {
        self.hits.load(Relaxed)
    }

    /// How often a grace period asked the hart to leave its section.
    pub fn kicks(&self) -> u64 {
        self.kicks.load(Relaxed)
    }

    /// What the hart does at its next hits.
    pub fn on_hit(&self, action: Action) {
        self.counting.store(action == Action::Count, Relaxed);
    }

    /// What the hart is doing.
    pub fn state(&self) -> State {
        *self.lock_state()
    }

    /// The oldest hit that was not taken yet.
    pub fn take_hit(&self) -> Option<Hit> {
        self.lock_mailbox().pop_front()
    }

    /// Lets a stopped hart go on, over the breakpoint that it stopped at.
    pub fn resume(&self) {
        let mut state = self.lock_state();
        if matches!(*state, State::Stopped(_)) {
            *state = State::Running;
            self.resumed.notify_all();
        }
    }

    /// Asks that the hart stay inside its section when it next finds a breakpoint in the table, before it counts the hit.
    pub fn hold(&self) {
        self.hold.store(hold::REQUESTED, Relaxed);
    }

    /// Whether the hart is being held.
    pub fn is_held(&self) -> bool {
        // Acquire [hold]: pairs with the store in stay_if_held; what the hart did before it was held is done.
        self.hold.load(Acquire) == hold::HELD
    }

    /// Lets a held hart go on.
    pub fn release(&self) {
        // Release [hold]: pairs with the load in stay_if_held; what the debugger did meanwhile is done.
        self.hold.store(hold::NONE, Release);
    }

    /// Ends the hart's thread, soon.
    pub(super) fn quit(&self) {
        // Relaxed: nothing is read through it.
        self.quit.store(true, Relaxed);
        self.kick();
        self.resumed.notify_all();
    }

    /// The force-RCU notifier of the hart's reader: asks for the section to end.
    pub(super) fn kick(&self) {
        // Relaxed, twice: a hint, and a statistic.
        self.leave.0.store(true, Relaxed);
        self.kicks.fetch_add(1, Relaxed);
    }

    // The hart's side.

    pub(super) fn is_quitting(&self) -> bool {
        self.quit.load(Relaxed)
    }

    /// Ends a block; tells whether the section should end with it.
    #[inline]
    pub(super) fn end_block(&self, retired: u64) -> bool {
        self.retired.0.store(retired, Relaxed);
        let leave = self.leave.0.load(Relaxed);
        if leave {
            // A kick that comes between the two is lost, and harmless: the section ends now anyway.
            self.leave.0.store(false, Relaxed);
        }
        leave
    }

    /// Notes a hit, inside the section in which it was found; tells whether to stop.
    pub(super) fn note(&self, hit: Hit) -> bool {
        let mut mailbox = self.lock_mailbox();
        if mailbox.len() == MAILBOX {
            mailbox.pop_front();
        }
        mailbox.push_back(hit);
        drop(mailbox);
        self.hits.fetch_add(1, Relaxed);
        !self.counting.load(Relaxed)
    }

    /// Stays here for as long as the debugger wants a held hart to. Called from RCU critical section, on purpose.
    pub(super) fn stay_if_held(&self) {
        // Release [hold]: pairs with the load in is_held.
        if self.hold.compare_exchange(hold::REQUESTED, hold::HELD, Release, Relaxed).is_err() {
            return;
        }
        // Acquire [hold]: pairs with the store in release.
        while self.hold.load(Acquire) == hold::HELD && !self.is_quitting() {
            thread::sleep(Duration::from_micros(100));
        }
    }

    /// Waits, outside of any section, until the hart is resumed or told to quit.
    pub(super) fn stop(&self, hit: Hit) {
        let mut state = self.lock_state();
        *state = State::Stopped(hit);
        while matches!(*state, State::Stopped(_)) && !self.is_quitting() {
            let waited = self.resumed.wait_timeout(state, LOOK_AGAIN).unwrap_or_else(PoisonError::into_inner);
            state = waited.0;
        }
    }

    pub(super) fn end(&self, end: State) {
        *self.lock_state() = end;
    }

    fn lock_state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock_mailbox(&self) -> MutexGuard<'_, VecDeque<Hit>> {
        self.mailbox.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
