//! `TableSet`: the tables of all CPUs, for what a debugger tells all of them.
//!
//! Lock order: the set's lock, then update locks by the address of their table; by address, and not by key, because two sets
//! may share tables. Every lock is released before a hook runs or a snapshot is handed to `call`, so a hook may use the set.
//!
//! Invariant: a table is a member once, or a broadcast would wait for itself.

mod broadcast;
mod cpu;

pub use cpu::CpuTables;

use std::collections::BTreeMap;
use std::fmt;

use crate::error::Error;
use crate::flags::Flags;
use crate::table::{Global, Mutex, MutexGuard, Scope, assert_not_editing, lock};

/// The tables of all CPUs, by key.
///
/// A broadcast changes the tables of all members or, if one of them refuses, of none: each is validated before any is
/// published. A CPU may see the change before another does. Broadcasts, joins and leaves happen one after another, so a
/// broadcast reaches a member that inherits from another exactly once: by inheritance or by itself. Tables can be updated on
/// their own at any time.
///
/// Every call panics inside the closure of an update, where it would wait for its own thread.
///
/// ```
/// use debug_tables::{CpuTables, Flags, TableSet};
///
/// static CPUS: TableSet<u32> = TableSet::new();
///
/// CPUS.join(0, CpuTables::new());
/// CPUS.insert_all(0x1000, Flags::GDB)?;
/// // The guest starts a thread.
/// let tables = CpuTables::new();
/// CPUS.join_inheriting(1, tables.clone(), &0, Flags::GDB)?;
/// assert!(tables.breakpoints.test(&rcu_core::read_lock(), 0x1000, Flags::ANY));
/// # Ok::<(), debug_tables::Error>(())
/// ```
pub struct TableSet<K: Ord + Clone, S: Scope = Global> {
    /// The set's lock, and who the members are. Readers of a table have no use for it.
    members: Mutex<BTreeMap<K, CpuTables<S>>>,
}

impl<K: Ord + Clone, S: Scope> TableSet<K, S> {
    const_fn! {
        /// A set without members.
        pub fn new() -> Self {
            Self { members: Mutex::new(BTreeMap::new()) }
        }
    }

    /// Makes the tables a member, as they are.
    ///
    /// # Panics
    /// If the key, or one of the tables, is a member already.
    pub fn join(&self, key: K, tables: CpuTables<S>) {
        add(&mut self.lock("TableSet::join"), key, tables);
    }

    /// Makes the tables a member that has [inherited](crate::Table::inherit) from another: one step against broadcasts. Returns how
    /// many entries were inherited.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the parent is not a member; then nothing has happened.
    ///
    /// # Panics
    /// As [`join`](Self::join).
    pub fn join_inheriting(
        &self,
        key: K,
        tables: CpuTables<S>,
        parent: &K,
        mask: Flags,
    ) -> Result<usize, Error> {
        let mut members = self.lock("TableSet::join_inheriting");
        let parent = members.get(parent).cloned().ok_or(Error::NotFound)?;
        add(&mut members, key, tables.clone());
        let (breakpoints, published_breakpoints) =
            tables.breakpoints.publish_inherited(&parent.breakpoints, mask);
        let (watchpoints, published_watchpoints) =
            tables.watchpoints.publish_inherited(&parent.watchpoints, mask);
        // Step [inherit-under-set-lock]: a broadcast that comes between joining and inheriting reaches the child
        // twice.
        drop(members);
        let finish: [Box<dyn FnOnce()>; 2] = [
            Box::new(|| tables.breakpoints.finish(published_breakpoints)),
            Box::new(|| tables.watchpoints.finish(published_watchpoints)),
        ];
        broadcast::finish_all(finish.into_iter());
        Ok(breakpoints + watchpoints)
    }

    /// Ends a membership, and returns the tables, as they are.
    pub fn leave(&self, key: &K) -> Option<CpuTables<S>> {
        self.lock("TableSet::leave").remove(key)
    }

    /// The tables of a member.
    pub fn get(&self, key: &K) -> Option<CpuTables<S>> {
        self.lock("TableSet::get").get(key).cloned()
    }

    /// The keys of the members now, in their order.
    pub fn keys(&self) -> Vec<K> {
        self.lock("TableSet::keys").keys().cloned().collect()
    }

    /// The set's lock, for `call`.
    fn lock(&self, call: &str) -> MutexGuard<'_, BTreeMap<K, CpuTables<S>>> {
        assert_not_editing(call);
        lock(&self.members)
    }
}

fn add<K: Ord, S: Scope>(members: &mut BTreeMap<K, CpuTables<S>>, key: K, tables: CpuTables<S>) {
    assert!(!members.contains_key(&key), "join: the key is a member of the set already");
    let shared = members.values().any(|member| member.shares_with(&tables));
    assert!(!shared, "join: the tables are a member of the set already");
    members.insert(key, tables);
}

impl<K: Ord + Clone, S: Scope> Default for TableSet<K, S> {
    fn default() -> Self {
        Self::new()
    }
}

/// Shows no members: that would take the lock.
impl<K: Ord + Clone, S: Scope> fmt::Debug for TableSet<K, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TableSet").finish_non_exhaustive()
    }
}
