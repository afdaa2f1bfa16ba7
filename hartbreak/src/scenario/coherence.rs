//! Publication before invalidation: a block that was translated while a breakpoint was being inserted does not survive it.
//!
//! A hart runs blocks without a look at its table once it has found no breakpoint in them. The insertion here is drawn
//! out: between its two halves, publication and invalidation, the debugger waits until the hart has passed the place
//! again. In the right order the hart at most goes on with the old block for that long, and finds the new breakpoint once
//! the block is invalidated. In the wrong order it translates the block anew, from the old table, after the invalidation
//! that was meant for it: the block survives, and the breakpoint is never met.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use debug_tables::Flags;

use super::debugger::{Debugger, FULL_ROUNDS};
use super::watchdog::LONGEST_WAIT;
use crate::Failure;
use crate::machine::{Action, Control};
use crate::options::Sabotage;

/// Inserts a breakpoint in two halves, and expects the hart to stop at it.
pub fn invalidation(debugger: &mut Debugger) -> Result<(), Failure> {
    const CHECK: &str = "invalidation";
    let (target, symbols) = (debugger.target(), debugger.machine.symbols);
    let pc = u64::from(symbols.tock);
    debugger.on_hit(Action::Stop);
    debugger.rounds_pass(CHECK, [target], FULL_ROUNDS)?;

    let hart = debugger.hart(target);
    let (blocks, breakpoints) = (Arc::clone(&hart.blocks), Arc::clone(&hart.tables.breakpoints));
    let control = Arc::clone(&hart.control);
    let instructions = per_rounds(debugger, target);
    let passes_again = move || runs_on(&control, instructions);
    let mut inserted = Ok(());
    let insert = || inserted = breakpoints.insert(pc, Flags::GDB);
    let watched = debugger
        .watchdog
        .watch(format!("the debugger waits for hart {target} in the middle of an insertion"));
    debugger.ledger.enter(&debugger.machine);
    if debugger.sabotage == Some(Sabotage::InvalidateFirst) {
        blocks.invalidate_then_publish(symbols.tock, passes_again, insert);
    } else {
        blocks.publish_then_invalidate(passes_again, insert);
    }
    debugger.ledger.leave(&debugger.machine);
    drop(watched);
    Failure::unless_equal(CHECK, "the insertion", Ok(()), inserted)?;

    debugger.stop_at(CHECK, target, "tock, inserted in two halves,", symbols.tock)?;
    debugger.update(CHECK, |machine| {
        machine.harts()[target as usize].tables.breakpoints.remove(pc, Flags::GDB)
    })?;
    debugger.resume(target);
    debugger.rounds_pass(CHECK, debugger.started(), FULL_ROUNDS)?;
    debugger
        .report(CHECK, &format!("hart {target} ran between the halves of an insertion, then stopped at it"))
}

/// Instructions in which the hart does [`FULL_ROUNDS`], generously.
fn per_rounds(debugger: &Debugger, hart: u32) -> u64 {
    let rounds = u64::from(debugger.machine.rounds(hart).max(1));
    debugger.hart(hart).control.retired() / rounds * u64::from(2 * FULL_ROUNDS)
}

/// Waits until the hart has retired so many instructions, or has stopped: it may have met the breakpoint already.
fn runs_on(control: &Control, instructions: u64) {
    let (from, start) = (control.retired(), Instant::now());
    let running = || control.state() == crate::machine::State::Running;
    while control.retired() < from + instructions && running() && start.elapsed() < LONGEST_WAIT {
        thread::sleep(Duration::from_micros(100));
    }
}
