//! The first steps: the harts run; a breakpoint stops one of them, or all.

use debug_tables::Flags;

use super::debugger::{Debugger, FULL_ROUNDS};
use crate::Failure;
use crate::machine::State;

/// All harts but the late one run the guest.
pub fn boot(debugger: &mut Debugger) -> Result<(), Failure> {
    const CHECK: &str = "boot";
    let watched = debugger.watchdog.watch("the debugger waits to start the harts");
    for _ in 0..debugger.harts - 1 {
        let joined = debugger.machine.start(|set, id, tables| set.join(id, tables));
        joined.map_err(|error| Failure::new(CHECK, "a thread for each hart", error.to_string()))?;
    }
    drop(watched);
    debugger.rounds_pass(CHECK, debugger.started(), FULL_ROUNDS)?;
    let console = debugger.machine.console();
    debugger
        .report(CHECK, &format!("{} harts run; console: {}", debugger.started().len(), console.trim_end()))
}

/// A breakpoint in one hart's table stops that hart only.
pub fn one_hart(debugger: &mut Debugger) -> Result<(), Failure> {
    const CHECK: &str = "one hart";
    let (target, tick) = (debugger.target(), debugger.machine.symbols.tick);
    let pc = u64::from(tick);
    debugger.update(CHECK, |machine| {
        machine.harts()[target as usize].tables.breakpoints.insert(pc, Flags::GDB)
    })?;
    let hit = debugger.stop_at(CHECK, target, "tick", tick)?;
    Failure::unless_equal(CHECK, "the breakpoint's flags", Flags::GDB, hit.flags())?;

    let others: Vec<u32> = debugger.started().filter(|&hart| hart != target).collect();
    debugger.rounds_pass(CHECK, others.iter().copied(), FULL_ROUNDS)?;
    let hits = others.iter().map(|&hart| debugger.hart(hart).control.hits()).sum();
    Failure::unless_equal(CHECK, "hits of the other harts", 0, hits)?;

    debugger.update(CHECK, |machine| {
        machine.harts()[target as usize].tables.breakpoints.remove(pc, Flags::GDB)
    })?;
    debugger.resume(target);
    debugger.rounds_pass(CHECK, [target], FULL_ROUNDS)?;
    Failure::unless_equal(CHECK, "hits of the hart", 1, debugger.hart(target).control.hits())?;
    let others = match others.len() {
        0 => "there is no other yet".to_owned(),
        1 => "the other ran on".to_owned(),
        others => format!("the {others} others ran on"),
    };
    debugger.report(CHECK, &format!("hart {target} stopped at tick, {others}"))
}

/// A breakpoint in all tables stops all harts.
pub fn all_harts(debugger: &mut Debugger) -> Result<(), Failure> {
    const CHECK: &str = "all harts";
    let tock = debugger.machine.symbols.tock;
    debugger.update(CHECK, |machine| machine.tables.insert_all(tock.into(), Flags::GDB))?;
    for hart in debugger.started() {
        debugger.stop_at(CHECK, hart, "tock", tock)?;
    }
    debugger.update(CHECK, |machine| machine.tables.remove_all(tock.into(), Flags::GDB))?;
    for hart in debugger.started() {
        debugger.resume(hart);
    }
    debugger.rounds_pass(CHECK, debugger.started(), FULL_ROUNDS)?;
    let running = debugger.machine.harts().iter().all(|hart| hart.control.state() == State::Running);
    if !running {
        return Err(Failure::new(CHECK, "all harts run after the removal", debugger.describe()));
    }
    debugger.report(CHECK, &format!("{} harts stopped at tock, and ran on", debugger.started().len()))
}
