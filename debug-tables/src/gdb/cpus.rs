//! `Cpus`: whose tables a debugger changes.

use std::sync::Arc;

use crate::breakpoint::Breakpoint;
use crate::error::Error;
use crate::set::{CpuTables, TableSet};
use crate::table::{Edit, Scope};
use crate::watchpoint::Watchpoint;

/// The CPUs that a debugger speaks of: all of a [`TableSet`], the one of [`CpuTables`], or a choice of one's own.
///
/// A choice that does not change is best made by a second set: sets may share tables.
pub trait Cpus {
    /// What names a CPU.
    type Key: Clone + PartialEq;

    /// The domain of the tables.
    type Scope: Scope;

    /// The tables of a CPU, if it is one of these.
    fn tables(&self, cpu: &Self::Key) -> Option<CpuTables<Self::Scope>>;

    /// Changes the breakpoints of all of them, or, if `f` fails for one, of none.
    ///
    /// # Errors
    /// What `f` returns.
    fn update_breakpoints(
        &self,
        f: impl FnMut(&mut Edit<'_, Breakpoint>) -> Result<(), Error>,
    ) -> Result<(), Error>;

    /// Changes the watchpoints of all of them, or, if `f` fails for one, of none.
    ///
    /// # Errors
    /// What `f` returns.
    fn update_watchpoints(
        &self,
        f: impl FnMut(&mut Edit<'_, Watchpoint>) -> Result<(), Error>,
    ) -> Result<(), Error>;
}

impl<K: Ord + Clone, S: Scope> Cpus for TableSet<K, S> {
    type Key = K;
    type Scope = S;

    fn tables(&self, cpu: &K) -> Option<CpuTables<S>> {
        self.get(cpu)
    }

    fn update_breakpoints(
        &self,
        mut f: impl FnMut(&mut Edit<'_, Breakpoint>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.update_breakpoints(|_, edit| f(edit))
    }

    fn update_watchpoints(
        &self,
        mut f: impl FnMut(&mut Edit<'_, Watchpoint>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.update_watchpoints(|_, edit| f(edit))
    }
}

/// One CPU, which needs no name.
impl<S: Scope> Cpus for CpuTables<S> {
    type Key = ();
    type Scope = S;

    fn tables(&self, (): &()) -> Option<Self> {
        Some(self.clone())
    }

    fn update_breakpoints(
        &self,
        f: impl FnMut(&mut Edit<'_, Breakpoint>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.breakpoints.update(f)
    }

    fn update_watchpoints(
        &self,
        f: impl FnMut(&mut Edit<'_, Watchpoint>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.watchpoints.update(f)
    }
}

/// Cpus behind a pointer are the same ones.
macro_rules! forward {
    ($pointer:ty) => {
        impl<C: Cpus> Cpus for $pointer {
            type Key = C::Key;
            type Scope = C::Scope;

            fn tables(&self, cpu: &C::Key) -> Option<CpuTables<C::Scope>> {
                (**self).tables(cpu)
            }

            fn update_breakpoints(
                &self,
                f: impl FnMut(&mut Edit<'_, Breakpoint>) -> Result<(), Error>,
            ) -> Result<(), Error> {
                C::update_breakpoints(self, f)
            }

            fn update_watchpoints(
                &self,
                f: impl FnMut(&mut Edit<'_, Watchpoint>) -> Result<(), Error>,
            ) -> Result<(), Error> {
                C::update_watchpoints(self, f)
            }
        }
    };
}

forward!(&C);
forward!(Arc<C>);
