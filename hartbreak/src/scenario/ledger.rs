//! The ledger of updates: how many there were, and how many of them while all harts ran.
//!
//! Updates are counted in windows. A window opens with an update that finds none open, and notes the instruction
//! counter of every hart that is not stopped at a hit. It closes, at the earliest after [`SHORTEST`], once every one of
//! these counters has advanced, and its updates count as applied while running; or it closes after [`LONGEST`] without
//! that, and they do not. A window in which no hart ran counts none. The debugger does not wait for a window: it goes on
//! with its updates while one is open. (On a host with fewer cores than harts no two samples a few microseconds apart
//! can see all harts advance, however little the updates disturb them: a window has to be longer than the host
//! scheduler's turn.)

use std::time::{Duration, Instant};

use crate::machine::{HartThread, Machine, State};

const SHORTEST: Duration = Duration::from_millis(10);
const LONGEST: Duration = Duration::from_secs(1);

/// Counts updates.
#[derive(Debug, Default)]
pub struct Ledger {
    applied: u64,
    while_running: u64,
    window: Option<Window>,
}

#[derive(Debug)]
struct Window {
    opened: Instant,
    updates: u64,
    /// Those that ran when the window opened, by their place in the machine, and their counters then.
    running: Vec<(usize, u64)>,
}

impl Ledger {
    /// Notes an update that is about to be made.
    pub fn enter(&mut self, machine: &Machine) {
        self.turn(machine);
        let window = self.window.get_or_insert_with(|| Window::open(machine.harts()));
        window.updates += 1;
        self.applied += 1;
    }

    /// Closes the open window, if it is time; tells whether none is open.
    pub fn turn(&mut self, machine: &Machine) -> bool {
        let Some(window) = &self.window else { return true };
        let age = window.opened.elapsed();
        let advanced = age >= SHORTEST && window.all_advanced(machine.harts());
        if advanced {
            self.while_running += window.updates;
        }
        if advanced || age >= LONGEST {
            self.window = None;
        }
        self.window.is_none()
    }

    /// How many updates there were.
    pub fn applied(&self) -> u64 {
        self.applied
    }

    /// How many of them count as applied while all harts ran.
    pub fn while_running(&self) -> u64 {
        self.while_running
    }
}

impl Window {
    fn open(harts: &[HartThread]) -> Self {
        let running = harts.iter().enumerate().filter(|(_, hart)| hart.control.state() == State::Running);
        let running = running.map(|(index, hart)| (index, hart.control.retired())).collect();
        Self { opened: Instant::now(), updates: 0, running }
    }

    fn all_advanced(&self, harts: &[HartThread]) -> bool {
        let advanced = |&(index, before): &(usize, u64)| harts[index].control.retired() > before;
        !self.running.is_empty() && self.running.iter().all(advanced)
    }
}
