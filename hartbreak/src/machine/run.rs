//! The life of a hart's thread: sections of blocks of instructions.
//!
//! A section covers at most [`SECTION_BLOCKS`] blocks of at most [`BLOCK`] instructions, so 1024 instructions, some 10 us;
//! a grace period that has to wait asks for less, by the force-RCU notifier: the section then ends with the block in
//! hand. The tables are looked at anew in every block.

use std::sync::{Arc, Mutex};

use debug_tables::{CpuTables, Flags, Watchpoints};
use rcu_core::ReadGuard;

use super::blocks::{BLOCK, BlockCache};
use super::control::Control;
use super::hit::{Cause, Hit};
use super::rest::State;
use super::service::serve;
use super::stop::{Go, Stop};
use crate::cpu::{Access, AccessKind, Hart, Step, Watch};
use crate::ram::Ram;

/// Most blocks of a section.
pub const SECTION_BLOCKS: u32 = 16;

/// How often a hart notes how fast it works, in sections: every few milliseconds.
const PACE: u32 = 512;

/// What a hart's thread has beside the hart itself.
#[derive(Debug)]
pub(super) struct Runner {
    pub ram: Arc<Ram>,
    pub tables: CpuTables,
    pub control: Arc<Control>,
    pub blocks: Arc<BlockCache>,
    pub console: Arc<Mutex<Vec<u8>>>,
}

/// Why a block ended.
enum Exit {
    /// A jump, or its length.
    Next,
    /// What the debugger wants the hart to stop at.
    Stop(Stop),
    /// The hart's end.
    End(State),
}

/// Tells the debugger how the thread ended, even if by a panic.
struct Obituary<'a>(&'a Control, State);

impl Drop for Obituary<'_> {
    fn drop(&mut self) {
        self.0.end(self.1);
    }
}

impl Runner {
    /// Runs the hart from `entry` to its end.
    pub(super) fn run(self, id: u32, entry: u32) {
        let mut obituary = Obituary(&self.control, State::Gone);
        let mut hart = Hart::new(id, entry);
        let mut reader = rcu_core::reader();
        let control = Arc::clone(&self.control);
        let _kick = reader.on_force(move || control.kick());
        // The breakpoint that the hart was resumed at, and steps over; and whether it is resumed for one instruction.
        let (mut stepped_over, mut steps) = (None, false);
        let mut sections = 0_u32;
        while !self.control.is_quitting() {
            self.control.park.stay(|| self.control.is_quitting());
            sections = sections.wrapping_add(1);
            if sections % PACE == 0 {
                self.control.note_pace(hart.retired());
            }
            let over = stepped_over.take();
            // The section begins and ends in one of these statements.
            let exit = if steps {
                self.single_step(&mut hart, &reader.read_lock(), over)
            } else {
                self.section(&mut hart, &reader.read_lock(), over)
            };
            let stop = match exit {
                Exit::Next if !self.control.rest.is_asked() => continue,
                Exit::Next => Stop::Asked,
                Exit::Stop(stop) => stop,
                Exit::End(end) => {
                    self.control.rest.leave(&hart);
                    obituary.1 = end;
                    return;
                }
            };
            let go = self.control.stop(stop, &mut hart);
            steps = go == Go::Step;
            stepped_over = match stop {
                Stop::Hit(Hit { pc, cause: Cause::Breakpoint(_) }) if go != Go::Again => Some(pc),
                _ => None,
            };
        }
    }

    fn section(&self, hart: &mut Hart, section: &ReadGuard<'_>, mut stepped_over: Option<u32>) -> Exit {
        for _ in 0..SECTION_BLOCKS {
            let exit = self.block(hart, section, stepped_over.take());
            let leave = self.control.end_block(hart.retired());
            if leave || !matches!(exit, Exit::Next) {
                return exit;
            }
        }
        Exit::Next
    }

    fn block(&self, hart: &mut Hart, section: &ReadGuard<'_>, mut stepped_over: Option<u32>) -> Exit {
        let clean = self.blocks.is_clean(hart.pc(), &self.tables.breakpoints, section);
        let mut watch = TableWatch { watchpoints: self.tables.watchpoints.read(section), met: None };
        for _ in 0..BLOCK {
            let pc = hart.pc();
            if !clean && stepped_over.take() != Some(pc) {
                if let Some(stop) = self.look_for_breakpoint(pc, section) {
                    return stop;
                }
            }
            if let Some(exit) = self.step(hart, &mut watch) {
                return exit;
            }
        }
        Exit::Next
    }

    /// Executes one instruction, unless a breakpoint there stops the hart before.
    fn single_step(&self, hart: &mut Hart, section: &ReadGuard<'_>, stepped_over: Option<u32>) -> Exit {
        let pc = hart.pc();
        if stepped_over != Some(pc) {
            if let Some(stop) = self.look_for_breakpoint(pc, section) {
                return stop;
            }
        }
        let mut watch = TableWatch { watchpoints: self.tables.watchpoints.read(section), met: None };
        let exit = self.step(hart, &mut watch);
        self.control.end_block(hart.retired());
        match exit {
            None | Some(Exit::Next) => Exit::Stop(Stop::Stepped),
            Some(exit) => exit,
        }
    }

    /// Executes one instruction. None if the block goes on.
    #[inline(always)]
    fn step(&self, hart: &mut Hart, watch: &mut TableWatch<'_>) -> Option<Exit> {
        let pc = hart.pc();
        let step = hart.step(&self.ram, watch);
        if let Some(cause) = watch.met.take() {
            let hit = Hit { pc, cause };
            if self.control.note(hit) {
                return Some(Exit::Stop(Stop::Hit(hit)));
            }
        }
        match step {
            Step::Retired { jumped: false } => None,
            Step::Retired { jumped: true } => Some(Exit::Next),
            Step::Ecall => {
                let end = serve(hart, &self.ram, &self.tables, &self.console);
                Some(end.map_or(Exit::Next, Exit::End))
            }
            Step::Ebreak => Some(Exit::End(State::Ebreak(pc))),
            Step::Fault => Some(Exit::End(State::Faulted(hart.fault().expect("the step said so")))),
        }
    }

    fn look_for_breakpoint(&self, pc: u32, section: &ReadGuard<'_>) -> Option<Exit> {
        let breakpoint = self.tables.breakpoints.read(section).first_match(pc.into(), Flags::ANY)?;
        self.control.stay_if_held();
        // Copied after the stay: the snapshot is still there, whatever was published meanwhile.
        let hit = Hit { pc, cause: Cause::Breakpoint(*breakpoint) };
        self.control.note(hit).then_some(Exit::Stop(Stop::Hit(hit)))
    }
}

/// Checks each access against the watchpoints of one block.
struct TableWatch<'g> {
    watchpoints: &'g Watchpoints,
    met: Option<Cause>,
}

impl Watch for TableWatch<'_> {
    #[inline]
    fn accessed(&mut self, access: Access) {
        if !self.watchpoints.is_empty() {
            self.met = check(self.watchpoints, access);
        }
    }
}

fn check(watchpoints: &Watchpoints, access: Access) -> Option<Cause> {
    use debug_tables::Access::{Read, Write};
    let kinds: &[debug_tables::Access] = match access.kind {
        AccessKind::Read => &[Read],
        AccessKind::Write => &[Write],
        AccessKind::ReadWrite => &[Read, Write],
    };
    // Watchpoints of the guest's own have no further condition here.
    let check = |&kind| watchpoints.check(access.addr.into(), access.len.into(), kind, |_| true);
    kinds.iter().find_map(check).map(|hit| Cause::Watchpoint { hit, access })
}
