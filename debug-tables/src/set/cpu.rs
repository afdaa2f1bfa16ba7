//! `CpuTables`: what one CPU brings to a set.

use std::sync::Arc;

use crate::table::{BreakpointTable, Global, Scope, Table, WatchpointTable};

/// The tables of one virtual CPU. A clone shares them.
#[derive(Clone, Debug)]
pub struct CpuTables<S: Scope = Global> {
    /// Its breakpoints.
    pub breakpoints: Arc<BreakpointTable<S>>,
    /// Its watchpoints.
    pub watchpoints: Arc<WatchpointTable<S>>,
}

impl CpuTables {
    /// Empty tables of the default domain, without hooks.
    pub fn new() -> Self {
        Self::new_in(&Global)
    }
}

impl<S: Scope> CpuTables<S> {
    /// Empty tables of the domain, without hooks.
    pub fn new_in(scope: &S) -> Self {
        Self { breakpoints: Arc::new(Table::new_in(scope)), watchpoints: Arc::new(Table::new_in(scope)) }
    }

    pub(super) fn shares_with(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.breakpoints, &other.breakpoints)
            || Arc::ptr_eq(&self.watchpoints, &other.watchpoints)
    }
}

impl Default for CpuTables {
    fn default() -> Self {
        Self::new()
    }
}
