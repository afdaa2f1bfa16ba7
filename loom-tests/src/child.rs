//! Runs a model in a process of its own, with one ordering weakened or not, and says how it ended.
//!
//! A failing model may abort its process, and a mutant is chosen by the environment: hence the process. It counts as killed
//! only by the report that was expected; a time-out, a branch limit and any other failure are defects of the table.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::run::Mode;

/// How long a child may take. A mutant that is killed is killed within seconds.
const LIMIT: Duration = Duration::from_secs(240);

/// What kills a mutant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Report {
    /// loom saw two accesses that nothing orders.
    Race,
    /// loom saw all threads blocked: a wake-up was lost.
    Deadlock,
    /// An assertion of the model with this text.
    Says(&'static str),
}

impl Report {
    /// What the failing child prints.
    pub fn text(self) -> &'static str {
        match self {
            Self::Race => "Causality violation",
            Self::Deadlock => "deadlock; threads",
            Self::Says(text) => text,
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Race => f.write_str("race"),
            Self::Deadlock => f.write_str("deadlock"),
            Self::Says(text) => write!(f, "\"{text}\""),
        }
    }
}

/// How a child ended.
#[derive(Debug)]
pub enum End {
    /// Every execution passed. Whether one came by the weakened place.
    Passed {
        /// Whether one came by the weakened place.
        mutant_met: bool,
    },
    /// With this on its standard error.
    Failed(String),
    /// Not within the limit.
    TimedOut,
}

impl End {
    /// The execution that failed.
    pub fn execution(&self) -> Option<u64> {
        let Self::Failed(text) = self else { return None };
        text.split_once(FAILED)?.1.lines().next()?.parse().ok()
    }

    /// Whether this is a failure with that report, and it came first: what panics while a model unwinds may say anything.
    pub fn is(&self, report: Report) -> bool {
        let Self::Failed(text) = self else { return false };
        text.split(FAILED).nth(1).is_some_and(|first| first.contains(report.text()))
    }
}

/// What a child says, before the execution's number, when it fails.
pub const FAILED: &str = "failed in execution ";

/// The line by which a child says that an execution came by the weakened place.
pub const MET: &str = "the mutant was met";

/// Runs `models run` of this executable for a model, under these variables.
pub fn run(models: &Path, model: &str, mode: Mode, variables: &[(&str, &str)]) -> End {
    match print(models, &["run", model, &mode.to_string()], variables, LIMIT) {
        Ok(printed) => End::Passed { mutant_met: printed.contains(MET) },
        Err(end) => end,
    }
}

/// Runs this executable with these arguments and variables, and returns what it printed if it succeeded within the limit.
pub fn print(
    models: &Path,
    arguments: &[&str],
    variables: &[(&str, &str)],
    limit: Duration,
) -> Result<String, End> {
    let mut command = Command::new(models);
    command.args(arguments);
    command.env_remove("RCU_MUTANT").env_remove("RCU_LOOM_STOCK_FENCES").env("RUST_BACKTRACE", "0");
    command.envs(variables.iter().copied());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the models are built");
    let start = Instant::now();
    loop {
        // What a child prints fits in a pipe: it is read at the end.
        match child.try_wait().expect("a child of ours") {
            Some(status) if status.success() => return Ok(text(child.stdout.take())),
            Some(_) => return Err(End::Failed(text(child.stderr.take()))),
            None if start.elapsed() > limit => return Err(stop(child)),
            None => std::thread::sleep(Duration::from_millis(5)),
        }
    }
}

/// Does every job, two at a time: what children do takes a processor each. The results are in the order of the jobs.
pub fn two_at_a_time<J: Send, R: Send>(jobs: Vec<J>, run: impl Fn(J) -> R + Sync) -> Vec<R> {
    let queue = Mutex::new(jobs.into_iter().enumerate());
    let results = Mutex::new(BTreeMap::new());
    let next = || queue.lock().expect("no holder panics").next();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some((at, job)) = next() {
                    let result = run(job);
                    results.lock().expect("no holder panics").insert(at, result);
                }
            });
        }
    });
    results.into_inner().expect("no holder panics").into_values().collect()
}

fn text(pipe: Option<impl Read>) -> String {
    let mut bytes = Vec::new();
    pipe.expect("piped").read_to_end(&mut bytes).expect("a pipe can be read");
    String::from_utf8_lossy(&bytes).into_owned()
}

fn stop(mut child: Child) -> End {
    // It may have ended in between: then there is nothing to kill.
    let _ = child.kill();
    child.wait().expect("a child of ours");
    End::TimedOut
}
