//! Removal while the harts run: once `synchronize` has returned, what was removed is not hit any more.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Acquire, Ordering::Release};
use std::thread;
use std::time::{Duration, Instant};

use debug_tables::Flags;

use super::debugger::{Debugger, FULL_ROUNDS};
use crate::Failure;
use crate::machine::Action;
use crate::options::Sabotage;

/// How often the removal is repeated.
const TRIALS: u32 = 20;

/// How long a hart stays inside its section after it was asked to leave.
const STAY: Duration = Duration::from_millis(20);

/// How long the hart stays for want of a kick. Shorter than the watchdog's patience, so that this check fails, not that.
const NO_KICK: Duration = Duration::from_secs(5);

/// All harts hit a breakpoint in every round, and count. It is removed, the debugger synchronizes, and from then on the
/// count must stand, while the harts pass the place again and again. Returns the number of hits that came after.
pub fn removal(debugger: &mut Debugger) -> Result<u64, Failure> {
    const CHECK: &str = "removal";
    let pc = u64::from(debugger.machine.symbols.tick);
    debugger.on_hit(Action::Count);
    let (before, mut after_removal) = (debugger.hits(), 0);
    for _ in 0..TRIALS {
        let hits: Vec<u64> = debugger.machine.harts().iter().map(|hart| hart.control.hits()).collect();
        debugger.update(CHECK, |machine| machine.tables.insert_all(pc, Flags::GDB))?;
        debugger.wait_for(CHECK, "every hart meets the breakpoint three times", |machine| {
            let mut harts = machine.harts().iter().zip(&hits);
            harts.all(|(hart, before)| hart.control.hits() >= before + 3).then_some(())
        })?;
        if debugger.sabotage != Some(Sabotage::NoRemove) {
            debugger.update(CHECK, |machine| machine.tables.remove_all(pc, Flags::GDB))?;
        }
        debugger.synchronize();
        let removed = debugger.hits();
        debugger.rounds_pass(CHECK, debugger.started(), FULL_ROUNDS)?;
        after_removal += debugger.hits() - removed;
        if after_removal > 0 {
            let expected = "no hit after the removal and a grace period";
            return Err(Failure::new(
                CHECK,
                expected,
                format!("{after_removal} hits in {FULL_ROUNDS} rounds"),
            ));
        }
    }
    let hits = debugger.hits() - before;
    debugger
        .report(CHECK, &format!("{TRIALS} times while all ran: {hits} hits before, 0 after synchronize"))?;
    Ok(after_removal)
}

/// The same, with the one interleaving in which nothing but the grace period can keep the guarantee: a hart has found
/// the breakpoint in the table, inside its section, and stays there while the debugger removes it. The hart leaves only
/// once the grace period that the debugger waits for has kicked it or, as no debugger should, the debugger has gone on
/// without.
pub fn grace_period(debugger: &mut Debugger) -> Result<(), Failure> {
    const CHECK: &str = "grace period";
    let (target, pc) = (debugger.target(), u64::from(debugger.machine.symbols.tick));
    let control = Arc::clone(&debugger.hart(target).control);
    control.hold();
    debugger.update(CHECK, |machine| {
        machine.harts()[target as usize].tables.breakpoints.insert(pc, Flags::GDB)
    })?;
    debugger.wait_for(CHECK, "the hart finds the breakpoint", |_| control.is_held().then_some(()))?;
    debugger.update(CHECK, |machine| {
        machine.harts()[target as usize].tables.breakpoints.remove(pc, Flags::GDB)
    })?;

    let kicks = control.kicks();
    let (waits, gone_on) = (AtomicBool::new(false), AtomicBool::new(false));
    let (still_inside, hits) = thread::scope(|scope| {
        scope.spawn(|| {
            // Acquire [hold]: pairs with the stores below. Bounded: the debugger does one or the other, or the watchdog
            // ends the process.
            while !waits.load(Acquire) && !gone_on.load(Acquire) {
                thread::sleep(Duration::from_micros(100));
            }
            let waited_for = Instant::now();
            while control.kicks() == kicks && !gone_on.load(Acquire) && waited_for.elapsed() < NO_KICK {
                thread::sleep(Duration::from_micros(100));
            }
            if !gone_on.load(Acquire) {
                thread::sleep(STAY);
            }
            control.release();
        });
        if debugger.sabotage != Some(Sabotage::SkipGracePeriod) {
            // Release [hold]: pairs with the loads above.
            waits.store(true, Release);
            debugger.synchronize();
        }
        let seen = (control.is_held(), control.hits());
        // Release [hold]: pairs with the loads above.
        gone_on.store(true, Release);
        seen
    });
    debugger.rounds_pass(CHECK, [target], FULL_ROUNDS)?;
    let after = control.hits() - hits;
    if still_inside || after > 0 {
        let expected =
            "no hart inside a section that began before the removal, and no hit, once synchronize returned";
        let place = if still_inside { "inside" } else { "not inside" };
        return Err(Failure::new(CHECK, expected, format!("hart {target} {place}, and {after} hits")));
    }
    let kicks = control.kicks() - kicks;
    if kicks == 0 {
        let seen = format!("none in {NO_KICK:?}, though synchronize waited for it");
        return Err(Failure::new(CHECK, format!("a kick of hart {target}"), seen));
    }
    debugger.report(
        CHECK,
        &format!("hart {target} stayed inside past a removal: synchronize waited, {kicks} kicks"),
    )
}
