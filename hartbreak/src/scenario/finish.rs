//! The last steps: what the ledger says, and whether the guest computed what it should, debugged as it was.

use debug_tables::Flags;

use super::debugger::Debugger;
use crate::Failure;
use crate::guest::{self, SLOT};
use crate::machine::State;

/// At least 90% of all updates were applied while all harts ran.
pub fn updates_while_running(debugger: &mut Debugger) -> Result<(), Failure> {
    const CHECK: &str = "updates while running";
    let (applied, while_running) = (debugger.ledger.applied(), debugger.ledger.while_running());
    if while_running * 10 < applied * 9 {
        let seen = format!("{while_running} of {applied}");
        return Err(Failure::new(CHECK, "90% of the updates while all harts ran", seen));
    }
    let share = while_running as f64 / applied as f64 * 100.0;
    let inside = debugger.ledger.inside().map_or_else(
        || "one processor, so no hart was asked to run inside an update".to_owned(),
        |inside| format!("inside {inside} a hart was seen to run"),
    );
    debugger.report(CHECK, &format!("{while_running} of {applied} updates, {share:.1}%; {inside}"))
}

/// The harts stop at the guest's own flag; its counters agree, and each checksum is what the host computes.
pub fn self_check(debugger: &mut Debugger) -> Result<(), Failure> {
    const CHECK: &str = "self-check";
    let symbols = debugger.machine.symbols;
    debugger.machine.set_word(symbols.stop_flag, 1);
    for hart in debugger.started() {
        let exited =
            debugger.wait_for(
                CHECK,
                &format!("hart {hart} ends at the stop flag"),
                |machine| match machine.harts()[hart as usize].control.state() {
                    State::Exited(checksum) => Some(checksum),
                    _ => None,
                },
            )?;
        let rounds = debugger.machine.rounds(hart);
        let stored = debugger.machine.word(symbols.checksums + hart * SLOT);
        let what = format!("checksum of hart {hart} after {rounds} rounds, in a0 and in memory");
        let expected = guest::checksum(hart, rounds);
        Failure::unless_equal(CHECK, &what, (expected, expected), (exited, stored))?;
    }
    let sum = debugger.started().fold(0_u32, |sum, hart| sum.wrapping_add(debugger.machine.rounds(hart)));
    let counters = [symbols.amo_counter, symbols.sc_counter, symbols.shared_counter];
    let seen = counters.map(|addr| debugger.machine.word(addr));
    Failure::unless_equal(CHECK, "amo_counter, sc_counter, shared_counter", [sum; 3], seen)?;
    let watched = debugger.watchdog.watch("the debugger waits to clear the tables");
    let left = debugger.machine.tables.clear(Flags::all());
    drop(watched);
    Failure::unless_equal(CHECK, "entries left in the tables", 0, left)?;
    debugger.report(CHECK, &format!("{sum} rounds, all three counters agree, and so do all checksums"))
}
