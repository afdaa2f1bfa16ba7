//! One measurement: all harts do their work, behind one kind of protection.

use std::sync::Barrier;
use std::thread;
use std::time::Instant;

use super::tables::{Enter, Look, Protection, Watched};
use crate::cpu::{A0, A7, Access, Hart, Step, Watch};
use crate::elf::Image;
use crate::machine::{BLOCK, Symbols};
use crate::ram::{DEFAULT_SIZE, Ram};
use crate::{Error, Failure, guest};

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
    /// From the start of all to the end of the last.
    pub seconds: f64,
}

/// What one hart did.
struct Done {
    instructions: u64,
    accesses: u64,
    checksum: u32,
    end: Instant,
}

/// Runs the work once.
pub fn measure<P: Protection>(
    work: &Work<'_>,
    protection: &P,
    granularity: Granularity,
) -> Result<Outcome, Failure> {
    let rams: Result<Vec<Ram>, Error> = (0..work.harts).map(|_| fresh_ram(work)).collect();
    let rams = rams.map_err(|error| Failure::new("compare", "RAM with the guest", error.to_string()))?;
    let ready = Barrier::new(rams.len() + 1);
    let (start, done) = thread::scope(|scope| {
        let harts: Vec<_> = (0..)
            .zip(&rams)
            .map(|(id, ram)| {
                let ready = &ready;
                scope.spawn(move || {
                    let hart = Hart::new(id, work.image.entry());
                    let tables = protection.hart(id as usize);
                    ready.wait();
                    match granularity {
                        Granularity::Instruction => by_instruction(hart, ram, &tables),
                        Granularity::Block => by_block(hart, ram, &tables),
                    }
                })
            })
            .collect();
        ready.wait();
        let start = Instant::now();
        let join = |hart: thread::ScopedJoinHandle<'_, _>| {
            hart.join().unwrap_or_else(|_| Err("the thread of a hart is gone".to_owned()))
        };
        (start, harts.into_iter().map(join).collect::<Result<Vec<Done>, String>>())
    });
    let done = done.map_err(|seen| {
        eprintln!("hartbreak: {seen}");
        Failure::new("guest", "a guest that runs to its end, and meets nothing", seen)
    })?;
    let (instructions, accesses) =
        done.iter().fold((0, 0), |sum, hart| (sum.0 + hart.instructions, sum.1 + hart.accesses));
    Ok(Outcome {
        instructions,
        checks: instructions + accesses,
        checksums: done.iter().map(|hart| hart.checksum).collect(),
        seconds: done.iter().map(|hart| (hart.end - start).as_secs_f64()).fold(0.0, f64::max),
    })
}

fn fresh_ram(work: &Work<'_>) -> Result<Ram, Error> {
    let ram = Ram::new(DEFAULT_SIZE)?;
    work.image.load(&ram)?;
    ram.write_u32(work.symbols.rounds_limit, work.rounds)?;
    Ok(ram)
}

/// What a hart's accesses came to.
#[derive(Default)]
struct Tally {
    accesses: u64,
    /// An access that may overlap a watchpoint. Whether it is one that a watchpoint stops at is found out after the step.
    near: Option<Access>,
}

impl Tally {
    /// Whether a watchpoint stops at the access that is near one.
    #[cold]
    fn stops(&mut self, watched: impl Watched) -> bool {
        self.near.take().is_some_and(|access| watched.stops(access))
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

fn by_instruction(mut hart: Hart, ram: &Ram, tables: &impl Enter) -> Result<Done, String> {
    let mut tally = Tally::default();
    loop {
        let section = tables.enter();
        let step = checked_step(&mut hart, ram, &section, &mut tally).ok_or_else(|| met(&hart))?;
        drop(section);
        if !matches!(step, Step::Retired { .. }) && ended(&hart, step)? {
            return Ok(done(&hart, &tally));
        }
    }
}

fn by_block(mut hart: Hart, ram: &Ram, tables: &impl Enter) -> Result<Done, String> {
    let mut tally = Tally::default();
    loop {
        let section = tables.enter();
        for _ in 0..BLOCK {
            let step = checked_step(&mut hart, ram, &section, &mut tally).ok_or_else(|| met(&hart))?;
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
fn ended(hart: &Hart, step: Step) -> Result<bool, String> {
    match step {
        Step::Fault => Err(hart.fault().expect("the step said so").to_string()),
        Step::Ebreak => Err(format!("guest fault: hart {} at pc {:#010x}: ebreak", hart.id(), hart.pc())),
        Step::Ecall | Step::Retired { .. } => Ok(hart.register(A7) == guest::EXIT),
    }
}

#[cold]
fn met(hart: &Hart) -> String {
    format!("hart {} met a breakpoint or watchpoint near {:#010x}", hart.id(), hart.pc())
}

fn done(hart: &Hart, tally: &Tally) -> Done {
    Done {
        instructions: hart.retired(),
        accesses: tally.accesses,
        checksum: hart.register(A0),
        end: Instant::now(),
    }
}
