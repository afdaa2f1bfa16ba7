//! Queries on watchpoints.

use super::{Entry, Snapshot};
use crate::entry::Parts;
use crate::flags::Flags;
use crate::hit::{Access, Hit};
use crate::index::Index;
use crate::watchpoint::Watchpoint;

impl Entry for Watchpoint {
    const EMPTY: &'static Snapshot<Self> = &Snapshot::new();
}

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
    ///
    /// Costs as [`check`](Self::check), of both kinds of access, where nothing overlaps; a walk over the entries where
    /// something does.
    #[inline]
    pub fn matches(&self, addr: u64, len: u64) -> Flags {
        if self.bounds.may_overlap(addr, last(addr, len)) {
            self.all_flags(addr, len)
        } else {
            Flags::empty()
        }
    }

    /// The hit of an access: the first watchpoint in table order that overlaps it and stops at its kind.
    ///
    /// Of a watchpoint that belongs to the CPU, `arch` is asked whether its architecture sees a hit; if not, the search goes
    /// on. Lengths are as for [`matches`](Self::matches).
    ///
    /// Where no watchpoint for this kind of access is near, costs two compares; where one is nearby, a look at a filter for
    /// each 64 bytes that the access touches, however many there are elsewhere; a binary search for about one such access in
    /// a hundred, for all within 64 bytes of a watchpoint or, for a while, of one that was removed, for those that touch more than two times 64, and for all of this
    /// kind while a watchpoint for it is longer than 4 KiB. An overlap costs a walk over the entries.
    #[inline]
    pub fn check(
        &self,
        addr: u64,
        len: u64,
        access: Access,
        arch: impl FnMut(&Watchpoint) -> bool,
    ) -> Option<Hit> {
        if self.index.may_stop(addr, last(addr, len), access.flags()) {
            self.search_hit(addr, len, access, arch)
        } else {
            None
        }
    }

    /// Two filters are too much to compile into every look.
    #[inline(never)]
    fn all_flags(&self, addr: u64, len: u64) -> Flags {
        let last = last(addr, len);
        if !(self.index.may_overlap(addr, last) && self.index.any_in(addr, last)) {
            return Flags::empty();
        }
        self.overlapping(addr, len).fold(Flags::empty(), |flags, watchpoint| flags | watchpoint.flags())
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
        if !self.index.stops(addr, last(addr, len), access.flags()) {
            return None;
        }
        self.overlapping(addr, len)
            .filter(|watchpoint| watchpoint.flags().intersects(access.flags()))
            .find(|watchpoint| !watchpoint.flags().contains(Flags::CPU) || arch(watchpoint))
            .map(|&watchpoint| Hit::new(watchpoint, addr, access))
    }

    fn overlapping(&self, addr: u64, len: u64) -> impl Iterator<Item = &Watchpoint> {
        let last = last(addr, len);
        self.iter().filter(move |watchpoint| len > 0 && watchpoint.overlaps(addr, last))
    }
}

/// The last of `len` addresses. Of none, some address: they overlap nothing whatever comes of it.
#[inline(always)]
fn last(addr: u64, len: u64) -> u64 {
    addr.saturating_add(len.wrapping_sub(1))
}
