//! Does a watchpoint stop at an access where there is none, among others? Accesses write 8 bytes; of the watchpoints, also of
//! 8 bytes, a third is for reads, a third for writes, a third for both.

use debug_tables::{Access, Flags, WatchpointTable};
use rcu_core::read_lock;

use super::guarded::{Alone, InMutex, InRwLock, Look, Swapped};
use super::list::{Item, List};
use super::lookup::{Each, Lookup, misses};
use super::{Job, Subject, entrants, job};

pub const MISS: Job = job("wp-miss", |_| {
    entrants(&[
        Subject { name: "debug-tables", variant: "one section", with: misses::<WatchpointTable> },
        Subject { name: "debug-tables", variant: "a section each", with: misses::<Each<WatchpointTable>> },
        Subject { name: "list", variant: "alone", with: misses::<Alone<List<Item>>> },
        Subject { name: "list", variant: "mutex each", with: misses::<InMutex<List<Item>>> },
        Subject { name: "list", variant: "rwlock each", with: misses::<InRwLock<List<Item>>> },
        Subject { name: "list", variant: "arc-swap each", with: misses::<Swapped<List<Item>>> },
    ])
});

const LEN: u64 = 8;

/// The flags of the watchpoints, in turn.
fn flags() -> impl Iterator<Item = Flags> {
    [Flags::MEM_WRITE, Flags::MEM_READ, Flags::MEM_ACCESS].map(|kind| Flags::GDB | kind).into_iter().cycle()
}

impl Lookup for WatchpointTable {
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

impl Lookup for Each<WatchpointTable> {
    fn with(addrs: &[u64]) -> Self {
        Self(Lookup::with(addrs))
    }

    #[inline(never)]
    fn found(&self, addrs: &[u64]) -> usize {
        let stops = |&&addr: &&u64| self.0.check(&read_lock(), addr, LEN, Access::Write, |_| true).is_some();
        addrs.iter().filter(stops).count()
    }
}

impl Look for List<Item> {
    fn with(addrs: &[u64]) -> Self {
        let item =
            |(&first, flags): (&u64, Flags)| Item { first, last: first + (LEN - 1), flags: flags.bits() };
        let mut items: Vec<_> = addrs.iter().zip(flags()).map(item).collect();
        items.reverse();
        Self::new(items)
    }

    #[inline]
    fn look(&self, addr: u64) -> bool {
        self.stops(addr, LEN, Flags::MEM_WRITE.bits())
    }
}
