//! Runs every model in both modes, each in a process of its own, two at a time, and says how each ended.

use std::fmt;
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use crate::child::{self, End};
use crate::models;
use crate::run::{Completed, Mode, Model};

/// How long one model may take. The longest takes a quarter of that.
const LIMIT: Duration = Duration::from_secs(3600);

/// A model in a mode, and how it ended.
#[derive(Debug)]
pub struct Outcome {
    /// The model.
    pub model: &'static Model,
    /// The mode.
    pub mode: Mode,
    /// What it took; or how it failed, and a run that was cut short has.
    pub end: Result<Completed, End>,
}

/// A line for whoever waits.
impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { model, mode, end } = self;
        write!(f, "{} {mode}: ", model.name)?;
        match end {
            Ok(completed) => write!(f, "completed ({}), {completed}", model.extent(*mode)),
            Err(end) => write!(f, "FAILED: {end:?}"),
        }
    }
}

impl Outcome {
    /// The head of the table of [rows](Self::row).
    pub const HEAD: &str = "| protocol | model | mode | threads | executions | time | explored | covered by | shows |\n\
        |---|---|---|---|---|---|---|---|---|";

    /// A line of a Markdown table.
    pub fn row(&self) -> String {
        let Self { model, mode, end } = self;
        let (protocol, name) = model.name.split_once('/').expect("protocol/name");
        let (executions, time) = match end {
            Ok(Completed { executions, time }) => {
                (executions.to_string(), format!("{:.2} s", time.as_secs_f64()))
            }
            Err(_) => ("FAILED".to_owned(), "-".to_owned()),
        };
        let (threads, explored, shows) = (model.threads, model.extent(*mode), model.shows);
        let covered_by = if model.is_exhaustive(*mode) { String::new() } else { model.covered_by.join(", ") };
        format!(
            "| {protocol} | {name} | {mode} | {threads} | {executions} | {time} | {explored} | {covered_by} | {shows} |"
        )
    }
}

/// Runs all. Each is handed to `ended` as soon as it has, and returned in the order of the models.
pub fn all(executable: &Path, ended: impl Fn(&Outcome) + Sync) -> Vec<Outcome> {
    let mut runs: Vec<(usize, &Model, Mode)> =
        models().flat_map(|model| Mode::ALL.map(|mode| (model, mode))).enumerate().map(flat).collect();
    // From the end: the long ones first, so that none is left alone at last.
    runs.sort_by_key(|(_, model, mode)| !model.is_quick(*mode));
    let queue = Mutex::new(runs);
    let outcomes = Mutex::new(Vec::new());
    let next = || queue.lock().expect("no holder panics").pop();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some((place, model, mode)) = next() {
                    let arguments = ["run", model.name, &mode.to_string()];
                    let end = child::print(executable, &arguments, &[], LIMIT).map(|printed| {
                        Completed::parse(&printed).expect("a child that passed says what it took")
                    });
                    let outcome = Outcome { model, mode, end };
                    ended(&outcome);
                    outcomes.lock().expect("no holder panics").push((place, outcome));
                }
            });
        }
    });
    let mut outcomes = outcomes.into_inner().expect("no holder panics");
    outcomes.sort_by_key(|(place, _)| *place);
    outcomes.into_iter().map(|(_, outcome)| outcome).collect()
}

fn flat((place, (model, mode)): (usize, (&'static Model, Mode))) -> (usize, &'static Model, Mode) {
    (place, model, mode)
}
