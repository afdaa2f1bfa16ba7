//! Runs the table of mutants: each row in a process of its own, two at a time.

use std::fmt;
use std::path::Path;
use std::sync::Mutex;

use crate::child::{self, End};
use crate::mutants::{EXCUSES, ROWS, Row, is_at, site, sites_to_weaken};

/// A row for one weakening, and how the model ended.
#[derive(Debug)]
pub struct Outcome {
    /// The row.
    pub row: &'static Row,
    /// What its place is weakened to.
    pub to: &'static str,
    /// `file:line:operation:ordering`.
    pub mutant: String,
    /// How it ended.
    pub end: End,
}

impl Outcome {
    /// Whether it failed by the report that the row names.
    pub fn killed(&self) -> bool {
        self.end.is(self.row.report)
    }
}

/// A line of a Markdown table.
impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Row { model, mode, report, .. } = self.row;
        let after = self.end.execution().map_or("-".to_owned(), |execution| execution.to_string());
        let how = if self.killed() { report.to_string() } else { "SURVIVED".to_owned() };
        write!(f, "| {} | {how} | {model} | {mode} | {after} |", self.mutant)
    }
}

/// Runs every row, for every weakening that it names.
pub fn rows(models: &Path) -> Vec<Outcome> {
    let sites = sites_to_weaken();
    let weakened = ROWS.iter().flat_map(|row| row.to.iter().map(move |&to| (row, to)));
    let queue = Mutex::new(weakened.collect::<Vec<_>>());
    let outcomes = Mutex::new(Vec::new());
    let next = || queue.lock().expect("no holder panics").pop();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some((row, to)) = next() {
                    let mutant = site(&sites, row.place).mutant(to);
                    let end = child::run(models, row.model, row.mode, &[("RCU_MUTANT", &mutant)]);
                    outcomes.lock().expect("no holder panics").push(Outcome { row, to, mutant, end });
                }
            });
        }
    });
    let mut outcomes = outcomes.into_inner().expect("no holder panics");
    outcomes.sort_by(|a, b| a.mutant.cmp(&b.mutant));
    outcomes
}

/// What became of the sites: a site is killed if each of its weakenings is, by some row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    /// How many sites there are.
    pub sites: usize,
    /// For how many every weakening is killed.
    pub killed: usize,
    /// How many are excused, which a test runs.
    pub excused: usize,
}

impl Summary {
    /// Of these outcomes.
    pub fn of(outcomes: &[Outcome]) -> Self {
        let sites = sites_to_weaken();
        let is_excused = |site: &&crate::sites::Site| EXCUSES.iter().any(|excuse| is_at(excuse.place, site));
        let excused = sites.iter().filter(is_excused).count();
        let kills = |site: &crate::sites::Site, to: &str| {
            outcomes
                .iter()
                .any(|outcome| is_at(outcome.row.place, site) && outcome.to == to && outcome.killed())
        };
        let killed = sites.iter().filter(|site| site.weaker().iter().all(|to| kills(site, to))).count();
        Self { sites: sites.len(), killed, excused }
    }

    /// Sites that are neither killed nor excused.
    pub fn survivors(self) -> usize {
        self.sites - self.killed - self.excused
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { sites, killed, excused } = self;
        write!(
            f,
            "mutants: {killed} killed, {excused} excused, {} survivors of {sites} sites",
            self.survivors()
        )
    }
}
