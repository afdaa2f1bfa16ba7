//! An event: one sleeper, any number of wakers, no wake-up lost, and no system call unless somebody sleeps.
//!
//! ```text
//! sleeper                                waker
//!   reset            swap CLEAR, Acquire   make the condition true
//!   condition true? then done              set    swap SET, Release; wake if it was SLEEPING
//!   wait             CLEAR -> SLEEPING, sleep
//! ```
//!
//! All accesses to the state are RMWs, so they have one order. If the waker's `set` comes before our `reset`, the
//! reset reads it and the look at the condition that follows sees it true. If it comes after, the wait finds SET and
//! does not sleep, or has said SLEEPING and is woken. [event]
//!
//! Numbers to keep: (1) only one thread waits; (2) it resets, looks, and waits, in this order, in a loop; (3) who makes
//! the condition true sets afterwards.

use std::time::Duration;

use crate::sync::Ordering;
#[cfg(not(rcu_loom))]
use crate::sys::Frozen;
use crate::sys::Futex;

const CLEAR: u32 = 0;
const SET: u32 = 1;
const SLEEPING: u32 = 2;

/// See the module.
#[derive(Debug)]
pub struct Event {
    state: Futex,
}

impl Event {
    const_fn! {
        pub fn new() -> Self {
            Self { state: Futex::new(CLEAR) }
        }
    }

    /// Wakes the sleeper, or keeps it from sleeping.
    pub fn set(&self) {
        // Release [event]: pairs with the swap in reset; who sees this set sees what it was set for.
        if self.state.value.swap(SET, Ordering::Release) == SLEEPING {
            // Step [wake-sleeper]: one that sleeps already looks at the word no more.
            self.state.wake();
        }
    }

    /// Forgets every earlier `set`. The condition has to be looked at after this.
    pub fn reset(&self) {
        // Acquire [event]: pairs with the swap in set; a set forgotten here has its cause visible from here on.
        self.state.value.swap(CLEAR, Ordering::Acquire);
    }

    /// Sleeps until a `set` after the last `reset`, or until `timeout`.
    pub fn wait(&self, timeout: Option<Duration>) {
        let deadline = timeout.map(|timeout| std::time::Instant::now() + timeout);
        loop {
            // Relaxed, twice: the reset that follows every wait does the ordering.
            let state =
                self.state.value.compare_exchange(CLEAR, SLEEPING, Ordering::Relaxed, Ordering::Relaxed);
            if state == Err(SET) {
                return;
            }
            let left = deadline.map(|deadline| deadline.saturating_duration_since(std::time::Instant::now()));
            if left.is_some_and(|left| left.is_zero()) {
                return;
            }
            self.state.wait(SLEEPING, left);
        }
    }

    /// Keeps the event as it is, for a fork: a child that finds it in any state may go on with it.
    #[cfg(not(rcu_loom))]
    pub fn freeze(&self) -> Frozen<'_> {
        self.state.freeze()
    }
}
