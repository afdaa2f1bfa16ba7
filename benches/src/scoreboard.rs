//! Jobs, subjects, and how they are measured.
//!
//! A job is a list of entrants: each a subject that does it, in one of its ways and in one case of the job. All of them take turns, so
//! that figures of one job can be compared whichever two are looked at. To add a rival, write its file in `rivals` with the traits
//! that it can meet, and name it in the lists of those jobs; to add a job, write its file and name it in [`JOBS`].

pub mod report;

mod measure;
mod rivals;

mod threads;

pub mod read;
mod read_updater;
mod synchronize;
mod enqueue;
mod retire;
mod callbacks;
pub mod flood;
mod held;
mod tables;

use measure::{Effort, Work, in_turns};
use report::Row;
use rivals::Subject;

/// Something that is measured.
#[derive(Clone, Copy, Debug)]
pub struct Job {
    /// By which it is asked for, and listed.
    pub name: &'static str,
    /// By which it is asked for together with others.
    pub group: &'static str,
    /// What is listed of it.
    measures: &'static [Measure],
    /// For figures to publish.
    full: Effort,
    /// For a look whether all works.
    quick: Effort,
    /// Who does it, in the order in which they are listed.
    entrants: fn(&Setup) -> Vec<Entrant>,
}

/// All jobs, in the order in which they are run.
pub const JOBS: &[Job] = &[
    read::JOB,
    read_updater::JOB,
    synchronize::IDLE,
    synchronize::BUSY,
    synchronize::CONCURRENT,
    enqueue::JOB,
    retire::JOB,
    callbacks::LONE,
    callbacks::BARRIER,
    flood::JOB,
    held::JOB,
    tables::BREAKPOINT_MISS,
    tables::BREAKPOINT_HIT,
    tables::WATCHPOINT_MISS,
    tables::UPDATE,
];

/// What is asked of a run.
#[derive(Clone, Copy, Debug)]
pub struct Setup {
    /// As many threads as a job may use for what it measures.
    pub threads: usize,
    /// Shorter, and less exact.
    pub quick: bool,
}

impl Setup {
    /// The numbers of threads that are measured: 1, 2, 4 and so on, and the most.
    fn threads(&self) -> Vec<usize> {
        let doubled = std::iter::successors(Some(1), |threads| Some(threads * 2));
        doubled.take_while(|&threads| threads < self.threads).chain([self.threads]).collect()
    }
}

/// A figure of a job: a quantile of what its entrants found.
#[derive(Clone, Copy, Debug)]
struct Measure {
    name: &'static str,
    unit: &'static str,
    /// Which of the job's quantities.
    quantity: usize,
    quantile: f64,
}

impl Measure {
    const fn median(unit: &'static str) -> Self {
        Self { name: "median", unit, quantity: 0, quantile: 0.5 }
    }

    const fn quantile(name: &'static str, unit: &'static str, quantile: f64) -> Self {
        Self { name, unit, quantity: 0, quantile }
    }
}

/// A distribution: what its plot is drawn from.
const LATENCY: &[Measure] = &[
    Measure::median("ns"),
    Measure::quantile("p99", "ns", 0.99),
    Measure::quantile("p1", "ns", 0.01),
    Measure::quantile("p10", "ns", 0.1),
    Measure::quantile("p25", "ns", 0.25),
    Measure::quantile("p75", "ns", 0.75),
    Measure::quantile("p90", "ns", 0.9),
    Measure::quantile("p95", "ns", 0.95),
];

/// A subject in one of its ways, in a case of the job.
struct Entrant {
    subject: &'static str,
    /// Which way.
    variant: &'static str,
    /// What makes this case another one: a number of entries, or a name.
    case: String,
    /// How many threads do the work at once.
    threads: usize,
    work: Work,
}

impl Entrant {
    fn new<S: Subject>(case: impl Into<String>, threads: usize, work: Work) -> Self {
        Self { subject: S::NAME, variant: S::VARIANT, case: case.into(), threads, work }
    }
}

impl Job {
    /// Measures all entrants.
    pub fn run(&self, setup: &Setup) -> Vec<Row> {
        let mut entrants = (self.entrants)(setup);
        let effort = if setup.quick { self.quick } else { self.full };
        let samples = in_turns(effort, entrants.iter_mut().map(|entrant| &mut entrant.work));
        let mut rows = Vec::new();
        for (entrant, samples) in entrants.iter().zip(&samples) {
            for measure in self.measures {
                rows.extend(samples.quantile(measure.quantity, measure.quantile).map(|value| Row {
                    process: 1,
                    job: self.name.to_string(),
                    subject: entrant.subject.to_string(),
                    variant: entrant.variant.to_string(),
                    case: entrant.case.clone(),
                    threads: entrant.threads,
                    measure: measure.name.to_string(),
                    value,
                    unit: measure.unit.to_string(),
                }));
            }
        }
        rows
    }
}
