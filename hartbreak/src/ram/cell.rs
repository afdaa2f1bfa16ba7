//! The cell: one aligned guest word as one host atomic, the value in its low half and the tag of the last
//! store in its high half.
//!
//! Called by the harts' memory instructions and by the host's accesses. Invariants: (1) every change of a
//! cell brings a fresh tag; (2) a value and its tag change together, in one host access.
//!
//! Orderings follow the guest's own: its plain accesses promise no order under RVWMO but per word, so they
//! are Relaxed (one host atomic per word gives coherence; dependencies of guest registers are dependencies of
//! the host). Order between words comes from the guest's `fence` and from the aq / rl bits, which the atomic
//! instructions turn into [`fence`] on both sides, since RISC-V's aq and rl are stronger than Acquire and
//! Release.

use std::sync::atomic::{
    AtomicU64,
    Ordering::{AcqRel, Acquire, Relaxed, SeqCst},
};

use super::Tag;

/// One guest word and the tag of the store that it comes from.
#[derive(Debug, Default)]
pub(crate) struct Cell(AtomicU64);

/// What LR saw: the value and whose store it was.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Snapshot(u64);

impl Snapshot {
    /// Gives the value alone.
    pub(crate) fn value(self) -> u32 {
        self.0 as u32
    }
}

impl Cell {
    /// Loads the value.
    #[inline]
    pub(crate) fn load(&self) -> u32 {
        // Relaxed: a plain guest load promises no order between words.
        self.0.load(Relaxed) as u32
    }

    /// Stores a whole word: one blind store, for it replaces value and tag alike.
    #[inline]
    pub(crate) fn store(&self, value: u32, tag: Tag) {
        // Relaxed: a plain guest store promises no order between words.
        self.0.store(tag.with(value), Relaxed);
    }

    /// Stores the bytes of the word that `mask` selects, and leaves the others as they are.
    #[inline]
    pub(crate) fn merge(&self, value: u32, mask: u32, tag: Tag) {
        let mut old = self.0.load(Relaxed);
        loop {
            let new = tag.with(old as u32 & !mask | value & mask);
            // Relaxed twice: a plain guest store; the exchange is there for the neighbouring bytes only.
            match self.0.compare_exchange_weak(old, new, Relaxed, Relaxed) {
                Ok(_) => return,
                Err(seen) => old = seen,
            }
        }
    }

    /// Replaces the value by `change` of it, atomically; gives the value before and after.
    #[inline]
    pub(crate) fn update(&self, tag: Tag, change: impl Fn(u32) -> u32) -> (u32, u32) {
        let mut old = self.0.load(Relaxed);
        loop {
            let value = change(old as u32);
            // AcqRel: locks and counters of guests order what they guard by AMOs; a failed attempt publishes
            // and reads nothing that is used, so Relaxed.
            match self.0.compare_exchange_weak(old, tag.with(value), AcqRel, Relaxed) {
                Ok(_) => return (old as u32, value),
                Err(seen) => old = seen,
            }
        }
    }

    /// Loads value and tag for a later [`store_if_unchanged`](Self::store_if_unchanged).
    pub(crate) fn reserve(&self) -> Snapshot {
        // Acquire: what LR opens is often a critical section; LR is rare enough not to tell the cases apart.
        Snapshot(self.0.load(Acquire))
    }

    /// Stores `value` if no store of anyone, of whatever value, hit the word since `snapshot`.
    pub(crate) fn store_if_unchanged(&self, snapshot: Snapshot, value: u32, tag: Tag) -> bool {
        // AcqRel: as for AMOs. Strong, since a guest's LR/SC loop should fail for the guest's reasons only;
        // Relaxed on failure, where SC has no effect that could be ordered.
        self.0.compare_exchange(snapshot.0, tag.with(value), AcqRel, Relaxed).is_ok()
    }
}

/// Orders all accesses before it ahead of all accesses after it, as the guest's `fence rw, rw` does.
#[inline]
pub(crate) fn fence() {
    // SeqCst: only this orders a store before a later load. Weaker guest fences take it too; they are rare.
    std::sync::atomic::fence(SeqCst);
}

#[cfg(test)]
mod tests {
    use super::super::StoreTags;
    use super::*;

    #[test]
    fn a_store_of_the_same_value_still_breaks_a_reservation() {
        let (cell, mut mine, mut other) = (Cell::default(), StoreTags::new(0), StoreTags::new(1));
        let seen = cell.reserve();
        cell.store(seen.value(), other.next());
        assert!(!cell.store_if_unchanged(seen, 5, mine.next()));
        assert_eq!(cell.load(), 0);
    }

    #[test]
    fn every_kind_of_store_brings_a_new_tag() {
        let (cell, mut tags) = (Cell::default(), StoreTags::new(0));
        let stores: [fn(&Cell, Tag); 3] = [
            |cell, tag| cell.store(0, tag),
            |cell, tag| cell.merge(0, 0xff, tag),
            |cell, tag| assert_eq!(cell.update(tag, |old| old), (0, 0)),
        ];
        for store in stores {
            let seen = cell.reserve();
            store(&cell, tags.next());
            assert!(!cell.store_if_unchanged(seen, 1, tags.next()));
            assert!(cell.store_if_unchanged(cell.reserve(), 0, tags.next()));
        }
    }

    #[test]
    fn a_merge_leaves_the_other_bytes_alone() {
        let (cell, mut tags) = (Cell::default(), StoreTags::new(0));
        cell.store(0x1122_3344, tags.next());
        cell.merge(0xffff_aaff, 0x0000_ff00, tags.next());
        assert_eq!(cell.load(), 0x1122_aa44);
    }
}
