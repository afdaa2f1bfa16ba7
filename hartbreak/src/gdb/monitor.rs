//! What `monitor` says and does beside what GDB has packets for: statistics, and breakpoints of a single hart.

use std::collections::BTreeSet;
use std::fmt::Write;

use debug_tables::Flags;

use super::harts::Harts;
use super::hex;
use super::tables::Tables;
use crate::machine::State;

const HELP: &str = "\
stats         what each hart is doing and has done, and how many changes of tables there were
bp ADDR HART  inserts a breakpoint at the address for this hart alone; harts are numbered from 0
list          the breakpoints and watchpoints of each hart
clear         removes the breakpoints that were inserted by bp
";

/// Beside the client's own flag, what its breakpoints of single harts have, so that they are other entries than those of its
/// packets. It means nothing for a breakpoint.
const BY_HAND: Flags = Flags::GDB.union(Flags::STOP_BEFORE_ACCESS);

/// Most of them.
const MOST: usize = 1024;

/// The breakpoints of single harts: by hart, then address.
#[derive(Debug, Default)]
pub struct ByHand(BTreeSet<(u32, u32)>);

impl ByHand {
    /// Inserts one.
    fn insert(&mut self, tables: &Tables, hart: u32, pc: u32) -> Result<(), &'static str> {
        if self.0.len() >= MOST {
            return Err("too many breakpoints");
        }
        if self.0.contains(&(hart, pc)) {
            return Err("this breakpoint is there already");
        }
        let inserted = tables.change(|machine| {
            machine.harts()[hart as usize].tables.breakpoints.insert(u64::from(pc), BY_HAND)
        });
        inserted.map_err(|_| "the table has refused this breakpoint")?;
        self.0.insert((hart, pc));
        Ok(())
    }

    /// Removes all, and tells how many there were.
    pub fn clear(&mut self, tables: &Tables) -> usize {
        let all = std::mem::take(&mut self.0);
        for &(hart, pc) in &all {
            tables.change(|machine| {
                // Nobody else inserts or removes such entries.
                let _ = machine.harts()[hart as usize].tables.breakpoints.remove(u64::from(pc), BY_HAND);
            });
        }
        all.len()
    }
}

/// Does what a line says, and gives the answer: whole lines.
pub fn run(line: &[u8], harts: &mut Harts) -> String {
    let line = String::from_utf8_lossy(line);
    let words: Vec<&str> = line.split_whitespace().collect();
    match words[..] {
        ["stats"] => stats(harts),
        ["bp", addr, hart] => insert(harts, addr, hart).unwrap_or_else(|error| format!("bp: {error}\n")),
        ["list"] => list(harts),
        ["clear"] => format!("{} removed\n", harts.by_hand.clear(&harts.tables)),
        [] | ["help"] => HELP.to_owned(),
        _ => format!("no such command, or not so\n{HELP}"),
    }
}

fn insert(harts: &mut Harts, addr: &str, hart: &str) -> Result<String, &'static str> {
    let digits = addr.strip_prefix("0x").unwrap_or(addr);
    let pc = hex::number(digits.as_bytes()).and_then(|pc| u32::try_from(pc).ok());
    let pc = pc.ok_or("ADDR is an address in hexadecimal")?;
    let hart = hart.parse().ok().filter(|&hart| harts.is_alive(hart)).ok_or("there is no such hart")?;
    harts.by_hand.insert(&harts.tables, hart, pc)?;
    Ok(format!("breakpoint at {pc:#010x} for hart {hart}\n"))
}

/// What a hart has done, in short: shown with its thread.
pub fn extra_info(harts: &Harts, hart: u32) -> String {
    format!("{} instructions", harts.machine.harts()[hart as usize].control.retired())
}

fn stats(harts: &Harts) -> String {
    let mut text = String::new();
    for (hart, thread) in harts.machine.harts().iter().enumerate() {
        let (control, pace) = (&thread.control, thread.control.pace());
        let doing = match control.state() {
            State::Running => "running",
            State::Stopped(_) => "stopped",
            _ => "ended",
        };
        let _ = writeln!(
            text,
            "hart {hart}: {doing}, {} instructions, {} hits, {} stops told; {} instructions in {:.6} s of CPU time",
            control.retired(),
            control.hits(),
            harts.stops_told(hart as u32),
            pace.retired,
            pace.cpu.as_secs_f64()
        );
    }
    let [changes, while_running, seen] = harts.tables.changes();
    let _ = writeln!(
        text,
        "changes of tables: {changes}; while a hart ran: {while_running}; while one was seen to retire instructions: {seen}"
    );
    text
}

fn list(harts: &Harts) -> String {
    let mut text = String::new();
    let section = rcu_core::read_lock();
    for (hart, thread) in harts.machine.harts().iter().enumerate() {
        let breakpoints = thread.tables.breakpoints.read(&section);
        for entry in breakpoints.iter() {
            let whose = match entry.flags() {
                flags if flags == BY_HAND => "this hart's alone",
                flags if flags.contains(Flags::GDB) => "gdb's",
                _ => "the guest's own",
            };
            let _ = writeln!(text, "hart {hart}: breakpoint at {:#010x}, {whose}", entry.pc());
        }
        for entry in thread.tables.watchpoints.read(&section).iter() {
            let (addr, len, flags) = (entry.addr(), entry.len(), entry.flags());
            let _ = writeln!(text, "hart {hart}: watchpoint of {len} bytes at {addr:#010x} ({flags:?})");
        }
    }
    if text.is_empty() {
        text.push_str("no breakpoints, no watchpoints\n");
    }
    text
}
