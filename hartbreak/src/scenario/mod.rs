//! The self-checking scenario: a debugger at work on harts that run.
//!
//! [`run`] goes through its steps in order; each changes tables through the `debugger`, waits for what must follow,
//! and fails if something else does. Waits are for what harts do (a stop, so many rounds of the guest), never for an
//! amount of time, so a slow machine is no reason to fail. A hang is one: the polls have a deadline, and a `watchdog` looks
//! after the calls that can block: grace periods, changes of tables, and the end of the harts' threads.

mod watchdog;
mod ledger;
mod progress;
mod debugger;
mod park;
mod stops;
mod watch;
mod inherit;
mod trigger;
mod removal;
mod coherence;
mod storm;
mod finish;

use std::fmt;
use std::time::{Duration, Instant};

use crate::Failure;
use crate::machine::Machine;
use crate::options::{Options, Sabotage};
use debugger::Debugger;

/// What a scenario that passed came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    /// How many harts ran.
    pub harts: u32,
    /// How many updates were applied while all harts that were not stopped at a hit retired instructions; the module
    /// `ledger` tells how that is found out.
    pub updates_while_running: u64,
    /// How many hits all harts reported.
    pub hits: u64,
    /// How many of them came after a removal and a grace period.
    pub after_removal: u64,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { harts, updates_while_running, hits, after_removal } = self;
        write!(
            f,
            "PASS: {harts} harts, {updates_while_running} updates while running, {hits} hits, {after_removal} after removal"
        )
    }
}

/// How often the storm is made, and for how long, before it counts that harts did not run during updates. A host that is busy
/// elsewhere may not let any hart run beside the debugger for a while, which is not the debugger's doing; if it were, it would
/// be so each time.
const STORMS: u32 = 4;
const PATIENCE: Duration = Duration::from_secs(10);

/// Runs the scenario on a machine on which no hart was started, with at least two harts.
///
/// # Errors
/// The first check that failed.
pub fn run(machine: Machine, options: &Options, sabotage: Option<Sabotage>) -> Result<Summary, Failure> {
    let mut debugger = Debugger::new(machine, options.harts, sabotage);
    stops::boot(&mut debugger)?;
    stops::one_hart(&mut debugger)?;
    stops::all_harts(&mut debugger)?;
    watch::watchpoints(&mut debugger)?;
    inherit::late_hart(&mut debugger)?;
    trigger::own_trigger(&mut debugger)?;
    let after_removal = removal::removal(&mut debugger)?;
    removal::grace_period(&mut debugger)?;
    coherence::invalidation(&mut debugger)?;
    let begun = Instant::now();
    for storm in 1.. {
        storm::storm(&mut debugger, options.duration)?;
        match finish::updates_while_running(&mut debugger) {
            Err(_) if storm < STORMS || begun.elapsed() < PATIENCE => debugger.ledger.start_over(),
            result => {
                result?;
                break;
            }
        }
    }
    finish::self_check(&mut debugger)?;
    Ok(Summary {
        harts: options.harts,
        updates_while_running: debugger.ledger.while_running(),
        hits: debugger.hits(),
        after_removal,
    })
}
