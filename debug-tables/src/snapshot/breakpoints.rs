//! Queries on breakpoints.

use super::{Entry, Snapshot};
use crate::breakpoint::Breakpoint;
use crate::flags::Flags;

impl Entry for Breakpoint {
    const EMPTY: &'static Snapshot<Self> = &Snapshot::new();
}

/// The breakpoints of a table at one time.
///
/// ```
/// use debug_tables::{BreakpointTable, Flags};
///
/// let table = BreakpointTable::new();
/// table.insert(0x1000, Flags::CPU)?;
/// let section = rcu_core::read_lock();
/// let breakpoints = table.read(&section);
/// assert!(breakpoints.test(0x1000, Flags::ANY));
/// assert!(breakpoints.any_in(0x1000..=0x1fff));
/// assert_eq!(breakpoints.first_match(0x1000, Flags::GDB), None);
/// # Ok::<(), debug_tables::Error>(())
/// ```
pub type Breakpoints = Snapshot<Breakpoint>;

impl Snapshot<Breakpoint> {
    /// Whether there is a breakpoint at `pc` with any of the flags of `mask`.
    ///
    /// Costs a multiplication and a look at a filter where there is none, however many there are elsewhere; a binary search
    /// where there is one, for about one address in a hundred where there is none, and for a while where one was removed: such
    /// addresses are never more than a sixteenth of those that have one.
    #[inline]
    pub fn test(&self, pc: u64, mask: Flags) -> bool {
        self.index.may_have(pc) && self.search_at(pc, mask)
    }

    /// The first breakpoint at `pc` with any of the flags of `mask`, in table order.
    ///
    /// Costs as much as [`test`](Self::test) if there is none, and if there is one a walk up to it.
    #[inline]
    pub fn first_match(&self, pc: u64, mask: Flags) -> Option<&Breakpoint> {
        if self.index.may_have(pc) { self.find_first(pc, mask) } else { None }
    }

    /// Cold, and so no part of a loop that looks at each instruction.
    #[cold]
    fn search_at(&self, pc: u64, mask: Flags) -> bool {
        self.index.flags(pc).intersects(mask)
    }

    #[cold]
    fn find_first(&self, pc: u64, mask: Flags) -> Option<&Breakpoint> {
        if !self.search_at(pc, mask) {
            return None;
        }
        self.iter().find(|breakpoint| breakpoint.pc() == pc && breakpoint.flags().intersects(mask))
    }
}
