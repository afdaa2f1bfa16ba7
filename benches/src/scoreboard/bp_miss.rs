//! Is there a breakpoint at an address that has none, among others? All looks of a turn are in one section.

use debug_tables::{BreakpointTable, Flags};
use rcu_core::read_lock;

use super::list::{List, Point};
use super::measure::{Effort, Work, medians, timed};
use super::random::Random;
use super::report::Row;
use super::{ENTRIES, PROBES, Subject};

pub const NAME: &str = "bp-miss";

/// Who has breakpoints, and is asked about others.
pub trait BpMiss {
    /// With breakpoints of the debugger at these addresses.
    fn with(pcs: &[u64]) -> Self
    where
        Self: Sized;

    /// At how many of these there is a breakpoint: at none.
    fn found(&self, pcs: &[u64]) -> usize;
}

impl BpMiss for BreakpointTable {
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

impl BpMiss for List<Point> {
    fn with(pcs: &[u64]) -> Self {
        let flags = Flags::GDB.bits();
        Self::new(pcs.iter().rev().map(|&pc| Point { pc, flags }).collect())
    }

    #[inline(never)]
    fn found(&self, pcs: &[u64]) -> usize {
        pcs.iter().filter(|&&pc| self.test(pc, Flags::ANY.bits())).count()
    }
}

const SUBJECTS: [Subject<dyn BpMiss>; 2] = [
    Subject { name: "debug-tables", with: |pcs| Box::new(BreakpointTable::with(pcs)) },
    Subject { name: "linear-list", with: |pcs| Box::new(List::<Point>::with(pcs)) },
];

pub fn run(effort: Effort) -> Vec<Row> {
    let rows = ENTRIES.iter().flat_map(|&entries| {
        let mut random = Random::new();
        let pcs = random.addresses(entries);
        let probes = random.others(PROBES, &pcs);
        let work = SUBJECTS.map(|Subject { with, .. }| -> Work<'_> {
            let subject = with(&pcs);
            assert_eq!(subject.found(&probes), 0);
            let probes = &probes;
            Box::new(move || timed(PROBES, || subject.found(probes)))
        });
        let figures = medians(effort, work.into());
        SUBJECTS.iter().zip(figures).map(move |(subject, value)| Row {
            job: NAME,
            subject: subject.name,
            variant: entries,
            threads: 1,
            value,
            unit: "ns/op",
        })
    });
    rows.collect()
}
