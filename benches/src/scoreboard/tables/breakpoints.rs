//! Is there a breakpoint at an address that has none, or that has one, among others?

use debug_tables::{BreakpointTable, Flags};
use rcu_core::read_lock;

use super::guarded::{Alone, Change, InMutex, InRwLock, Look, Swapped};
use super::list::{List, Point};
use super::lookup::{Each, Lookup, hits, misses};
use super::{Job, Subject, entrants, job};

pub const MISS: Job = job("bp-miss", |_| {
    entrants(&[
        Subject { name: "debug-tables", variant: "one section", with: misses::<BreakpointTable> },
        Subject { name: "debug-tables", variant: "a section each", with: misses::<Each<BreakpointTable>> },
        Subject { name: "list", variant: "alone", with: misses::<Alone<List<Point>>> },
        Subject { name: "list", variant: "mutex each", with: misses::<InMutex<List<Point>>> },
        Subject { name: "list", variant: "rwlock each", with: misses::<InRwLock<List<Point>>> },
        Subject { name: "list", variant: "arc-swap each", with: misses::<Swapped<List<Point>>> },
    ])
});

pub const HIT: Job = job("bp-hit", |_| {
    entrants(&[
        Subject { name: "debug-tables", variant: "one section", with: hits::<BreakpointTable> },
        Subject { name: "debug-tables", variant: "a section each", with: hits::<Each<BreakpointTable>> },
        Subject { name: "list", variant: "alone", with: hits::<Alone<List<Point>>> },
        Subject { name: "list", variant: "mutex each", with: hits::<InMutex<List<Point>>> },
        Subject { name: "list", variant: "rwlock each", with: hits::<InRwLock<List<Point>>> },
        Subject { name: "list", variant: "arc-swap each", with: hits::<Swapped<List<Point>>> },
    ])
});

impl Lookup for BreakpointTable {
    fn with(pcs: &[u64]) -> Self {
        let table = Self::new();
        let inserted = table.update(|edit| pcs.iter().try_for_each(|&pc| edit.insert(pc, Flags::GDB)));
        inserted.expect("the flags are known");
        table
    }

    #[inline(never)]
    fn found(&self, pcs: &[u64]) -> usize {
        let section = read_lock();
        pcs.iter().filter(|&&pc| self.test(&section, pc, Flags::ANY)).count()
    }
}

impl Lookup for Each<BreakpointTable> {
    fn with(pcs: &[u64]) -> Self {
        Self(Lookup::with(pcs))
    }

    #[inline(never)]
    fn found(&self, pcs: &[u64]) -> usize {
        pcs.iter().filter(|&&pc| self.0.test(&read_lock(), pc, Flags::ANY)).count()
    }
}

impl Look for List<Point> {
    fn with(pcs: &[u64]) -> Self {
        let flags = Flags::GDB.bits();
        Self::new(pcs.iter().rev().map(|&pc| Point { pc, flags }).collect())
    }

    #[inline]
    fn look(&self, pc: u64) -> bool {
        self.test(pc, Flags::ANY.bits())
    }
}

impl Change for List<Point> {
    fn exchange(&mut self, new: u64, old: u64) {
        self.insert(Point { pc: new, flags: Flags::GDB.bits() });
        self.remove(old, Flags::GDB.bits());
    }
}
