//! Broadcasts: lock all, change all, publish all; only then invalidate any.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;

use super::{CpuTables, TableSet};
use crate::breakpoint::Breakpoint;
use crate::error::Error;
use crate::flags::Flags;
use crate::snapshot::Entry;
use crate::table::{Edit, Editing, Scope, Table};
use crate::watchpoint::Watchpoint;

impl<K: Ord + Clone, S: Scope> TableSet<K, S> {
    /// Changes the breakpoints of all members, or of none: `f` is called for each, in the order of their keys, before any
    /// change is published.
    ///
    /// `f` runs under the locks of the set and of all its tables.
    ///
    /// # Errors
    /// The first that `f` returns; then nothing has changed anywhere.
    ///
    /// # Panics
    /// As [`Table::update`]. A panic of an invalidation hook leaves this call once all members have been invalidated.
    ///
    /// ```
    /// # use debug_tables::{CpuTables, Flags, TableSet};
    /// # let cpus = TableSet::new();
    /// # cpus.join(0, CpuTables::new());
    /// # cpus.insert_all(0x1000, Flags::GDB)?;
    /// cpus.update_breakpoints(|_, edit| {
    ///     edit.remove(0x1000, Flags::GDB)?;
    ///     edit.insert(0x2000, Flags::GDB)
    /// })?;
    /// # Ok::<(), debug_tables::Error>(())
    /// ```
    pub fn update_breakpoints(
        &self,
        f: impl FnMut(&K, &mut Edit<'_, Breakpoint>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.broadcast(|tables| &tables.breakpoints, f)
    }

    /// Changes the watchpoints of all members, or of none. See [`update_breakpoints`](Self::update_breakpoints).
    ///
    /// # Errors
    /// The first that `f` returns; then nothing has changed anywhere.
    pub fn update_watchpoints(
        &self,
        f: impl FnMut(&K, &mut Edit<'_, Watchpoint>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.broadcast(|tables| &tables.watchpoints, f)
    }

    /// Inserts a breakpoint for every member. See [`BreakpointTable::insert`](Table::insert).
    ///
    /// # Errors
    /// [`Error::UnknownFlags`]; then nothing has changed anywhere.
    pub fn insert_all(&self, pc: u64, flags: Flags) -> Result<(), Error> {
        let breakpoint = Breakpoint::new(pc, flags)?;
        self.update_breakpoints(|_, edit| {
            edit.put(breakpoint);
            Ok(())
        })
    }

    /// Removes a breakpoint from every member. See [`BreakpointTable::remove`](Table::remove).
    ///
    /// # Errors
    /// [`Error::NotFound`] if one member does not have it; [`Error::UnknownFlags`]. Then nothing has changed anywhere.
    pub fn remove_all(&self, pc: u64, flags: Flags) -> Result<(), Error> {
        let wanted = Breakpoint::new(pc, flags)?;
        self.update_breakpoints(|_, edit| edit.remove_first(wanted))
    }

    /// Inserts a watchpoint for every member. See [`WatchpointTable::insert`](Table::insert).
    ///
    /// # Errors
    /// [`Error::EmptyRange`], [`Error::RangeOverflow`], [`Error::UnknownFlags`]; then nothing has changed anywhere.
    pub fn watch_all(&self, addr: u64, len: u64, flags: Flags) -> Result<(), Error> {
        let watchpoint = Watchpoint::new(addr, len, flags)?;
        self.update_watchpoints(|_, edit| {
            edit.put(watchpoint);
            Ok(())
        })
    }

    /// Removes a watchpoint from every member. See [`WatchpointTable::remove`](Table::remove).
    ///
    /// # Errors
    /// [`Error::NotFound`] if one member does not have it; [`Error::UnknownFlags`]. Then nothing has changed anywhere.
    pub fn unwatch_all(&self, addr: u64, len: u64, flags: Flags) -> Result<(), Error> {
        let flags = flags.known()?;
        // A range that no watchpoint can have is what a member does not have, and not wrong in itself.
        self.update_watchpoints(|_, edit| edit.remove(addr, len, flags))
    }

    /// Removes every breakpoint and watchpoint with any of the flags of `mask` from every member, and returns how many there
    /// were: what a debugger does when it detaches.
    ///
    /// These are two broadcasts, of breakpoints and of watchpoints.
    pub fn clear(&self, mask: Flags) -> usize {
        let mut removed = 0;
        let breakpoints = self.update_breakpoints(|_, edit| {
            removed += edit.remove_all(mask);
            Ok(())
        });
        let watchpoints = self.update_watchpoints(|_, edit| {
            removed += edit.remove_all(mask);
            Ok(())
        });
        debug_assert!(breakpoints.and(watchpoints).is_ok(), "these edits refuse nothing");
        removed
    }

    fn broadcast<E: Entry>(
        &self,
        pick: impl Fn(&CpuTables<S>) -> &Arc<Table<E, S>>,
        mut f: impl FnMut(&K, &mut Edit<'_, E>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let members = self.lock("TableSet::update");
        let mut tables: Vec<(K, Arc<Table<E, S>>)> =
            members.iter().map(|(key, tables)| (key.clone(), Arc::clone(pick(tables)))).collect();
        // Step [lock-by-address]: two sets may share tables, under keys of different order.
        tables.sort_by_key(|(_, table)| Arc::as_ptr(table));
        let mut edits: Vec<_> =
            tables.iter().map(|(key, table)| (key, table, table.edit("TableSet::update"))).collect();
        edits.sort_by_key(|&(key, ..)| key);
        for (key, _, edit) in &mut edits {
            let _editing = Editing::begin();
            // On an error every edit is dropped, and with it taken back.
            f(key, edit)?;
        }
        let published: Vec<_> =
            edits.into_iter().map(|(_, table, edit)| (table, table.publish(edit))).collect();
        // Step [broadcast-under-set-lock]: a child that joins now would inherit what is about to change, and not be
        // told.
        drop(members);
        finish_all(published.into_iter().map(|(table, published)| || table.finish(published)));
        Ok(())
    }
}

/// Finishes every table of a broadcast, though a hook panics: what is published has to be invalidated. The first panic goes
/// on afterwards.
pub(super) fn finish_all(tables: impl Iterator<Item = impl FnOnce()>) {
    let mut panic = None;
    for finish in tables {
        if let Err(payload) = catch_unwind(AssertUnwindSafe(finish)) {
            panic.get_or_insert(payload);
        }
    }
    if let Some(payload) = panic {
        resume_unwind(payload);
    }
}
