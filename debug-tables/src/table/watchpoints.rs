//! The face of a table of watchpoints.

use rcu_core::{Global, Scope, Section};

use super::{Edit, Table};
use crate::entry::{Parts, Ref};
use crate::error::Error;
use crate::flags::Flags;
use crate::hit::{Access, Hit};
use crate::watchpoint::Watchpoint;

/// The watchpoints of one virtual CPU.
///
/// ```
/// use debug_tables::{Access, Flags, WatchpointTable};
///
/// let table = WatchpointTable::new();
/// table.insert(0x1000, 8, Flags::GDB | Flags::MEM_WRITE)?;
/// let hit = |access| table.check(&rcu_core::read_lock(), 0x1004, 4, access, |_| true);
/// assert_eq!(hit(Access::Read), None);
/// assert_eq!(hit(Access::Write).unwrap().hit_addr, 0x1004);
/// # Ok::<(), debug_tables::Error>(())
/// ```
pub type WatchpointTable<S = Global> = Table<Watchpoint, S>;

impl<S: Scope> Table<Watchpoint, S> {
    /// The flags of all watchpoints that overlap `len` addresses from `addr`, together. Called from RCU critical section.
    /// While the table is empty: one load, one compare. See [`Watchpoints::matches`](crate::Snapshot::matches).
    ///
    /// # Panics
    /// As [`read`](Self::read).
    #[inline]
    pub fn matches(&self, section: &impl Section<S>, addr: u64, len: u64) -> Flags {
        self.published.load(section).map_or(Flags::empty(), |watchpoints| watchpoints.matches(addr, len))
    }

    /// The hit of an access. Called from RCU critical section. While the table is empty: one load, one compare. See
    /// [`Watchpoints::check`](crate::Snapshot::check).
    ///
    /// # Panics
    /// As [`read`](Self::read).
    #[inline]
    pub fn check(
        &self,
        section: &impl Section<S>,
        addr: u64,
        len: u64,
        access: Access,
        arch: impl FnMut(&Watchpoint) -> bool,
    ) -> Option<Hit> {
        self.published.load(section)?.check(addr, len, access, arch)
    }

    /// Inserts a watchpoint: the debugger's before all others, any other after them. Two may be equal. Hit bits in `flags`
    /// are dropped.
    ///
    /// # Errors
    /// [`Error::EmptyRange`] if `len` is 0; [`Error::RangeOverflow`] if the range runs past the end of the address space (it
    /// may end there); [`Error::UnknownFlags`].
    pub fn insert(&self, addr: u64, len: u64, flags: Flags) -> Result<(), Error> {
        self.update(|edit| edit.insert(addr, len, flags))
    }

    /// Changes the watchpoint that has this reference, or inserts one. A changed one keeps its place, unless it became, or
    /// ceased to be, the debugger's: then it goes where a new one goes.
    ///
    /// # Errors
    /// As [`insert`](Self::insert).
    pub fn insert_with_ref(&self, addr: u64, len: u64, flags: Flags, reference: Ref) -> Result<(), Error> {
        self.update(|edit| edit.insert_with_ref(addr, len, flags, reference))
    }

    /// Removes the first watchpoint with exactly this range and flags. Hit bits in `flags` are not compared.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is none; [`Error::UnknownFlags`].
    pub fn remove(&self, addr: u64, len: u64, flags: Flags) -> Result<(), Error> {
        self.update(|edit| edit.remove(addr, len, flags))
    }
}

impl Edit<'_, Watchpoint> {
    /// See [`WatchpointTable::insert`](Table::insert).
    ///
    /// # Errors
    /// The same.
    pub fn insert(&mut self, addr: u64, len: u64, flags: Flags) -> Result<(), Error> {
        self.put(Watchpoint::new(addr, len, flags)?);
        Ok(())
    }

    /// See [`WatchpointTable::insert_with_ref`](Table::insert_with_ref).
    ///
    /// # Errors
    /// The same.
    pub fn insert_with_ref(
        &mut self,
        addr: u64,
        len: u64,
        flags: Flags,
        reference: Ref,
    ) -> Result<(), Error> {
        self.put(Watchpoint::new(addr, len, flags)?.with_reference(Some(reference)));
        Ok(())
    }

    /// See [`WatchpointTable::remove`](Table::remove).
    ///
    /// # Errors
    /// The same.
    pub fn remove(&mut self, addr: u64, len: u64, flags: Flags) -> Result<(), Error> {
        self.remove_first(Watchpoint::wanted(addr, len, flags)?)
    }
}
