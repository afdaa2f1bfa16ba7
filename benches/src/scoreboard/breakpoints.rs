//! Is there a breakpoint at an address that has none, or that has one, among others?

use debug_tables::{BreakpointTable, Flags};
use rcu_core::read_lock;

use super::Job;
use super::list::{List, Point};
use super::lookup::{Lookup, hits, misses};
use super::tables::{Subject, entrants, job};

pub const MISS: Job = job("bp-miss", || {
    entrants(&[
        Subject { name: "debug-tables", with: misses::<BreakpointTable> },
        Subject { name: "linear-list", with: misses::<List<Point>> },
    ])
});

pub const HIT: Job = job("bp-hit", || {
    entrants(&[
        Subject { name: "debug-tables", with: hits::<BreakpointTable> },
        Subject { name: "linear-list", with: hits::<List<Point>> },
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

impl Lookup for List<Point> {
    fn with(pcs: &[u64]) -> Self {
        let flags = Flags::GDB.bits();
        Self::new(pcs.iter().rev().map(|&pc| Point { pc, flags }).collect())
    }

    #[inline(never)]
    fn found(&self, pcs: &[u64]) -> usize {
        pcs.iter().filter(|&&pc| self.test(pc, Flags::ANY.bits())).count()
    }
}
