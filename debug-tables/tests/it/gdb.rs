//! A debugger's requests, and the stops that it is told of.

mod requests;
mod stops;
#[cfg(feature = "gdbstub")]
mod stub;

use std::sync::Arc;

use debug_tables::gdb::{Debugger, Report, Request, Stops, WatchKind};
use debug_tables::{Access, CpuTables, Flags, TableSet};
use rcu_core::read_lock;

const PC: u64 = 0x1000;
const SOFTWARE: Request = Request::Software { pc: PC };
const HARDWARE: Request = Request::Hardware { pc: PC };

const fn watch(addr: u64, len: u64, kind: WatchKind) -> Request {
    Request::Watch { addr, len, kind }
}

/// CPUs 0 and 1, and a debugger of both.
struct Machine {
    set: Arc<TableSet<u32>>,
    tables: Vec<CpuTables>,
    debugger: Debugger<Arc<TableSet<u32>>>,
    stops: Stops<u32>,
}

impl Machine {
    fn new() -> Self {
        let set = Arc::new(TableSet::new());
        let tables = Vec::from_iter((0..2).map(|_| CpuTables::new()));
        for (cpu, tables) in (0..).zip(&tables) {
            set.join(cpu, tables.clone());
        }
        Self { debugger: Debugger::new(Arc::clone(&set)), set, tables, stops: Stops::new() }
    }

    /// Has a CPU come by `pc`.
    fn execute(&self, cpu: u32, pc: u64) {
        let section = read_lock();
        if let Some(&met) = self.tables[cpu as usize].breakpoints.read(&section).first_match(pc, Flags::ANY) {
            self.stops.push(cpu, met);
        }
    }

    /// Has a CPU access four bytes.
    fn access(&self, cpu: u32, addr: u64, access: Access) {
        let section = read_lock();
        let watchpoints = &self.tables[cpu as usize].watchpoints;
        if let Some(hit) = watchpoints.check(&section, addr, 4, access, |_| true) {
            self.stops.push(cpu, hit);
        }
    }

    /// The next stop, and who goes on for want of one.
    fn next(&self) -> (Option<Report<u32>>, Vec<u32>) {
        let mut go_on = vec![];
        let report = self.debugger.next_stop(&self.stops, &read_lock(), |cpu| go_on.push(cpu));
        (report, go_on)
    }

    /// The next stop: whose, and what was asked for.
    fn reported(&self) -> Option<(u32, Request)> {
        self.next().0.map(|report| (report.cpu, report.request))
    }
}
