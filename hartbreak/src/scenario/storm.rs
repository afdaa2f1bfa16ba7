//! Ten thousand updates a second, while all harts run.
//!
//! The debugger does what is due by the clock, then sleeps for a millisecond. If the host was busy elsewhere it has more
//! to do when it comes back, so the rate holds on a loaded host as long as the updates themselves are cheap enough; and
//! the clock is read again after the last of them.

use std::thread;
use std::time::{Duration, Instant};

use debug_tables::{Error, Flags};

use super::debugger::{Debugger, FULL_ROUNDS};
use super::park::{park, unpark};
use crate::Failure;
use crate::machine::{Action, HartThread, State, Symbols};
use crate::ram::BASE;

const CHECK: &str = "update rate";

/// Updates per second that are required, and that are aimed at.
const REQUIRED: f64 = 10_000.0;
const AIM: f64 = 12_000.0;

const TURN: Duration = Duration::from_millis(1);

/// What comes and goes, by turns.
const KINDS: u64 = 4;

/// Inserts and removes breakpoints and watchpoints in all tables for as long as it is told.
pub fn storm(debugger: &mut Debugger, duration: Duration) -> Result<(), Failure> {
    debugger.on_hit(Action::Count);
    // The ledger asks nothing of harts that are stopped.
    all_run(debugger)?;
    let harts = u64::from(debugger.harts);
    let cycle = 2 * KINDS * harts;
    let (hits, counted) = (debugger.hits(), debugger.ledger.while_running());
    let start = Instant::now();
    let mut done = 0;
    loop {
        park(debugger, CHECK)?;
        let elapsed = start.elapsed();
        let due = (elapsed.as_secs_f64() * AIM) as u64;
        let last = elapsed >= duration;
        // To the end of a cycle, in which all that came has gone.
        let due = if last { due.next_multiple_of(cycle) } else { due };
        while done < due {
            let (hart, kind, removal) = (done % harts, done / harts / 2 % KINDS, done / harts % 2 == 1);
            debugger.update(CHECK, |machine| {
                change(&machine.harts()[hart as usize], &machine.symbols, kind, removal)
            })?;
            done += 1;
        }
        if last {
            break;
        }
        unpark(debugger, CHECK)?;
        thread::sleep(TURN);
    }
    let rate = done as f64 / start.elapsed().as_secs_f64();
    unpark(debugger, CHECK)?;
    if rate < REQUIRED {
        return Err(Failure::new(CHECK, format!("{REQUIRED} updates a second"), format!("{rate:.0}")));
    }
    debugger.rounds_pass(CHECK, debugger.started(), FULL_ROUNDS)?;
    all_run(debugger)?;
    let (hits, counted) = (debugger.hits() - hits, debugger.ledger.while_running() - counted);
    let text =
        format!("{done} updates, {rate:.0} a second, {counted} of them while all harts ran, {hits} hits");
    debugger.report(CHECK, &text)
}

fn all_run(debugger: &Debugger) -> Result<(), Failure> {
    if debugger.machine.harts().iter().all(|hart| hart.control.state() == State::Running) {
        return Ok(());
    }
    Err(Failure::new(CHECK, "all harts run, none is stopped", debugger.describe()))
}

fn change(hart: &HartThread, symbols: &Symbols, kind: u64, removal: bool) -> Result<(), Error> {
    let breakpoints = &hart.tables.breakpoints;
    let watchpoints = &hart.tables.watchpoints;
    let met = u64::from(symbols.tick);
    let (unmet, counter) = (u64::from(symbols.rare), u64::from(symbols.amo_counter));
    match (kind, removal) {
        (0, false) => breakpoints.insert(unmet, Flags::GDB),
        (0, true) => breakpoints.remove(unmet, Flags::GDB),
        (1, false) => breakpoints.insert(met, Flags::GDB),
        (1, true) => breakpoints.remove(met, Flags::GDB),
        (2, false) => watchpoints.insert(counter, 4, Flags::GDB | Flags::MEM_ACCESS),
        (2, true) => watchpoints.remove(counter, 4, Flags::GDB | Flags::MEM_ACCESS),
        // The guest's code, which nobody writes.
        (_, false) => watchpoints.insert(BASE.into(), 64, Flags::GDB | Flags::MEM_WRITE),
        (_, true) => watchpoints.remove(BASE.into(), 64, Flags::GDB | Flags::MEM_WRITE),
    }
}
