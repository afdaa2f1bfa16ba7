//! The face of a table of breakpoints.

use rcu_core::{Global, Scope, Section};

use super::{Edit, Table};
use crate::breakpoint::Breakpoint;
use crate::entry::{Parts, Ref};
use crate::error::Error;
use crate::flags::Flags;

/// The breakpoints of one virtual CPU.
///
/// ```
/// use debug_tables::{BreakpointTable, Flags};
///
/// let table = BreakpointTable::new();
/// table.insert(0x1000, Flags::GDB)?;
/// assert!(table.test(&rcu_core::read_lock(), 0x1000, Flags::ANY));
/// table.remove(0x1000, Flags::GDB)?;
/// assert!(!table.test(&rcu_core::read_lock(), 0x1000, Flags::ANY));
/// # Ok::<(), debug_tables::Error>(())
/// ```
pub type BreakpointTable<S = Global> = Table<Breakpoint, S>;

impl<S: Scope> Table<Breakpoint, S> {
    /// Whether there is a breakpoint at `pc` with any of the flags of `mask`. Called from RCU critical section. While the
    /// table is empty: one load, one compare.
    ///
    /// # Panics
    /// As [`read`](Self::read).
    #[inline]
    pub fn test(&self, section: &impl Section<S>, pc: u64, mask: Flags) -> bool {
        self.published.load(section).is_some_and(|breakpoints| breakpoints.test(pc, mask))
    }

    /// Inserts a breakpoint: the debugger's before all others, any other after them. Two may be equal.
    ///
    /// # Errors
    /// [`Error::UnknownFlags`].
    pub fn insert(&self, pc: u64, flags: Flags) -> Result<(), Error> {
        self.update(|edit| edit.insert(pc, flags))
    }

    /// Changes the breakpoint that has this reference, or inserts one. A changed one keeps its place, unless it became, or
    /// ceased to be, the debugger's: then it goes where a new one goes.
    ///
    /// # Errors
    /// [`Error::UnknownFlags`].
    pub fn insert_with_ref(&self, pc: u64, flags: Flags, reference: Ref) -> Result<(), Error> {
        self.update(|edit| edit.insert_with_ref(pc, flags, reference))
    }

    /// Removes the first breakpoint with exactly this address and flags.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is none; [`Error::UnknownFlags`].
    pub fn remove(&self, pc: u64, flags: Flags) -> Result<(), Error> {
        self.update(|edit| edit.remove(pc, flags))
    }
}

impl Edit<'_, Breakpoint> {
    /// See [`BreakpointTable::insert`](Table::insert).
    ///
    /// # Errors
    /// The same.
    pub fn insert(&mut self, pc: u64, flags: Flags) -> Result<(), Error> {
        self.put(Breakpoint::new(pc, flags)?);
        Ok(())
    }

    /// See [`BreakpointTable::insert_with_ref`](Table::insert_with_ref).
    ///
    /// # Errors
    /// The same.
    pub fn insert_with_ref(&mut self, pc: u64, flags: Flags, reference: Ref) -> Result<(), Error> {
        self.put(Breakpoint::new(pc, flags)?.with_reference(Some(reference)));
        Ok(())
    }

    /// See [`BreakpointTable::remove`](Table::remove).
    ///
    /// # Errors
    /// The same.
    pub fn remove(&mut self, pc: u64, flags: Flags) -> Result<(), Error> {
        self.remove_first(Breakpoint::new(pc, flags)?)
    }
}
