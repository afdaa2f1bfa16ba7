//! What may be asked for.

use std::path::PathBuf;
use std::thread;

use lexopt::prelude::*;

use crate::scoreboard::{JOBS, Job, Setup};

pub const USAGE: &str = "\
usage: scoreboard [--quick] [--jobs NAMES] [--threads N] [--processes N] [--csv FILE] [--out FOLDER]
       scoreboard --from FILE [--out FOLDER]
  --quick        shorter, less exact, and in one process
  --jobs NAMES   jobs or groups of jobs, with commas between them; all if not given
  --threads N    the most threads that measure at once; as many as there are processors if not given
  --processes N  measure everything in so many processes, one after another; 5 if not given
  --csv FILE     where to write the figures, each job's when it is done
  --out FOLDER   where to write tables and plots
  --from FILE    measure nothing, but report the figures of such a file, whole or not
  --pairs SUBJECT,VARIANT,COUNT
                 measure nothing, but run so many pairs of sections, for a tool that counts instructions";

/// What to do.
pub enum Task {
    Help,
    /// Measure a job here, and print its rows.
    Rows(&'static Job, Setup),
    /// Flood this process, and print the most memory that it had, and how much more that is than before.
    Flood(Asked),
    /// Run pairs of sections, for who counts their instructions.
    Pairs(Asked),
    Report(Arguments),
}

/// So much of a subject, in one of its ways.
pub struct Asked {
    pub subject: String,
    pub variant: String,
    pub count: u64,
}

impl Asked {
    pub fn unknown(&self) -> String {
        format!("nobody is called {} {}", self.subject, self.variant)
    }
}

pub struct Arguments {
    pub source: Source,
    pub csv: Option<PathBuf>,
    pub out: Option<PathBuf>,
}

pub enum Source {
    Measure { jobs: Vec<&'static Job>, setup: Setup, processes: usize },
    File(PathBuf),
}

pub fn parse() -> Result<Task, lexopt::Error> {
    let processors = thread::available_parallelism().map_or(1, Into::into);
    let mut setup = Setup { threads: processors, quick: false };
    let (mut jobs, mut rows, mut processes) = (JOBS.iter().collect(), None, None);
    let (mut csv, mut out, mut from) = (None, None, None);
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("quick") => setup.quick = true,
            Long("jobs") => jobs = named(&parser.value()?.string()?)?,
            Long("threads") => setup.threads = positive(parser.value()?.parse()?)?,
            Long("processes") => processes = Some(positive(parser.value()?.parse()?)?),
            Long("csv") => csv = Some(parser.value()?.into()),
            Long("out") => out = Some(parser.value()?.into()),
            Long("from") => from = Some(parser.value()?.into()),
            Long("rows") => rows = named(&parser.value()?.string()?)?.into_iter().next(),
            Long("flood") => return asked(&parser.value()?.string()?).map(Task::Flood),
            Long("pairs") => return asked(&parser.value()?.string()?).map(Task::Pairs),
            Short('h') | Long("help") => return Ok(Task::Help),
            _ => return Err(argument.unexpected()),
        }
    }
    if let Some(job) = rows {
        return Ok(Task::Rows(job, setup));
    }
    let processes = processes.unwrap_or(if setup.quick { 1 } else { 5 });
    let source = from.map_or(Source::Measure { jobs, setup, processes }, Source::File);
    Ok(Task::Report(Arguments { source, csv, out }))
}

fn named(names: &str) -> Result<Vec<&'static Job>, lexopt::Error> {
    let is = |job: &Job, name| job.name == name || job.group == name;
    for name in names.split(',') {
        if !JOBS.iter().any(|job| is(job, name)) {
            return Err(format!("no job and no group is called {name:?}").into());
        }
    }
    Ok(JOBS.iter().filter(|job| names.split(',').any(|name| is(job, name))).collect())
}

fn positive(number: usize) -> Result<usize, lexopt::Error> {
    if number == 0 { Err("there is no 0th".into()) } else { Ok(number) }
}

/// `SUBJECT,VARIANT,COUNT`, as scripts and the flood job ask.
fn asked(text: &str) -> Result<Asked, lexopt::Error> {
    let fields: Vec<_> = text.split(',').collect();
    let [subject, variant, count] = fields[..] else {
        return Err(format!("{text:?} is not SUBJECT,VARIANT,COUNT").into());
    };
    let count = count.parse().map_err(|_| format!("{count:?} is not a number"))?;
    Ok(Asked { subject: subject.to_string(), variant: variant.to_string(), count })
}
