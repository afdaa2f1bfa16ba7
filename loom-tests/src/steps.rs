//! Steps that are no ordering but that a protocol needs, each with a model that fails without it.
//!
//! A step is [marked](mark) in the source, and has [rows](table) that say what is done to it, and which model notices. An
//! ordering is weakened at run time; a statement is not there or is, so here the text is [rewritten](crate::rewrite), built, and the
//! model run.

pub mod mark;
pub mod table;

use std::fmt;

use crate::child::{self, End, two_at_a_time};
use crate::rewrite::Workspace;
use crate::run::Mode;
use crate::sites::{Source, sources};
use mark::{Fault, Step};
use table::{EXCUSES, Excuse, ROWS, Row};

/// Every marked step with its source.
pub fn marked() -> Vec<(Source, Step)> {
    let of = |source: Source| {
        let steps = mark::steps(&source);
        steps.into_iter().map(move |step| (Source::new(&source.path, &source.lines.join("\n")), step))
    };
    sources().into_iter().flat_map(of).collect()
}

/// What became of a fault: of one that a row says is noticed, or of one that is excused.
#[derive(Debug)]
pub struct Outcome {
    step: &'static str,
    fault: Fault,
    model: &'static str,
    /// How the model ended in each mode in which it was run; an error is that it could not be.
    ends: Vec<(Mode, Result<End, String>)>,
    expected: Expected,
}

#[derive(Debug)]
enum Expected {
    Killed(child::Report),
    Lives(&'static str),
}

impl Outcome {
    /// Whether it is as it should be: killed by the report that its row names, or alive.
    pub fn holds(&self) -> bool {
        let as_expected = |end: &Result<End, String>| match (end, &self.expected) {
            (Ok(end), Expected::Killed(report)) => end.is(*report),
            (Ok(end), Expected::Lives(_)) => matches!(end, End::Passed { .. }),
            (Err(_), _) => false,
        };
        self.ends.iter().all(|(_, end)| as_expected(end))
    }
}

/// A line of a Markdown table; what happened instead, if it is not as it should be.
impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let modes = self.ends.iter().map(|(mode, _)| mode.to_string()).collect::<Vec<_>>().join(", ");
        let execution = self.ends.iter().find_map(|(_, end)| end.as_ref().ok()?.execution());
        let execution = execution.map_or("-".to_owned(), |execution| execution.to_string());
        let how = match self.expected {
            Expected::Killed(_) if !self.holds() => "SURVIVED".to_owned(),
            Expected::Lives(_) if !self.holds() => "KILLED, THOUGH EXCUSED".to_owned(),
            Expected::Killed(report) => report.to_string(),
            Expected::Lives(reason) => format!("excused: {reason}"),
        };
        let fault = self.fault.to_string().replace('|', "\\|");
        write!(f, "| {}: {fault} | {how} | {} | {modes} | {execution} |", self.step, self.model)?;
        if self.holds() { Ok(()) } else { write!(f, "\n{:?}", self.ends) }
    }
}

/// Builds and runs every row and every excuse, or those of the steps with these names.
pub fn run(names: &[&str]) -> Vec<Outcome> {
    let (workspace, marked) = (Workspace::new(), marked());
    let rows = ROWS.iter().map(|&Row { step, fault, model, mode, report }| {
        (step, fault, model, vec![mode], Expected::Killed(report))
    });
    let excuses = EXCUSES.iter().map(|&Excuse { step, fault, passes, reason }| {
        (step, fault, passes, Mode::ALL.to_vec(), Expected::Lives(reason))
    });
    let is_wanted = |step: &str| names.is_empty() || names.contains(&step);
    let jobs = rows.chain(excuses).filter(|job| is_wanted(job.0)).collect();
    two_at_a_time(jobs, |(step, fault, model, modes, expected)| {
        let built = marked
            .iter()
            .find(|(_, marked)| marked.name == step)
            .ok_or_else(|| format!("[{step}] is marked nowhere"))
            .and_then(|(source, step)| Ok((source, mark::rewritten(source, step, fault)?)))
            .and_then(|(source, text)| workspace.build(&source.path, &text));
        let run = |mode| (mode, built.clone().map(|models| child::run(&models, model, mode, &[])));
        let ends = modes.into_iter().map(run).collect();
        Outcome { step, fault, model, ends, expected }
    })
}

/// What became of the steps: one is killed if every fault of it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    /// How many are marked.
    pub steps: usize,
    /// Of how many every fault is killed, and there is one.
    pub killed: usize,
    /// Of how many every fault is excused, and lives.
    pub excused: usize,
}

impl Summary {
    /// Of these outcomes.
    pub fn of(outcomes: &[Outcome]) -> Self {
        let steps = marked();
        let all = |wanted: fn(&Expected) -> bool| {
            let of =
                |step: &Step| outcomes.iter().filter(|outcome| outcome.step == step.name).collect::<Vec<_>>();
            let is = |outcome: &&Outcome| outcome.holds() && wanted(&outcome.expected);
            steps.iter().map(|(_, step)| of(step)).filter(|of| !of.is_empty() && of.iter().all(is)).count()
        };
        let killed = all(|expected| matches!(expected, Expected::Killed(_)));
        let excused = all(|expected| matches!(expected, Expected::Lives(_)));
        Self { steps: steps.len(), killed, excused }
    }

    /// Steps that are neither killed nor excused.
    pub fn survivors(self) -> usize {
        self.steps - self.killed - self.excused
    }

    /// Whether there is no survivor, and no more than one in ten is excused.
    pub fn holds(self) -> bool {
        self.survivors() == 0 && self.excused * 10 <= self.steps
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { steps, killed, excused } = self;
        write!(
            f,
            "steps: {killed} killed, {excused} excused, {} survivors of {steps} marked steps",
            self.survivors()
        )
    }
}
