//! Where a hart waits: what it is doing, its registers while it waits, and how it is to go on.
//!
//! Invariants: (1) a hart waits outside of any section; (2) the registers are the hart's while it waits, and what the
//! debugger made of them when it goes on; (3) a wish that it stop, which was withdrawn or which another stop has fulfilled,
//! stops it no more; (4) no wait is unbounded: a waiting hart looks every few milliseconds whether it should quit.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::stop::{Go, Stop};
use crate::cpu::{Fault, Hart, Registers};

/// A stopped hart looks at least this often whether it may go on.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// What a hart is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It runs.
    Running,
    /// It waits, outside of any section, to be resumed.
    Stopped(Stop),
    /// The guest ended it, with this checksum.
    Exited(u32),
    /// It met an instruction that it cannot execute.
    Faulted(Fault),
    /// It met an `ebreak`, at this address, which no debugger inserted.
    Ebreak(u32),
    /// It was told to quit, or its thread panicked.
    Gone,
}

/// One hart's place to wait.
#[derive(Debug)]
pub struct Rest {
    inside: Mutex<Inside>,
    resumed: Condvar,
    /// Whether the hart is wished to stop. Changed under the lock, looked at without.
    asked: AtomicBool,
}

#[derive(Debug)]
struct Inside {
    state: State,
    registers: Registers,
    go: Go,
}

impl Rest {
    pub(super) fn new() -> Self {
        let inside = Inside { state: State::Running, registers: Registers::default(), go: Go::Over };
        Self { inside: Mutex::new(inside), resumed: Condvar::new(), asked: AtomicBool::new(false) }
    }

    // The debugger's side.

    /// What the hart is doing.
    pub fn state(&self) -> State {
        self.lock().state
    }

    /// The registers of a hart that waits, or that has ended at a fault or an `ebreak`.
    pub fn registers(&self) -> Option<Registers> {
        let inside = self.lock();
        let has_them = matches!(inside.state, State::Stopped(_) | State::Faulted(_) | State::Ebreak(_));
        has_them.then_some(inside.registers)
    }

    /// Changes the registers of a hart that waits, and tells whether it does.
    pub fn set_registers(&self, registers: &Registers) -> bool {
        let mut inside = self.lock();
        let waits = matches!(inside.state, State::Stopped(_));
        if waits {
            inside.registers = *registers;
        }
        waits
    }

    /// Lets a hart that waits go on.
    pub fn go(&self, go: Go) {
        let mut inside = self.lock();
        if matches!(inside.state, State::Stopped(_)) {
            inside.state = State::Running;
            inside.go = go;
            self.resumed.notify_all();
        }
    }

    /// Wishes that a hart that runs stop; it does so at the end of its section.
    pub fn ask(&self) {
        let inside = self.lock();
        // Relaxed, here and below: the lock orders it for all but the hart's look, which is a hint.
        self.asked.store(inside.state == State::Running, Relaxed);
    }

    /// Withdraws the wish.
    pub fn withdraw(&self) {
        let _inside = self.lock();
        self.asked.store(false, Relaxed);
    }

    pub(super) fn wake(&self) {
        self.resumed.notify_all();
    }

    // The hart's side.

    #[inline]
    pub(super) fn is_asked(&self) -> bool {
        self.asked.load(Relaxed)
    }

    /// Waits until the hart is resumed or told to quit. `tell` is called once the debugger can see that it waits.
    pub(super) fn wait(
        &self,
        stop: Stop,
        hart: &mut Hart,
        quitting: impl Fn() -> bool,
        tell: impl Fn(),
    ) -> Go {
        let mut inside = self.lock();
        if stop == Stop::Asked && !self.is_asked() {
            return Go::Again;
        }
        self.asked.store(false, Relaxed);
        inside.state = State::Stopped(stop);
        inside.registers = hart.registers();
        drop(inside);
        tell();
        let mut inside = self.lock();
        while matches!(inside.state, State::Stopped(_)) && !quitting() {
            let waited = self.resumed.wait_timeout(inside, LOOK_AGAIN);
            inside = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        hart.set_registers(&inside.registers);
        inside.go
    }

    /// Notes how the hart has ended.
    pub(super) fn end(&self, end: State) {
        self.lock().state = end;
    }

    /// Leaves the registers to whoever looks at a hart that has ended.
    pub(super) fn leave(&self, hart: &Hart) {
        self.lock().registers = hart.registers();
    }

    fn lock(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
