//! The jobs of tables: every subject with every number of entries.

mod breakpoints;
mod guarded;
mod list;
mod lookup;
mod random;
mod update;
mod watchpoints;

use super::measure::{Effort, Work};
use super::{Entrant, Job, Measure, Setup};

pub use breakpoints::{HIT as BREAKPOINT_HIT, MISS as BREAKPOINT_MISS};
pub use update::JOB as UPDATE;
pub use watchpoints::MISS as WATCHPOINT_MISS;

/// How many entries a table has.
const ENTRIES: [usize; 5] = [1, 8, 64, 1000, 10_000];

/// Who does a job of tables.
struct Subject {
    name: &'static str,
    /// What it does for each operation; empty if there is one way.
    variant: &'static str,
    /// Its work, with so many entries.
    with: fn(usize) -> Work,
}

const MEDIAN: &[Measure] = &[Measure::median("ns")];

/// A job that its subjects do by themselves, on one thread.
const fn job(name: &'static str, entrants: fn(&Setup) -> Vec<Entrant>) -> Job {
    Job {
        name,
        group: "tables",
        measures: MEDIAN,
        full: Effort::new(51, 200),
        quick: Effort::new(5, 50),
        entrants,
    }
}

/// Subjects that are compared stand side by side.
fn entrants(subjects: &[Subject]) -> Vec<Entrant> {
    let with = |entries: usize| {
        subjects.iter().map(move |&Subject { name, variant, with }| Entrant {
            subject: name,
            variant,
            case: entries.to_string(),
            threads: 1,
            work: with(entries),
        })
    };
    ENTRIES.into_iter().flat_map(with).collect()
}
