//! What a hart's thread and the debugger share, beside the tables.
//!
//! Invariants: (1) a hit is counted and put into the mailbox before the section in which it was found ends, so that
//! whoever waited for a grace period has seen it; (2) no wait here is unbounded: each looks again every few milliseconds.

use std::collections::VecDeque;
use std::sync::atomic::{
    AtomicBool, AtomicU8, AtomicU64, Ordering::Acquire, Ordering::Relaxed, Ordering::Release,
};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use debug_tables::Flags;

use super::hit::Hit;
use super::news::News;
use super::park::Park;
use super::rest::{Rest, State};
use super::stop::{Go, Stop};
use crate::cpu::Hart;
use crate::sys;

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
    /// At an entry of a debugger it puts the hit into the machine's news and stops; the guest's own it counts.
    Report,
}

impl Action {
    fn from_bits(bits: u8) -> Self {
        [Self::Stop, Self::Count, Self::Report][usize::from(bits)]
    }
}

/// How fast a hart works: both as of the same moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pace {
    /// Instructions that it has retired.
    pub retired: u64,
    /// How long its thread has run on a processor.
    pub cpu: Duration,
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
    /// Where the hart waits.
    pub rest: Rest,
    /// Parks the hart, which is a sabotage.
    pub park: Park,
    hart: u32,
    news: Arc<News>,
    pace: Mutex<Pace>,
    /// The hart's counter of retired instructions, as of its last block.
    retired: OwnLine<AtomicU64>,
    /// Asks the hart to leave its section at the end of its block.
    leave: OwnLine<AtomicBool>,
    kicks: AtomicU64,
    quit: AtomicBool,
    action: AtomicU8,
    hold: AtomicU8,
    hits: AtomicU64,
    mailbox: Mutex<VecDeque<Hit>>,
}

impl Control {
    pub(super) fn new(hart: u32, news: Arc<News>) -> Self {
        Self {
            rest: Rest::new(),
            park: Park::default(),
            hart,
            news,
            pace: Mutex::default(),
            retired: OwnLine::default(),
            leave: OwnLine::default(),
            kicks: AtomicU64::new(0),
            quit: AtomicBool::new(false),
            action: AtomicU8::new(Action::Stop as u8),
            hold: AtomicU8::new(hold::NONE),
            hits: AtomicU64::new(0),
            mailbox: Mutex::default(),
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
        self.action.store(action as u8, Relaxed);
    }

    /// What the hart is doing.
    pub fn state(&self) -> State {
        self.rest.state()
    }

    /// How fast the hart works, as of the last few milliseconds that it ran.
    pub fn pace(&self) -> Pace {
        *self.lock_pace()
    }

    /// The oldest hit that was not taken yet.
    pub fn take_hit(&self) -> Option<Hit> {
        self.lock_mailbox().pop_front()
    }

    /// Lets a stopped hart go on, over the breakpoint that it stopped at.
    pub fn resume(&self) {
        self.rest.go(Go::Over);
    }

    /// Asks a hart that runs to stop. It does so soon, unless it stops for another reason before that.
    pub fn ask_to_stop(&self) {
        self.rest.ask();
        // Relaxed: a hint, as in kick.
        self.leave.0.store(true, Relaxed);
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
        self.rest.wake();
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
        match Action::from_bits(self.action.load(Relaxed)) {
            Action::Stop => true,
            Action::Count => false,
            Action::Report if hit.flags().contains(Flags::GDB) => {
                self.news.stops.push(self.hart, hit.stop());
                true
            }
            Action::Report => false,
        }
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

    /// Notes how fast the hart works.
    pub(super) fn note_pace(&self, retired: u64) {
        *self.lock_pace() = Pace { retired, cpu: sys::thread_cpu_time() };
    }

    /// Waits, outside of any section, until the hart is resumed or told to quit.
    pub(super) fn stop(&self, stop: Stop, hart: &mut Hart) -> Go {
        self.note_pace(hart.retired());
        self.rest.wait(stop, hart, || self.is_quitting(), || self.news.ring())
    }

    pub(super) fn end(&self, end: State) {
        self.rest.end(end);
        self.news.ring();
    }

    fn lock_pace(&self) -> MutexGuard<'_, Pace> {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock_mailbox(&self) -> MutexGuard<'_, VecDeque<Hit>> {
        self.mailbox.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
