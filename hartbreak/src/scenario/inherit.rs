//! A hart that is started late takes its parent's breakpoints with it, and hits them.

use debug_tables::Flags;

use super::debugger::{Debugger, FULL_ROUNDS};
use crate::Failure;
use crate::options::Sabotage;

/// Hart 0 is the parent. What is inherited is at `rare`, which the guest calls only when it is told to.
pub fn late_hart(debugger: &mut Debugger) -> Result<(), Failure> {
    const CHECK: &str = "inheritance";
    let (late, symbols) = (debugger.harts - 1, debugger.machine.symbols);
    let rare = u64::from(symbols.rare);
    // A breakpoint of the guest's own, where the guest never is: not for the child, by the mask.
    let own = u64::from(symbols.stop_flag);
    debugger.update(CHECK, |machine| machine.harts()[0].tables.breakpoints.insert(rare, Flags::GDB))?;
    debugger.update(CHECK, |machine| machine.harts()[0].tables.breakpoints.insert(own, Flags::CPU))?;

    let lost = debugger.sabotage == Some(Sabotage::LostInherit);
    let mut inherited = Ok(1);
    let watched = debugger.watchdog.watch(format!("the debugger waits to start hart {late}"));
    debugger.ledger.enter(&debugger.machine);
    let started = debugger.machine.start(|set, id, tables| {
        if lost {
            set.join(id, tables);
        } else {
            inherited = set.join_inheriting(id, tables, &0, Flags::GDB);
        }
    });
    debugger.ledger.leave(&debugger.machine);
    drop(watched);
    started.map_err(|error| Failure::new(CHECK, "a thread for the late hart", error.to_string()))?;
    Failure::unless_equal(CHECK, "entries inherited", Ok(1), inherited)?;
    debugger.rounds_pass(CHECK, [late], FULL_ROUNDS)?;

    debugger.machine.set_word(symbols.poke_rare, 1);
    for hart in [0, late] {
        let hit = debugger.stop_at(CHECK, hart, "rare", symbols.rare)?;
        Failure::unless_equal(CHECK, "the breakpoint's flags", Flags::GDB, hit.flags())?;
    }
    debugger.machine.set_word(symbols.poke_rare, 0);
    let table: Vec<_> = debugger.breakpoints(late).iter().map(|entry| (entry.pc(), entry.flags())).collect();
    Failure::unless_equal(CHECK, "the late hart's table", vec![(rare, Flags::GDB)], table)?;

    debugger.update(CHECK, |machine| machine.harts()[0].tables.breakpoints.remove(own, Flags::CPU))?;
    debugger.update(CHECK, |machine| {
        machine.tables.update_breakpoints(|&hart, edit| {
            // In the other tables it never was, and a broadcast changes all or none.
            if hart == 0 || hart == late { edit.remove(rare, Flags::GDB) } else { Ok(()) }
        })
    })?;
    for hart in [0, late] {
        debugger.resume(hart);
    }
    debugger.rounds_pass(CHECK, debugger.started(), FULL_ROUNDS)?;
    Failure::unless_equal(CHECK, "hits of the late hart", 1, debugger.hart(late).control.hits())?;
    debugger.report(CHECK, &format!("hart {late}, started late, stopped at rare, a breakpoint of hart 0's"))
}
