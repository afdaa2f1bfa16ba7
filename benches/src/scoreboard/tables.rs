//! What the jobs of tables have in common: every subject with every number of entries.

use super::measure::Work;
use super::{Entrant, Job};

/// How many entries a table has.
const ENTRIES: [usize; 5] = [1, 8, 64, 1000, 10_000];

/// Who does a job of tables.
pub struct Subject {
    pub name: &'static str,
    /// Its work, with so many entries.
    pub with: fn(usize) -> Work,
}

/// A job that its subjects do by themselves, on one thread.
pub const fn job(name: &'static str, entrants: fn() -> Vec<Entrant>) -> Job {
    Job { name, group: "tables", entrants }
}

/// Subjects that are compared stand side by side.
pub fn entrants(subjects: &[Subject]) -> Vec<Entrant> {
    let with = |entries: usize| {
        subjects.iter().map(move |&Subject { name, with }| Entrant {
            subject: name,
            variant: entries.to_string(),
            threads: 1,
            work: with(entries),
        })
    };
    ENTRIES.into_iter().flat_map(with).collect()
}
