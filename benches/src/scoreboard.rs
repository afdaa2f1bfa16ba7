//! Jobs, subjects, and how they are measured.
//!
//! A job is a list of entrants: each a subject that does it in one of the job's variants. All of them take turns, so that
//! figures of one job can be compared whichever two are looked at. To add a rival to the tables, implement the trait of a job
//! for it and name it in the job's list of subjects; to add a job, write its file and name it in [`JOBS`].

pub mod measure;
pub mod report;

mod random;
mod list;
mod tables;
mod lookup;

mod breakpoints;
mod watchpoints;
mod table_update;

use measure::{Effort, Work, medians};
use report::Row;

/// Something that is measured.
#[derive(Clone, Copy, Debug)]
pub struct Job {
    /// By which it is asked for, and listed.
    pub name: &'static str,
    /// By which it is asked for together with others.
    pub group: &'static str,
    /// Who does it, in the order in which they are listed.
    entrants: fn() -> Vec<Entrant>,
}

/// All jobs, in the order in which they are run.
pub const JOBS: &[Job] = &[breakpoints::MISS, breakpoints::HIT, watchpoints::MISS, table_update::JOB];

/// A subject in one of the variants of a job.
struct Entrant {
    subject: &'static str,
    /// What makes this variant another one: a number of entries, or a name.
    variant: String,
    /// How many threads do the work at once.
    threads: usize,
    work: Work,
}

impl Job {
    /// Measures all entrants.
    pub fn run(&self, effort: Effort) -> Vec<Row> {
        let mut entrants = (self.entrants)();
        let figures = medians(effort, entrants.iter_mut().map(|entrant| &mut entrant.work));
        let row = |(Entrant { subject, variant, threads, .. }, value)| Row {
            job: self.name,
            subject,
            variant,
            threads,
            value,
            unit: "ns/op",
        };
        entrants.into_iter().zip(figures).map(row).collect()
    }
}
