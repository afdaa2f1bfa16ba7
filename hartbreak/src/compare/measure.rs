//! One measurement: all harts do their work, behind one kind of protection.

use std::fmt;
use std::sync::Barrier;
use std::thread;
use std::time::Instant;

use super::tables::{Enter, Look, Protection, Watched};
use crate::cpu::{A0, A7, Access, Hart, Step, Watch};
use crate::elf::Image;
use crate::machine::{BLOCK, Symbols};
use crate::ram::{DEFAULT_SIZE, Ram};
use crate::{Error, Failure, guest};

/// How a hart ended that did not do its work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// At the breakpoint at this address.
    Breakpoint(u32),
    /// Behind an access of this address that a watchpoint stops at.
    Watchpoint(u32),
    /// By what the guest did.
    Fault(String),
    /// With its work done, where that was not wanted.
    MetNothing,
}

/// How much a section covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Granularity {
    /// One instruction.
    Instruction,
    /// A block: up to a jump, at most [`BLOCK`] instructions.
    Block,
}

/// What each hart does.
#[derive(Clone, Copy, Debug)]
pub struct Work<'a> {
    /// The guest.
    pub image: &'a Image<'a>,
    /// Where its words are.
    pub symbols: Symbols,
    /// Rounds of the guest.
    pub rounds: u32,
    /// How many harts, each with a guest of its own.
    pub harts: u32,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Instructions that all harts retired.
    pub instructions: u64,
    /// Looks at the tables that were made, or that would have been.
    pub checks: u64,
    /// Each hart's checksum.
    pub checksums: Vec<u32>,
    /// From the start of the first to the end of the last, each by its own thread.
    pub seconds: f64,
}

/// What one hart did.
#[derive(Debug)]
pub struct Done {
    instructions: u64,
    accesses: u64,
    checksum: u32,
    end: Instant,
}

/// When a hart began, and what it did; or how it ended.
pub type End = Result<(Instant, Done), Ended>;

/// Does the work once, and expects it to be done.
pub fn measure<P: Protection>(
    work: &Work<'_>,
    protection: &P,
    granularity: Granularity,
) -> Result<Outcome, Failure> {
    let done: Result<Vec<_>, Ended> = run(work, protection, granularity)?.into_iter().collect();
    let done = done.map_err(|ended| {
        let seen = ended.to_string();
        eprintln!("hartbreak: {seen}");
        Failure::new("guest", "a guest that runs to its end, and meets nothing", seen)
    })?;
    let (instructions, accesses) =
        done.iter().fold((0, 0), |sum, (_, hart)| (sum.0 + hart.instructions, sum.1 + hart.accesses));
    let start = done.iter().map(|hart| hart.0).min();
    let end = done.iter().map(|hart| hart.1.end).max();
    Ok(Outcome {
        instructions,
        checks: instructions + accesses,
        checksums: done.iter().map(|hart| hart.1.checksum).collect(),
        seconds: start.zip(end).map_or(0.0, |(start, end)| (end - start).as_secs_f64()),
    })
}

/// Lets all harts work, and tells how each ended.
pub fn run<P: Protection>(
    work: &Work<'_>,
    protection: &P,
    granularity: Granularity,
) -> Result<Vec<End>, Failure> {
    let rams: Result<Vec<Ram>, Error> = (0..work.harts).map(|_| fresh_ram(work)).collect();
    let rams = rams.map_err(|error| Failure::new("compare", "RAM with the guest", error.to_string()))?;
    let ready = Barrier::new(rams.len());
    Ok(thread::scope(|scope| {
        let harts: Vec<_> = (0..)
            .zip(&rams)
            .map(|(id, ram)| {
                let ready = &ready;
                scope.spawn(move || {
                    let hart = Hart::new(id, work.image.entry());
                    let mut tables = protection.hart(id as usize);
                    ready.wait();
                    let start = Instant::now();
                    match granularity {
                        Granularity::Instruction => by_instruction(hart, ram, &mut tables),
                        Granularity::Block => by_block(hart, ram, &mut tables),
                    }
                    .map(|done| (start, done))
                })
            })
            .collect();
        let gone = || Err(Ended::Fault("the thread of a hart is gone".to_owned()));
        harts.into_iter().map(|hart| hart.join().unwrap_or_else(|_| gone())).collect()
    }))
}

fn fresh_ram(work: &Work<'_>) -> Result<Ram, Error> {
    let ram = Ram::new(DEFAULT_SIZE)?;
    work.image.load(&ram)?;
    ram.write_u32(work.symbols.rounds_limit, work.rounds)?;
    Ok(ram)
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Breakpoint(pc) => write!(f, "a hart met a breakpoint at {pc:#010x}"),
            Self::Watchpoint(addr) => write!(f, "a hart met a watchpoint by an access of {addr:#010x}"),
            Self::Fault(fault) => f.write_str(fault),
            Self::MetNothing => f.write_str("a hart met nothing"),
        }
    }
}

/// What a hart's accesses came to.
#[derive(Default)]
struct Tally {
    accesses: u64,
    /// An access that may overlap a watchpoint. Whether it is one that a watchpoint stops at is found out after the step.
    near: Option<Access>,
}

impl Tally {
    /// Whether a watchpoint stops at the access that is near one; forgets it if none does.
    #[cold]
    fn stops(&mut self, watched: impl Watched) -> bool {
        self.near = self.near.filter(|&access| watched.stops(access));
        self.near.is_some()
    }
}

/// Checks the accesses of one section.
struct Checked<'a, W> {
    watched: W,
    tally: &'a mut Tally,
}

impl<W: Watched> Watch for Checked<'_, W> {
    #[inline(always)]
    fn accessed(&mut self, access: Access) {
        self.tally.accesses += 1;
        if self.watched.may_overlap(access) {
            self.tally.near = Some(access);
        }
    }
}

/// One instruction, with its checks. None if it met a breakpoint or watchpoint, which nothing that the guest does here does.
#[inline(always)]
fn checked_step(hart: &mut Hart, ram: &Ram, section: &impl Look, tally: &mut Tally) -> Option<Step> {
    if section.breakpoint(hart.pc()) {
        return None;
    }
    let watched = section.watched();
    let step = hart.step(ram, &mut Checked { watched, tally });
    if tally.near.is_some() && tally.stops(watched) { None } else { Some(step) }
}

fn by_instruction(mut hart: Hart, ram: &Ram, tables: &mut impl Enter) -> Result<Done, Ended> {
    let mut tally = Tally::default();
    loop {
        let section = tables.enter();
        let step =
            checked_step(&mut hart, ram, &section, &mut tally).ok_or_else(|| met(&hart, tally.near))?;
        drop(section);
        if !matches!(step, Step::Retired { .. }) && ended(&hart, step)? {
            return Ok(done(&hart, &tally));
        }
    }
}

fn by_block(mut hart: Hart, ram: &Ram, tables: &mut impl Enter) -> Result<Done, Ended> {
    let mut tally = Tally::default();
    loop {
        let section = tables.enter();
        for _ in 0..BLOCK {
            let step =
                checked_step(&mut hart, ram, &section, &mut tally).ok_or_else(|| met(&hart, tally.near))?;
            match step {
                Step::Retired { jumped: false } => {}
                Step::Retired { jumped: true } => break,
                step => {
                    if ended(&hart, step)? {
                        return Ok(done(&hart, &tally));
                    }
                    break;
                }
            }
        }
    }
}

/// Whether the guest is at its end. Its console is not wanted here.
#[cold]
fn ended(hart: &Hart, step: Step) -> Result<bool, Ended> {
    match step {
        Step::Fault => Err(Ended::Fault(hart.fault().expect("the step said so").to_string())),
        Step::Ebreak => {
            let (hart, pc) = (hart.id(), hart.pc());
            Err(Ended::Fault(format!("guest fault: hart {hart} at pc {pc:#010x}: ebreak")))
        }
        Step::Ecall | Step::Retired { .. } => Ok(hart.register(A7) == guest::EXIT),
    }
}

#[cold]
fn met(hart: &Hart, near: Option<Access>) -> Ended {
    near.map_or(Ended::Breakpoint(hart.pc()), |access| Ended::Watchpoint(access.addr))
}

fn done(hart: &Hart, tally: &Tally) -> Done {
    Done {
        instructions: hart.retired(),
        accesses: tally.accesses,
        checksum: hart.register(A0),
        end: Instant::now(),
    }
}
