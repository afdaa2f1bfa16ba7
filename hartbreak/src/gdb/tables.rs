//! The tables of all harts, as a client changes them: with a count of the changes, and of those that were made while a hart ran.
//!
//! A change counts as made while a hart ran if some hart was running right before and right after it: only the server, which is
//! at the change, lets a hart go on that has stopped. Beside that it is counted whether such a hart was seen to retire
//! instructions between the two looks. That is a lower bound: harts note their counters at the end of a block, and the host may
//! run something else.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use debug_tables::gdb::Cpus;
use debug_tables::{Breakpoint, CpuTables, Edit, Error, Watchpoint};

use crate::machine::{HartThread, Machine, State};

/// The tables of all harts of a machine.
#[derive(Debug)]
pub struct Tables {
    machine: Arc<Machine>,
    changes: AtomicU64,
    while_running: AtomicU64,
    seen_to_run: AtomicU64,
}

impl Tables {
    /// Counts from zero.
    pub fn new(machine: Arc<Machine>) -> Self {
        let [changes, while_running, seen_to_run] = [0; 3].map(AtomicU64::new);
        Self { machine, changes, while_running, seen_to_run }
    }

    /// How many changes there were, how many of them were made while a hart ran, and during how many of these one was seen to
    /// retire instructions.
    pub fn changes(&self) -> [u64; 3] {
        // Relaxed, here and below: statistics.
        [&self.changes, &self.while_running, &self.seen_to_run].map(|count| count.load(Relaxed))
    }

    /// Makes a change, and counts it.
    pub fn change<R>(&self, change: impl FnOnce(&Machine) -> R) -> R {
        let running = |hart: &&HartThread| hart.control.state() == State::Running;
        let running: Vec<_> = self.machine.harts().iter().filter(running).collect();
        let retired: Vec<_> = running.iter().map(|hart| hart.control.retired()).collect();
        let result = change(&self.machine);
        let mut still =
            running.iter().zip(retired).filter(|(hart, _)| hart.control.state() == State::Running);
        let seen = still.clone().any(|(hart, before)| hart.control.retired() > before);
        let ran = still.next().is_some();
        self.changes.fetch_add(1, Relaxed);
        self.while_running.fetch_add(u64::from(ran), Relaxed);
        self.seen_to_run.fetch_add(u64::from(seen), Relaxed);
        result
    }
}

impl Cpus for Tables {
    type Key = u32;
    type Scope = rcu_core::Global;

    fn tables(&self, hart: &u32) -> Option<CpuTables> {
        self.machine.tables.get(hart)
    }

    fn update_breakpoints(
        &self,
        mut f: impl FnMut(&mut Edit<'_, Breakpoint>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.change(|machine| machine.tables.update_breakpoints(|_, edit| f(edit)))
    }

    fn update_watchpoints(
        &self,
        mut f: impl FnMut(&mut Edit<'_, Watchpoint>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.change(|machine| machine.tables.update_watchpoints(|_, edit| f(edit)))
    }
}
