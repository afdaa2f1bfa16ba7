//! The guest sets a trigger of its own, in its own hart's table, while the debugger's breakpoints are in front.

use debug_tables::Flags;

use super::debugger::{Debugger, FULL_ROUNDS};
use crate::Failure;

const CHECK: &str = "own trigger";

/// What the guest finds in its word of `use_trigger`.
const SET: u32 = 1;
const CLEAR: u32 = 2;

/// The guest sets its trigger on `tock`, where the debugger has a breakpoint, and clears it in the end.
pub fn own_trigger(debugger: &mut Debugger) -> Result<(), Failure> {
    let (target, symbols) = (debugger.target(), debugger.machine.symbols);
    let (tick, tock) = (u64::from(symbols.tick), u64::from(symbols.tock));
    let word = symbols.use_trigger + 4 * target;

    insert(debugger, tock)?;
    stop(debugger, "tock", symbols.tock, Flags::GDB)?;
    debugger.machine.set_word(word, SET);
    debugger.resume(target);
    // The guest sets its trigger early in its round, before it comes to tock again.
    stop(debugger, "tock", symbols.tock, Flags::GDB)?;
    Failure::unless_equal(CHECK, "the guest's word", 0, debugger.machine.word(word))?;
    expect(debugger, &[(tock, Flags::GDB), (tock, Flags::CPU)])?;

    // Inserted later than the trigger, and in front of it all the same.
    insert(debugger, tick)?;
    expect(debugger, &[(tick, Flags::GDB), (tock, Flags::GDB), (tock, Flags::CPU)])?;
    debugger.resume(target);
    stop(debugger, "tick", symbols.tick, Flags::GDB)?;
    debugger.resume(target);
    stop(debugger, "tock", symbols.tock, Flags::GDB)?;

    for pc in [tick, tock] {
        remove(debugger, pc)?;
    }
    debugger.resume(target);
    stop(debugger, "tock", symbols.tock, Flags::CPU)?;
    debugger.machine.set_word(word, CLEAR);
    debugger.resume(target);
    let hits = debugger.hart(target).control.hits();
    debugger.rounds_pass(CHECK, debugger.started(), FULL_ROUNDS)?;
    expect(debugger, &[])?;
    Failure::unless_equal(CHECK, "hits until it was cleared", hits, debugger.hart(target).control.hits())?;
    debugger.report(
        CHECK,
        &format!("hart {target} set its own on tock: the debugger's came first, then the guest's"),
    )
}

fn insert(debugger: &mut Debugger, pc: u64) -> Result<(), Failure> {
    let target = debugger.target() as usize;
    debugger.update(CHECK, |machine| machine.harts()[target].tables.breakpoints.insert(pc, Flags::GDB))
}

fn remove(debugger: &mut Debugger, pc: u64) -> Result<(), Failure> {
    let target = debugger.target() as usize;
    debugger.update(CHECK, |machine| machine.harts()[target].tables.breakpoints.remove(pc, Flags::GDB))
}

fn stop(debugger: &mut Debugger, name: &str, pc: u32, flags: Flags) -> Result<(), Failure> {
    let hit = debugger.stop_at(CHECK, debugger.target(), name, pc)?;
    Failure::unless_equal(CHECK, &format!("owner of the breakpoint at {name}"), flags, hit.flags())
}

/// The entries of the hart's table, in order.
fn expect(debugger: &Debugger, entries: &[(u64, Flags)]) -> Result<(), Failure> {
    let seen: Vec<_> =
        debugger.breakpoints(debugger.target()).iter().map(|entry| (entry.pc(), entry.flags())).collect();
    Failure::unless_equal(CHECK, "the hart's table, in order", entries, &seen)
}
