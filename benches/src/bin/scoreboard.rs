//! Measures jobs, and prints and writes what they took.
//!
//! ```console
//! $ cargo run --release -p benches --bin scoreboard -- --jobs tables --csv scoreboard.csv
//! $ cargo run --release -p benches --bin scoreboard -- --jobs bp-miss,wp-miss --quick
//! ```

use std::error::Error;
use std::fs;
use std::path::PathBuf;

use benches::scoreboard::measure::Effort;
use benches::scoreboard::report::{csv, markdown};
use benches::scoreboard::{JOBS, Job};
use lexopt::prelude::*;

const USAGE: &str = "\
usage: scoreboard [--jobs NAMES] [--csv FILE] [--quick]
  --jobs NAMES  jobs or groups of jobs, with commas between them; all if not given
  --csv FILE    where to write the figures
  --quick       shorter, and less exact";

struct Arguments {
    jobs: Vec<Job>,
    csv: Option<PathBuf>,
    effort: Effort,
}

fn arguments() -> Result<Option<Arguments>, lexopt::Error> {
    let mut arguments = Arguments { jobs: JOBS.to_vec(), csv: None, effort: Effort::FULL };
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("jobs") => arguments.jobs = jobs(&parser.value()?.string()?)?,
            Long("csv") => arguments.csv = Some(parser.value()?.into()),
            Long("quick") => arguments.effort = Effort::QUICK,
            Short('h') | Long("help") => return Ok(None),
            _ => return Err(argument.unexpected()),
        }
    }
    Ok(Some(arguments))
}

fn jobs(names: &str) -> Result<Vec<Job>, lexopt::Error> {
    let is = |job: &Job, name| job.name == name || job.group == name;
    for name in names.split(',') {
        if !JOBS.iter().any(|job| is(job, name)) {
            return Err(format!("no job and no group is called {name:?}").into());
        }
    }
    Ok(JOBS.iter().filter(|job| names.split(',').any(|name| is(job, name))).copied().collect())
}

fn main() -> Result<(), Box<dyn Error>> {
    let Some(arguments) = arguments()? else {
        println!("{USAGE}");
        return Ok(());
    };
    let rows: Vec<_> = arguments.jobs.iter().flat_map(|job| job.run(arguments.effort)).collect();
    print!("{}", markdown(&rows));
    if let Some(file) = arguments.csv {
        fs::write(file, csv(&rows))?;
    }
    Ok(())
}
