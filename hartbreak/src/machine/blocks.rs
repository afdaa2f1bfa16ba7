//! A hart's block cache: the blocks in which it need not look for breakpoints.
//!
//! A block is what runs from its first address up to a jump, at most [`BLOCK`] instructions. "Translating" one means
//! to find that no breakpoint is in the reach of its instructions; it is then run without a look at the table, as an
//! emulator runs translated code. The others are looked at instruction by instruction.
//!
//! The cache is coherent by the generation rule of `debug-tables`: the hart reads the generation, then the table,
//! inserts the block, and takes it out again unless the generation is still current, which passes a fence. The updater
//! publishes, passes a fence, and then comes here, from the table's hook. If the hart's fence is first, the updater
//! finds the block; if the updater's is, the hart finds another generation.
//!
//! Invariants: (1) only the hart puts blocks in; (2) a block that stays in has no breakpoint whose insertion returned.

use std::fmt;
use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

use debug_tables::BreakpointTable;
use rcu_core::ReadGuard;

/// Most instructions of a block.
pub const BLOCK: u32 = 64;

/// Direct-mapped; a power of two. The built-in guest has no two instructions that share a slot.
const SLOTS: usize = 4096;

type Interlude = Box<dyn FnMut() + Send>;

/// The clean blocks of one hart.
pub struct BlockCache {
    /// The address of the clean block that has this slot, or 0, where no RAM is.
    slots: Box<[AtomicU32]>,
    /// What the debugger wants done between the next publication and its invalidation.
    interlude: Mutex<Option<Interlude>>,
    /// Set while the debugger invalidates by itself, which is a sabotage.
    deaf: AtomicBool,
}

impl BlockCache {
    pub(super) fn new() -> Self {
        let slots = (0..SLOTS).map(|_| AtomicU32::new(0)).collect();
        Self { slots, interlude: Mutex::new(None), deaf: AtomicBool::new(false) }
    }

    /// Whether the block at `pc` can be run without a look at the table. Called from RCU critical section.
    #[inline]
    pub(super) fn is_clean(&self, pc: u32, table: &BreakpointTable, section: &ReadGuard<'_>) -> bool {
        // Relaxed: the slot guards no memory, and the fences of the generation rule order its changes.
        self.slot(pc).load(Relaxed) == pc || self.translate(pc, table, section)
    }

    fn translate(&self, pc: u32, table: &BreakpointTable, section: &ReadGuard<'_>) -> bool {
        let generation = table.generation();
        let first = u64::from(pc);
        if table.read(section).any_in(first..=first + u64::from(BLOCK * 4 - 1)) {
            return false;
        }
        // Relaxed: see is_clean; the fence is in is_current.
        self.slot(pc).store(pc, Relaxed);
        let current = table.is_current(generation);
        if !current {
            self.slot(pc).store(0, Relaxed);
        }
        current
    }

    /// The table's hook: it has published a change at these addresses.
    pub(super) fn published(&self, addresses: RangeInclusive<u64>) {
        // Relaxed: set and cleared by the thread whose update this is.
        if self.deaf.load(Relaxed) {
            return;
        }
        if let Some(mut interlude) = self.interlude().take() {
            interlude();
        }
        self.invalidate(addresses);
    }

    /// Takes out every block that may reach one of the addresses.
    fn invalidate(&self, addresses: RangeInclusive<u64>) {
        let (first, last) = (*addresses.start() & !3, *addresses.end());
        let earliest = first.saturating_sub(u64::from(BLOCK - 1) * 4);
        // Past the 32-bit address space there is no block.
        for pc in (earliest..=last.min(u64::from(u32::MAX))).step_by(4) {
            let slot = self.slot(pc as u32);
            // Relaxed: see is_clean. A look first, so that lines of the cache that need no change stay shared.
            if slot.load(Relaxed) == pc as u32 {
                slot.store(0, Relaxed);
            }
        }
    }

    /// Runs `update`, with `between` in the middle of it: after its publication, before its invalidation.
    pub fn publish_then_invalidate(&self, between: impl FnMut() + Send + 'static, update: impl FnOnce()) {
        *self.interlude() = Some(Box::new(between));
        update();
        *self.interlude() = None;
    }

    /// The wrong order, for sabotage: invalidation, `between`, publication.
    pub fn invalidate_then_publish(&self, address: u32, mut between: impl FnMut(), update: impl FnOnce()) {
        self.invalidate(u64::from(address)..=u64::from(address));
        between();
        // Relaxed, twice: see published.
        self.deaf.store(true, Relaxed);
        update();
        self.deaf.store(false, Relaxed);
    }

    fn slot(&self, pc: u32) -> &AtomicU32 {
        &self.slots[pc as usize / 4 % SLOTS]
    }

    fn interlude(&self) -> std::sync::MutexGuard<'_, Option<Interlude>> {
        self.interlude.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for BlockCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlockCache").field("slots", &SLOTS).finish_non_exhaustive()
    }
}
