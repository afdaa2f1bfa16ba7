//! Jobs, subjects, and how they are measured.
//!
//! A job is a file: a trait that says what its subjects do, the subjects, and a function that measures them. To add a rival,
//! implement the trait of a job for it and name it in the job's list of subjects; to add a job, write its file and name it in
//! [`JOBS`].

pub mod measure;
pub mod report;

mod random;
mod list;

mod bp_miss;
mod bp_hit;
mod wp_miss;
mod table_update;

use measure::Effort;
use report::Row;

/// Something that is measured.
#[derive(Clone, Copy, Debug)]
pub struct Job {
    /// By which it is asked for, and listed.
    pub name: &'static str,
    /// By which it is asked for together with others.
    pub group: &'static str,
    /// Measures all of its subjects.
    pub run: fn(Effort) -> Vec<Row>,
}

/// All jobs, in the order in which they are run.
pub const JOBS: &[Job] = &[
    Job { name: bp_miss::NAME, group: "tables", run: bp_miss::run },
    Job { name: bp_hit::NAME, group: "tables", run: bp_hit::run },
    Job { name: wp_miss::NAME, group: "tables", run: wp_miss::run },
    Job { name: table_update::NAME, group: "tables", run: table_update::run },
];

/// Who does a job of tables: `T` is the job's trait.
struct Subject<T: ?Sized> {
    name: &'static str,
    /// With entries at these addresses.
    with: fn(&[u64]) -> Box<T>,
}

/// How many entries a table has.
const ENTRIES: [usize; 5] = [1, 8, 64, 1000, 10_000];

/// How many addresses are looked at, over and over.
const PROBES: usize = 1024;
