//! The words that readers and the driver of a grace period share.
//!
//! The counter is a 48-bit number of grace periods in the upper bits of a word, with a nest count of one below it: a
//! reader that enters stores what it loads. A grace period starts by adding one; from then on, a reader that still
//! shows an older number in a section is one to wait for.

use static_assertions::const_assert;

use crate::event::Event;
use crate::fence::{self, Fences};
use crate::sync::{AtomicU64, Ordering};

/// How many low bits of a reader's word count its open sections.
const NEST_BITS: u32 = 15;
/// The nest count of a reader's word.
pub const NEST: u64 = (1 << NEST_BITS) - 1;
/// Set in a reader's word when every rare thing has to be looked at: an unregistered thread, a reader that passes a full
/// fence of its own, or one that is offline.
pub const SLOW: u64 = 1 << NEST_BITS;
/// One grace period.
const PERIOD: u64 = SLOW << 1;

// A reader would have to sleep between its load of the counter and its store for as long as the counter takes to come
// round; the arithmetic is in DESIGN.md.
const_assert!(u64::BITS - PERIOD.trailing_zeros() >= 48);

/// Whether a reader with this word is inside a section.
pub const fn inside(word: u64) -> bool {
    word & NEST != 0
}

/// What a reader loads when it enters, and wakes when it leaves. One a domain.
#[derive(Debug)]
#[repr(align(64))]
pub struct GracePeriod {
    counter: AtomicU64,
    fences: Fences,
    /// The driver sleeps here until readers that it marked have left.
    pub reader_left: Event,
}

impl GracePeriod {
    const_fn! {
        pub fn new(fences: Fences) -> Self {
            Self { counter: AtomicU64::new(PERIOD + 1), fences, reader_left: Event::new() }
        }
    }

    /// The word of a reader that enters its outermost section now.
    #[inline(always)]
    #[cfg_attr(rcu_loom, track_caller)]
    pub fn current(&self) -> u64 {
        // Acquire [period]: pairs with the store in start; a reader that shows this number sees the unlinks before it.
        self.counter.load(Ordering::Acquire)
    }

    /// The word that [`current`](Self::current) loads, for who inlines that in another language. Nobody else stores to it.
    #[cfg(not(rcu_loom))]
    pub const fn counter(&self) -> &AtomicU64 {
        &self.counter
    }

    /// Whether the domain's readers run without a fence of their own.
    pub fn readers_run_light(&self) -> bool {
        fence::readers_run_light(self.fences)
    }

    /// The updater's fence against the domain's readers.
    #[cfg_attr(rcu_loom, track_caller)]
    pub fn heavy(&self) {
        fence::heavy(self.fences);
    }

    /// Starts a grace period and returns its number. Only its driver may call this.
    pub fn start(&self) -> Period {
        // Relaxed: drivers follow one another under the lock of their turns.
        let new = self.counter.load(Ordering::Relaxed).wrapping_add(PERIOD);
        // Release [period]: pairs with the load in current.
        self.counter.store(new, Ordering::Release);
        Period(new)
    }
}

/// A grace period that has started, by the number that readers inside later sections show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period(u64);

impl Period {
    /// Whether a reader with this word is one that the grace period does not, or no longer, wait for.
    pub const fn passed_by(self, word: u64) -> bool {
        !inside(word) || (word ^ self.0) < PERIOD
    }
}
