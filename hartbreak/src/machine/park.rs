//! Parking: a hart that waits, outside of any section, for as long as the debugger makes its changes.
//!
//! What no debugger of this project does: it is there for the sabotage that stops all harts for each change, which the
//! check of updates while running must notice. Invariant: a hart that is seen as parked retires nothing until the
//! debugger has released it.

use std::sync::atomic::{AtomicBool, Ordering::Acquire, Ordering::Relaxed, Ordering::Release};
use std::thread;
use std::time::Duration;

/// Parks one hart.
#[derive(Debug, Default)]
pub struct Park {
    asked: AtomicBool,
    parked: AtomicBool,
}

impl Park {
    /// Asks the hart to park.
    pub fn ask(&self) {
        // Relaxed, here and in release: the debugger waits for the answer, which carries the order.
        self.asked.store(true, Relaxed);
    }

    /// Lets the hart go on. Before it is asked again, it must have been seen not to be parked.
    pub fn release(&self) {
        self.asked.store(false, Relaxed);
    }

    /// Whether the hart is parked.
    pub fn is_parked(&self) -> bool {
        // Acquire [park]: pairs with the stores in stay; the hart's counter stands at its last block.
        self.parked.load(Acquire)
    }

    /// Stays here for as long as the debugger asks for it. Called outside of any section, by the hart.
    #[inline]
    pub(super) fn stay(&self, quitting: impl Fn() -> bool) {
        if !self.asked.load(Relaxed) {
            return;
        }
        // Release [park], twice: pairs with the load in is_parked.
        self.parked.store(true, Release);
        while self.asked.load(Relaxed) && !quitting() {
            thread::sleep(Duration::from_micros(50));
        }
        self.parked.store(false, Release);
    }
}
