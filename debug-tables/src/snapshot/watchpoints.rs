//! Queries on watchpoints.

use super::Snapshot;
use crate::entry::Parts;
use crate::flags::Flags;
use crate::hit::{Access, Hit};
use crate::watchpoint::Watchpoint;

/// The watchpoints of a table at one time.
///
/// ```
/// use debug_tables::{Access, Flags, WatchpointTable};
///
/// let table = WatchpointTable::new();
/// table.insert(0x1004, 4, Flags::GDB | Flags::MEM_WRITE)?;
/// let section = rcu_core::read_lock();
/// let watchpoints = table.read(&section);
/// assert_eq!(watchpoints.matches(0x1000, 4096), Flags::GDB | Flags::MEM_WRITE);
/// let hit = watchpoints.check(0x1000, 8, Access::Write, |_| true).unwrap();
/// assert_eq!(hit.hit_addr, 0x1004);
/// # Ok::<(), debug_tables::Error>(())
/// ```
pub type Watchpoints = Snapshot<Watchpoint>;

impl Snapshot<Watchpoint> {
    /// The flags of all watchpoints that overlap `len` addresses from `addr`, together: an access, or a page.
    ///
    /// A length of 0 overlaps nothing. A length that runs past the end of the address space is cut off there.
    #[inline]
    pub fn matches(&self, addr: u64, len: u64) -> Flags {
        self.overlapping(addr, len).fold(Flags::empty(), |flags, watchpoint| flags | watchpoint.flags())
    }

    /// The hit of an access: the first watchpoint in table order that overlaps it and stops at its kind.
    ///
    /// Of a watchpoint that belongs to the CPU, `arch` is asked whether its architecture sees a hit; if not, the search goes
    /// on. Lengths are as for [`matches`](Self::matches).
    ///
    /// Costs two compares where no watchpoint is near, and a walk over the entries between the lowest and the highest.
    #[inline]
    pub fn check(
        &self,
        addr: u64,
        len: u64,
        access: Access,
        arch: impl FnMut(&Watchpoint) -> bool,
    ) -> Option<Hit> {
        // A length of 0 overlaps nothing, whatever this makes of it.
        let last = addr.saturating_add(len.wrapping_sub(1));
        if self.bounds.may_overlap(addr, last) { self.search_hit(addr, len, access, arch) } else { None }
    }

    /// Cold, and so no part of a loop that looks at each access.
    #[cold]
    fn search_hit(
        &self,
        addr: u64,
        len: u64,
        access: Access,
        mut arch: impl FnMut(&Watchpoint) -> bool,
    ) -> Option<Hit> {
        self.overlapping(addr, len)
            .filter(|watchpoint| watchpoint.flags().intersects(access.flags()))
            .find(|watchpoint| !watchpoint.flags().contains(Flags::CPU) || arch(watchpoint))
            .map(|&watchpoint| Hit::new(watchpoint, addr, access))
    }

    fn overlapping(&self, addr: u64, len: u64) -> impl Iterator<Item = &Watchpoint> {
        let last = len.checked_sub(1).map(|reach| addr.saturating_add(reach));
        self.iter().filter(move |watchpoint| last.is_some_and(|last| watchpoint.overlaps(addr, last)))
    }
}
