//! The ledger of updates: how many there were, and how many of them while all harts ran.
//!
//! Updates are counted in windows. A window opens with an update that finds none open, and notes the instruction
//! counter of every hart that is not stopped at a hit. Its updates count as applied while running if (1) every one of
//! these counters advances in the window, and (2) at least one of them advances inside an update: between two looks, right
//! before the call and right after it. A debugger that stops the harts for its updates and lets them run in between
//! has (1) without (2). On a host with one processor no hart runs while the debugger does; (2) is not asked for there.
//!
//! A window closes, at the earliest after [`SHORTEST`], once it counts, or after [`LONGEST`] without that; or, if no update
//! can come into it any more, once it has (1). A window in which no hart ran counts none. The debugger does not wait for a
//! window: it goes on with its updates while one is open. (On a host with fewer processors than harts no two looks a few
//! microseconds apart can see all harts advance, however little the updates disturb them: a window has to be longer than
//! the host scheduler's turn.)

use std::thread;
use std::time::{Duration, Instant};

use crate::machine::{HartThread, Machine, State};

const SHORTEST: Duration = Duration::from_millis(10);
const LONGEST: Duration = Duration::from_secs(1);

/// Counts updates.
#[derive(Debug)]
pub struct Ledger {
    /// All updates ever; those below are since the ledger was started over.
    total: u64,
    applied: u64,
    while_running: u64,
    inside: u64,
    window: Option<Window>,
    one_processor: bool,
}

#[derive(Debug)]
struct Window {
    opened: Instant,
    updates: u64,
    /// Those that ran when the window opened, by their place in the machine, and their counters then.
    running: Vec<(usize, u64)>,
    /// The sum of their counters when the present update began.
    before: u64,
    /// Updates inside of which one of them advanced.
    inside: u64,
}

impl Ledger {
    /// Opens an empty one.
    pub fn new() -> Self {
        let one_processor = thread::available_parallelism().is_ok_and(|processors| processors.get() == 1);
        Self { total: 0, applied: 0, while_running: 0, inside: 0, window: None, one_processor }
    }

    /// Notes an update that is about to be made: the last thing before it.
    pub fn enter(&mut self, machine: &Machine) {
        self.turn(machine, false);
        self.total += 1;
        self.applied += 1;
        let window = self.window.get_or_insert_with(|| Window::open(machine.harts()));
        window.updates += 1;
        window.before = window.retired(machine.harts());
    }

    /// Notes that the update was made: the first thing after it.
    pub fn leave(&mut self, machine: &Machine) {
        if let Some(window) = &mut self.window {
            window.inside += u64::from(window.retired(machine.harts()) > window.before);
        }
    }

    /// Closes the open window, if it is time; tells whether none is open. `last`: no update will come into it any more.
    pub fn turn(&mut self, machine: &Machine, last: bool) -> bool {
        let Some(window) = &self.window else { return true };
        let age = window.opened.elapsed();
        let advanced = age >= SHORTEST && window.all_advanced(machine.harts());
        let counts = advanced && (window.inside > 0 || self.one_processor);
        if counts {
            self.while_running += window.updates;
            self.inside += window.inside;
        }
        if counts || advanced && last || age >= LONGEST {
            self.window = None;
        }
        self.window.is_none()
    }

    /// Forgets all updates but that they were made.
    pub fn start_over(&mut self) {
        *self = Self { total: self.total, ..Self::new() };
    }

    /// How many updates there ever were.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// How many updates there were.
    pub fn applied(&self) -> u64 {
        self.applied
    }

    /// How many of them count as applied while all harts ran.
    pub fn while_running(&self) -> u64 {
        self.while_running
    }

    /// Inside how many of those a hart was seen to advance. None on a host with one processor, where that is not asked for.
    pub fn inside(&self) -> Option<u64> {
        (!self.one_processor).then_some(self.inside)
    }
}

impl Window {
    fn open(harts: &[HartThread]) -> Self {
        let running = harts.iter().enumerate().filter(|(_, hart)| hart.control.state() == State::Running);
        let running = running.map(|(index, hart)| (index, hart.control.retired())).collect();
        Self { opened: Instant::now(), updates: 0, running, before: 0, inside: 0 }
    }

    fn all_advanced(&self, harts: &[HartThread]) -> bool {
        let advanced = |&(index, before): &(usize, u64)| harts[index].control.retired() > before;
        !self.running.is_empty() && self.running.iter().all(advanced)
    }

    /// What the harts of the window have retired.
    fn retired(&self, harts: &[HartThread]) -> u64 {
        self.running.iter().map(|&(index, _)| harts[index].control.retired()).sum()
    }
}
