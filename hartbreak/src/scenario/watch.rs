//! Watchpoints for reads, writes and both: the exact kind, address and value of each hit.

use debug_tables::{Access::Read, Access::Write, Flags};

use super::debugger::{Debugger, FULL_ROUNDS};
use crate::Failure;
use crate::cpu::{Access, AccessKind};
use crate::guest::SLOT;
use crate::machine::{Cause, Hit};
use crate::options::Sabotage;

const CHECK: &str = "watchpoints";

/// A read, a write, an atomic access, and a read and a write in turn.
pub fn watchpoints(debugger: &mut Debugger) -> Result<(), Failure> {
    let symbols = debugger.machine.symbols;
    let target = debugger.target();
    let counter = symbols.counters + target * SLOT;

    // Watchpoints for the other kind, which must not be hit: the guest only reads the one word and only writes the other.
    let silent = [(symbols.read_only_word, Flags::MEM_WRITE), (counter, Flags::MEM_READ)];
    for (addr, kind) in silent {
        watch(debugger, addr, kind)?;
    }
    debugger.rounds_pass(CHECK, [target], FULL_ROUNDS)?;
    let hits = debugger.hart(target).control.hits();

    watch(debugger, symbols.read_only_word, Flags::MEM_READ)?;
    let read_only = debugger.machine.word(symbols.read_only_word);
    let access = stop_of(debugger, "read_only_word", symbols.read_only_word, Read)?;
    expect(&access, AccessKind::Read, read_only, 0)?;
    unwatch(debugger, symbols.read_only_word, Flags::MEM_READ)?;

    let kind =
        if debugger.sabotage == Some(Sabotage::WrongKind) { Flags::MEM_READ } else { Flags::MEM_WRITE };
    watch(debugger, counter, kind)?;
    let before = debugger.machine.rounds(target);
    debugger.resume(target);
    let access = stop_of(debugger, "the hart's counter", counter, Write)?;
    expect(&access, AccessKind::Write, 0, before + 1)?;
    expect_in_memory(debugger, counter, &access)?;
    unwatch(debugger, counter, Flags::MEM_WRITE)?;

    watch(debugger, symbols.amo_counter, Flags::MEM_ACCESS)?;
    debugger.resume(target);
    // An AMO reads first.
    let access = stop_of(debugger, "amo_counter", symbols.amo_counter, Read)?;
    expect(&access, AccessKind::ReadWrite, access.read, access.read + 1)?;
    unwatch(debugger, symbols.amo_counter, Flags::MEM_ACCESS)?;

    watch(debugger, symbols.shared_counter, Flags::MEM_ACCESS)?;
    debugger.resume(target);
    // Under the guest's lock, so nobody else writes between the two.
    let read = stop_of(debugger, "shared_counter", symbols.shared_counter, Read)?;
    expect(&read, AccessKind::Read, debugger.machine.word(symbols.shared_counter), 0)?;
    debugger.resume(target);
    let written = stop_of(debugger, "shared_counter", symbols.shared_counter, Write)?;
    expect(&written, AccessKind::Write, 0, read.read + 1)?;
    expect_in_memory(debugger, symbols.shared_counter, &written)?;
    unwatch(debugger, symbols.shared_counter, Flags::MEM_ACCESS)?;

    for (addr, kind) in silent {
        unwatch(debugger, addr, kind)?;
    }
    debugger.resume(target);
    debugger.rounds_pass(CHECK, debugger.started(), FULL_ROUNDS)?;
    let more = debugger.hart(target).control.hits() - hits;
    Failure::unless_equal(CHECK, "hits of five watchpoints for the right kind", 5, more)?;
    Failure::unless_equal(CHECK, "hits before those", 2, hits)?;
    debugger.report(
        CHECK,
        &format!("hart {target}: read, write, atomic, read and write, each exact; 0 of other kinds"),
    )
}

fn watch(debugger: &mut Debugger, addr: u32, kind: Flags) -> Result<(), Failure> {
    let target = debugger.target() as usize;
    let flags = Flags::GDB | kind;
    debugger.update(CHECK, |machine| machine.harts()[target].tables.watchpoints.insert(addr.into(), 4, flags))
}

fn unwatch(debugger: &mut Debugger, addr: u32, kind: Flags) -> Result<(), Failure> {
    let target = debugger.target() as usize;
    let flags = Flags::GDB | kind;
    debugger.update(CHECK, |machine| machine.harts()[target].tables.watchpoints.remove(addr.into(), 4, flags))
}

/// Waits for a stop at a watchpoint, checks what the table says of it, and returns what the hart did.
fn stop_of(
    debugger: &mut Debugger,
    name: &str,
    addr: u32,
    access: debug_tables::Access,
) -> Result<Access, Failure> {
    let stop = debugger.stop_of(CHECK, debugger.target(), &format!("a {access:?} of {name}"))?;
    let Hit { cause: Cause::Watchpoint { hit, access: done }, .. } = stop else {
        return Err(Failure::new(CHECK, format!("a watchpoint hit at {name}"), stop.to_string()));
    };
    Failure::unless_equal(
        CHECK,
        &format!("hit of {name}"),
        (access, u64::from(addr)),
        (hit.access, hit.hit_addr),
    )?;
    Failure::unless_equal(CHECK, &format!("access of {name}"), (addr, 4), (done.addr, done.len))?;
    Ok(done)
}

fn expect(access: &Access, kind: AccessKind, read: u32, written: u32) -> Result<(), Failure> {
    let seen = (access.kind, access.read, access.written);
    Failure::unless_equal(CHECK, "kind, value read, value written", (kind, read, written), seen)
}

/// The hart is stopped behind its write, and nobody else writes there.
fn expect_in_memory(debugger: &Debugger, addr: u32, access: &Access) -> Result<(), Failure> {
    Failure::unless_equal(CHECK, "the value in memory", access.written, debugger.machine.word(addr))
}
