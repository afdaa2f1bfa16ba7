//! The progress lines: one for each step, with what it showed and the rates since the line before.

use std::time::{Duration, Instant};

use crate::machine::Machine;
use crate::output;

/// Prints progress lines.
#[derive(Debug)]
pub struct Progress {
    start: Instant,
    last: Sample,
}

#[derive(Clone, Copy, Debug)]
struct Sample {
    at: Instant,
    retired: u64,
    updates: u64,
    reclaimed: u64,
}

impl Progress {
    /// Starts the clock.
    pub fn new() -> Self {
        let start = Instant::now();
        Self { start, last: Sample { at: start, retired: 0, updates: 0, reclaimed: reclaimed() } }
    }

    /// Prints the line of a step; `updates` is the number of updates so far, `latency` that of a grace period just now.
    pub fn line(&mut self, machine: &Machine, updates: u64, latency: Duration, step: &str, text: &str) {
        let retired = machine.harts().iter().map(|hart| hart.control.retired()).sum();
        let now = Sample { at: Instant::now(), retired, updates, reclaimed: reclaimed() };
        let seconds = (now.at - self.last.at).as_secs_f64().max(1e-6);
        let mips = (now.retired - self.last.retired) as f64 / seconds / 1e6 / machine.harts().len() as f64;
        output::line(format_args!(
            "{:6.2} s  {step:<14} {text}\n          {:14} {mips:.0} MIPS per hart, {:.0} table updates/s, {} snapshots reclaimed, \
             grace period {latency:.1?}",
            (now.at - self.start).as_secs_f64(),
            "",
            (now.updates - self.last.updates) as f64 / seconds,
            now.reclaimed - self.last.reclaimed,
        ));
        self.last = now;
    }
}

/// Callbacks that have run: replaced snapshots are the only ones in this process.
fn reclaimed() -> u64 {
    rcu_core::stats().callbacks_run
}
