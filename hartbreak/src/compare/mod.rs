//! `--compare`: what it costs to look at the tables, by what they are behind.
//!
//! Every kind does the same work: each hart runs a guest of its own to the same number of rounds. (Its own, so that no
//! hart waits for another's lock in the guest: the instructions, and so the checks, are then the same to the last one,
//! every time.) Work is repeated, the kinds by turns, so that a noisy host is noisy for all; the median counts.
//!
//! A section is entered, a quiescent state passed, or the lock taken, once per instruction or once per block, by all kinds at the same places. In it,
//! the breakpoints are looked at once for each instruction, and the watchpoints once for each data access. The number of
//! checks is not counted by what makes them: it is derived from the instructions retired and the accesses made, for all
//! kinds alike, and so are the checks that `none` would have made. That a kind does look is shown by the `control`, before
//! anything is measured.

mod tables;
mod measure;
mod control;

use std::collections::BTreeMap;
use std::sync::{Mutex, RwLock};
use std::time::Duration;

use crate::elf::Image;
use crate::machine::Symbols;
use crate::options::{Kind, Named, Options};
use crate::{Failure, output};
use control::control;
use measure::{Granularity, Outcome, Work, measure};
use tables::{Plain, Quiescent, Rcu, UNMET, Unchecked};

/// How often each kind is measured.
const REPETITIONS: u32 = 9;

/// Rounds by which the length of the work is found.
const CALIBRATION: u32 = 5000;

const GRANULARITIES: [(Granularity, &str); 2] =
    [(Granularity::Instruction, "insn"), (Granularity::Block, "block")];

/// Measures the kinds, and prints what came of it; the last lines are `compare KIND GRANULARITY HARTS MIPS`.
///
/// # Errors
/// If a kind does not meet what it must, the guest faults, or kinds differ in what they did.
pub fn run(image: &Image<'_>, symbols: Symbols, options: &Options, kinds: &[Kind]) -> Result<(), Failure> {
    let harts = options.harts;
    let mut work = Work { image, symbols, rounds: CALIBRATION, harts };
    control(&work, kinds, &GRANULARITIES.map(|(granularity, _)| granularity))?;
    let protections = Protections::new(harts as usize)?;
    work.rounds = rounds_for(protections.measure(&work, Kind::None, Granularity::Block)?, options.duration);
    output::line(format_args!(
        "{harts} harts, each with a guest of its own, {} rounds; {REPETITIONS} repetitions, kinds by turns, medians.\n\
         Tables of one breakpoint and one watchpoint per hart, never met. rwlock, mutex: one lock for all harts, as an\n\
         emulator's global lock. insn, block: the section or lock covers one instruction, or one block.\n\
         Control: behind each kind but none, every hart met a breakpoint at tick and a watchpoint at its own counter.",
        work.rounds
    ));
    let mut outcomes: BTreeMap<_, Vec<Outcome>> = BTreeMap::new();
    for _ in 0..REPETITIONS {
        for (granularity, _) in GRANULARITIES {
            for &kind in kinds {
                let outcome = protections.measure(&work, kind, granularity)?;
                outcomes.entry((granularity, kind)).or_default().push(outcome);
            }
        }
    }
    report(&outcomes, harts, kinds)
}

/// One of each kind, to measure again and again.
struct Protections {
    rcu: Rcu,
    quiescent: Quiescent,
    rwlock: RwLock<Plain>,
    mutex: Mutex<Plain>,
}

impl Protections {
    fn new(harts: usize) -> Result<Self, Failure> {
        let made = |error: debug_tables::Error| Failure::new("compare", "tables", error.to_string());
        let plain = Plain::new(harts, |_| UNMET).map_err(made)?;
        let rcu = Rcu::new(harts, |_| UNMET).map_err(made)?;
        let quiescent = Quiescent(Rcu::new(harts, |_| UNMET).map_err(made)?);
        Ok(Self { rcu, quiescent, rwlock: RwLock::new(plain.clone()), mutex: Mutex::new(plain) })
    }

    fn measure(&self, work: &Work<'_>, kind: Kind, granularity: Granularity) -> Result<Outcome, Failure> {
        match kind {
            Kind::None => measure(work, &Unchecked, granularity),
            Kind::Rcu => measure(work, &self.rcu, granularity),
            Kind::Quiescent => measure(work, &self.quiescent, granularity),
            Kind::RwLock => measure(work, &self.rwlock, granularity),
            Kind::Mutex => measure(work, &self.mutex, granularity),
        }
    }
}

/// Rounds with which all repetitions of the unchecked kind take about `duration`.
fn rounds_for(calibration: Outcome, duration: Duration) -> u32 {
    let per_round = calibration.seconds.max(1e-6) / f64::from(CALIBRATION);
    let rounds = duration.as_secs_f64() / f64::from(REPETITIONS) / per_round;
    (rounds as u32).clamp(10, u32::MAX / 2)
}

fn report(
    outcomes: &BTreeMap<(Granularity, Kind), Vec<Outcome>>,
    harts: u32,
    kinds: &[Kind],
) -> Result<(), Failure> {
    let mut all = outcomes.values().flatten();
    if let Some(first) = all.next() {
        for outcome in all {
            let what = "checksums, and instructions and accesses together, of every kind";
            let of = |outcome: &Outcome| (outcome.checksums.clone(), outcome.checks);
            Failure::unless_equal("compare", what, of(first), of(outcome))?;
        }
        output::line(format_args!(
            "each: {} instructions, {} checks made, or that would have been (derived: one for each instruction retired\n\
             and each access), checksums {:x?}",
            first.instructions, first.checks, first.checksums
        ));
    }
    output::line("MIPS, all harts together; in brackets, of that without checks");
    output::line(format_args!("{:>8} {:>18} {:>18}", "", "insn", "block"));
    for &kind in kinds {
        let cell = |(granularity, _): (Granularity, &str)| {
            let mips = |kind| outcomes.get(&(granularity, kind)).map(|outcomes| median_mips(outcomes));
            let own = mips(kind).unwrap_or(f64::NAN);
            let share =
                mips(Kind::None).map_or(String::new(), |none| format!(" ({:5.1}%)", own / none * 100.0));
            format!("{own:9.1}{share}")
        };
        let [insn, block] = GRANULARITIES.map(cell);
        output::line(format_args!("{:>8} {insn:>18} {block:>18}", kind.name()));
    }
    for (granularity, name) in GRANULARITIES {
        for &kind in kinds {
            let mips = outcomes.get(&(granularity, kind)).map_or(f64::NAN, |outcomes| median_mips(outcomes));
            output::line(format_args!("compare {} {name} {harts} {mips:.1}", kind.name()));
        }
    }
    Ok(())
}

fn median_mips(outcomes: &[Outcome]) -> f64 {
    let mut mips: Vec<f64> =
        outcomes.iter().map(|outcome| outcome.instructions as f64 / outcome.seconds / 1e6).collect();
    mips.sort_by(f64::total_cmp);
    mips[mips.len() / 2]
}
