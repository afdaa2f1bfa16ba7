//! Does a watchpoint stop at an access where there is none, among others? Accesses write 8 bytes; of the watchpoints, also of
//! 8 bytes, a third is for reads, a third for writes, a third for both. All looks of a turn are in one section.

use debug_tables::{Access, Flags, WatchpointTable};
use rcu_core::read_lock;

use super::list::{Item, List};
use super::measure::{Effort, Work, medians, timed};
use super::random::Random;
use super::report::Row;
use super::{ENTRIES, PROBES, Subject};

pub const NAME: &str = "wp-miss";

const LEN: u64 = 8;

/// Who has watchpoints, and is asked about other addresses.
pub trait WpMiss {
    /// With watchpoints of the debugger at these addresses.
    fn with(addrs: &[u64]) -> Self
    where
        Self: Sized;

    /// At how many of these a watchpoint stops a write: at none.
    fn found(&self, addrs: &[u64]) -> usize;
}

/// The flags of the watchpoints, in turn.
fn flags() -> impl Iterator<Item = Flags> {
    [Flags::MEM_WRITE, Flags::MEM_READ, Flags::MEM_ACCESS].map(|kind| Flags::GDB | kind).into_iter().cycle()
}

impl WpMiss for WatchpointTable {
    fn with(addrs: &[u64]) -> Self {
        let table = Self::new();
        let inserted = table.update(|edit| {
            addrs.iter().zip(flags()).try_for_each(|(&addr, flags)| edit.insert(addr, LEN, flags))
        });
        inserted.expect("the ranges are possible");
        table
    }

    #[inline(never)]
    fn found(&self, addrs: &[u64]) -> usize {
        let section = read_lock();
        let stops = |&&addr: &&u64| self.check(&section, addr, LEN, Access::Write, |_| true).is_some();
        addrs.iter().filter(stops).count()
    }
}

impl WpMiss for List<Item> {
    fn with(addrs: &[u64]) -> Self {
        let item =
            |(&first, flags): (&u64, Flags)| Item { first, last: first + (LEN - 1), flags: flags.bits() };
        let mut items: Vec<_> = addrs.iter().zip(flags()).map(item).collect();
        items.reverse();
        Self::new(items)
    }

    #[inline(never)]
    fn found(&self, addrs: &[u64]) -> usize {
        addrs.iter().filter(|&&addr| self.stops(addr, LEN, Flags::MEM_WRITE.bits())).count()
    }
}

const SUBJECTS: [Subject<dyn WpMiss>; 2] = [
    Subject { name: "debug-tables", with: |addrs| Box::new(WatchpointTable::with(addrs)) },
    Subject { name: "linear-list", with: |addrs| Box::new(List::<Item>::with(addrs)) },
];

pub fn run(effort: Effort) -> Vec<Row> {
    let rows = ENTRIES.iter().flat_map(|&entries| {
        let mut random = Random::new();
        let addrs = random.addresses(entries);
        let probes = random.others(PROBES, &addrs);
        let work = SUBJECTS.map(|Subject { with, .. }| -> Work<'_> {
            let subject = with(&addrs);
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
