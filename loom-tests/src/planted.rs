//! Weaker orderings in the text of the sources, as a hand would put them there: what finds each is loom, in some model of the
//! quick set, with nothing of the run-time weakening, and no row of a table to say which.
//!
//! The quick set is every model that is not long, in both modes. Which of them is run first is a guess that saves time.

use std::fmt;

use crate::child::{self, End, Report, two_at_a_time};
use crate::models;
use crate::rewrite::Workspace;
use crate::run::Mode::{self, Fence, Membarrier};
use crate::run::Model;
use crate::sites::{Source, sources};

/// A text in a file that another one takes the place of.
#[derive(Debug)]
pub struct Plant {
    /// From the root of the workspace.
    pub file: &'static str,
    /// What is there.
    pub text: &'static str,
    /// How many like it come before it in the file.
    nth: usize,
    instead: &'static str,
    /// Who is likely to find it.
    guess: (&'static str, Mode),
}

const READER: &str = "rcu-core/src/reader.rs";
const PERIOD: &str = "rcu-core/src/grace_period.rs";
const SYNCHRONIZE: &str = "rcu-core/src/synchronize.rs";
const EVENT: &str = "rcu-core/src/event.rs";
const QUEUE: &str = "rcu-core/src/callback/queue.rs";
const WORKER: &str = "rcu-core/src/callback/worker.rs";
const OPTION: &str = "rcu-core/src/pointer/option.rs";
const CHAIN: &str = "rcu-core/src/pointer/list/chain.rs";

const fn plant(
    file: &'static str,
    text: &'static str,
    nth: usize,
    instead: &'static str,
    guess: (&'static str, Mode),
) -> Plant {
    Plant { file, text, nth, instead, guess }
}

const ACQUIRE: &str = "Ordering::Acquire";
const RELEASE: &str = "Ordering::Release";
const RELAXED: &str = "Ordering::Relaxed";

/// What is planted, one at a time.
pub const PLANTS: &[Plant] = &[
    // Announce, nest and leave: the stores of lock, nesting, leaving and un-nesting, in this order, and the scan.
    plant(READER, RELEASE, 0, RELAXED, ("announce/two-sections", Membarrier)),
    plant(READER, RELEASE, 1, RELAXED, ("nest/two-sections", Membarrier)),
    plant(READER, RELEASE, 2, RELAXED, ("announce/one-section", Fence)),
    plant(READER, RELEASE, 3, RELAXED, ("nest/two-sections", Membarrier)),
    plant(READER, ACQUIRE, 0, RELAXED, ("announce/one-section", Fence)),
    plant(PERIOD, ACQUIRE, 0, RELAXED, ("announce/one-section", Membarrier)),
    plant(PERIOD, RELEASE, 0, RELAXED, ("announce/two-sections", Fence)),
    plant(READER, "fence::light();", 0, "", ("announce/one-section", Fence)),
    plant(SYNCHRONIZE, "fence::full();", 0, "", ("wake/one-section", Fence)),
    plant(SYNCHRONIZE, "fence::remote();", 0, "", ("registration/handle", Membarrier)),
    // Wake.
    plant(READER, "fence::light();", 1, "", ("wake/one-section", Fence)),
    plant(SYNCHRONIZE, "self.period.heavy();", 0, "", ("wake/one-section", Fence)),
    plant(EVENT, RELEASE, 0, RELAXED, ("event/one-setter", Fence)),
    plant(EVENT, ACQUIRE, 0, RELAXED, ("event/one-setter", Fence)),
    // Publish.
    plant(OPTION, ACQUIRE, 0, RELAXED, ("pointer/swap", Fence)),
    plant(OPTION, "Ordering::AcqRel", 0, RELAXED, ("pointer/swap", Fence)),
    plant(OPTION, RELEASE, 0, RELAXED, ("pointer/update", Fence)),
    plant(CHAIN, RELEASE, 0, RELAXED, ("list/insert", Fence)),
    // Hand-over.
    plant(QUEUE, RELEASE, 0, RELAXED, ("queue/two-producers", Fence)),
    plant(QUEUE, ACQUIRE, 0, RELAXED, ("queue/two-producers", Fence)),
    plant(WORKER, RELEASE, 0, RELAXED, ("handover/stop", Fence)),
    plant(SYNCHRONIZE, RELEASE, 0, RELAXED, ("poll/left", Fence)),
];

impl Plant {
    /// The file's text with this in it, and the number of the line; nothing if it has no such place outside of comments.
    pub fn planted(&self, source: &Source) -> Option<(usize, String)> {
        let is_code = |line: &String| !line.trim_start().starts_with("//") && line.contains(self.text);
        let mut places = source.lines.iter().enumerate().filter(|(_, line)| is_code(line));
        let (at, line) = places.nth(self.nth)?;
        let mut lines = source.lines.clone();
        lines[at] = line.replacen(self.text, self.instead, 1);
        Some((at + 1, lines.join("\n") + "\n"))
    }
}

/// What became of a plant.
#[derive(Debug)]
pub struct Outcome {
    plant: &'static Plant,
    line: usize,
    found: Result<Found, String>,
}

#[derive(Debug)]
struct Found {
    model: &'static str,
    mode: Mode,
    report: Report,
    execution: Option<u64>,
}

impl Outcome {
    /// Whether loom found it.
    pub fn found(&self) -> bool {
        self.found.is_ok()
    }
}

/// A line of a Markdown table.
impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Plant { file, text, instead, .. }, line) = (self.plant, self.line);
        let instead = if instead.is_empty() { "nothing".to_owned() } else { format!("`{instead}`") };
        write!(f, "| {file}:{line}: `{text}` → {instead} | ")?;
        match &self.found {
            Ok(Found { model, mode, report, execution }) => {
                let execution = execution.map_or("-".to_owned(), |execution| execution.to_string());
                write!(f, "{report} in {model}, {mode}, execution {execution} |")
            }
            Err(error) => write!(f, "NOT FOUND |\n{error}"),
        }
    }
}

/// Plants each, builds, and runs models until one fails.
pub fn run() -> Vec<Outcome> {
    let (workspace, sources) = (Workspace::new(), sources());
    two_at_a_time(PLANTS.iter().collect(), |plant| {
        let source = sources.iter().find(|source| source.path == plant.file);
        let planted = source.and_then(|source| plant.planted(source));
        let Some((line, text)) = planted else {
            return Outcome { plant, line: 0, found: Err("the sources have no such place".to_owned()) };
        };
        let found = workspace.build(plant.file, &text).and_then(|executable| {
            let in_modes = |model: &'static Model| Mode::ALL.map(|mode| (model, mode));
            let quick = models().flat_map(in_modes).filter(|(model, mode)| model.is_quick(*mode));
            let runs = quick.map(|(model, mode)| (model.name, mode));
            let others = runs.filter(|run| *run != plant.guess);
            for (model, mode) in std::iter::once(plant.guess).chain(others) {
                let end = child::run(&executable, model, mode, &[]);
                if matches!(end, End::Passed { .. }) {
                    continue;
                }
                let report = [Report::Race, Report::Deadlock].into_iter().find(|report| end.is(*report));
                let report =
                    report.ok_or_else(|| format!("{model}, {mode}, by no report of loom: {end:?}"))?;
                return Ok(Found { model, mode, report, execution: end.execution() });
            }
            Err("every model passed".to_owned())
        });
        Outcome { plant, line, found }
    })
}
