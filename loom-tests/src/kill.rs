//! Runs the table of mutants: each row in a process of its own, two at a time.

use std::fmt;
use std::path::Path;

use crate::child::{self, End, two_at_a_time};
use crate::mutants::{EXCUSES, Excuse, ROWS, Row, is_at, site, sites_to_weaken};
use crate::run::Mode;

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
    let mut outcomes = two_at_a_time(weakened.collect(), |(row, to)| {
        let mutant = site(&sites, row.place).mutant(to);
        let end = child::run(models, row.model, row.mode, &[("RCU_MUTANT", &mutant)]);
        Outcome { row, to, mutant, end }
    });
    outcomes.sort_by(|a, b| a.mutant.cmp(&b.mutant));
    outcomes
}

/// An excused weakening, and how the model ended in each mode.
#[derive(Debug)]
pub struct Excused {
    excuse: &'static Excuse,
    mutant: String,
    ends: Vec<End>,
}

impl Excused {
    /// Whether it lives, as its excuse says, and the model came by.
    pub fn lives(&self) -> bool {
        self.ends.iter().all(|end| matches!(end, End::Passed { mutant_met: true }))
    }
}

/// A line of a Markdown table.
impl fmt::Display for Excused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Excuse { passes, reason, .. } = self.excuse;
        let how =
            if self.lives() { format!("excused: {reason}") } else { format!("NO EXCUSE: {:?}", self.ends) };
        write!(f, "| {} | {how} | {passes} | fence, membarrier | - |", self.mutant)
    }
}

/// Runs every excuse, in both modes.
pub fn excuses(models: &Path) -> Vec<Excused> {
    let sites = sites_to_weaken();
    two_at_a_time(EXCUSES.iter().collect(), |excuse| {
        let mutant = site(&sites, excuse.place).mutant(excuse.to);
        let run = |mode| child::run(models, excuse.passes, mode, &[("RCU_MUTANT", &mutant)]);
        let ends = Mode::ALL.map(run).into();
        Excused { excuse, mutant, ends }
    })
}

/// What became of the sites: a site is killed if each of its weakenings is, by some row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    /// How many sites there are.
    pub sites: usize,
    /// For how many every weakening is killed.
    pub killed: usize,
    /// How many are excused: [`excuses`] runs them.
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

    /// Whether there is no survivor, and no more than one in ten is excused.
    pub fn holds(self) -> bool {
        self.survivors() == 0 && self.excused * 10 <= self.sites
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
