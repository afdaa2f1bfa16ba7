//! Starting a process for each job, and keeping what it prints.

use std::env;
use std::error::Error;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::scoreboard::report::{Row, csv};
use crate::scoreboard::{Job, Setup};

/// What was measured, and what became of the jobs that ended badly.
pub struct Gathered {
    pub rows: Vec<Row>,
    pub failures: Vec<String>,
}

/// Has the jobs measured so many times. Each row is in the file as soon as there is one. A job that ends badly takes none of the others
/// along.
pub fn measured(
    jobs: &[&Job],
    setup: &Setup,
    processes: usize,
    file: Option<&Path>,
) -> Result<Gathered, Box<dyn Error>> {
    let mut file = file.map(File::create).transpose()?;
    if let Some(file) = &mut file {
        writeln!(file, "{}", csv::HEADER)?;
    }
    let bar = ProgressBar::new((processes * jobs.len()) as u64);
    bar.set_style(ProgressStyle::with_template("{bar:40} {pos}/{len} {elapsed} {msg}")?);
    bar.enable_steady_tick(Duration::from_secs(1));
    let (mut rows, mut failures) = (Vec::new(), Vec::new());
    for process in 1..=processes {
        for job in jobs {
            bar.set_message(format!("{}, process {process}", job.name));
            let status = rows_of(job, setup, |mut row| {
                row.process = process;
                if let Some(file) = &mut file {
                    writeln!(file, "{}", csv::line(&row))?;
                }
                rows.push(row);
                Ok(())
            })?;
            if !status.success() {
                failures.push(format!("{}, process {process}: {status}", job.name));
            }
            bar.inc(1);
        }
    }
    bar.finish_and_clear();
    Ok(Gathered { rows, failures })
}

/// Has a job measured by a process of its own, and returns how that ended.
fn rows_of(
    job: &Job,
    setup: &Setup,
    mut each: impl FnMut(Row) -> Result<(), Box<dyn Error>>,
) -> Result<ExitStatus, Box<dyn Error>> {
    let mut command = Command::new(env::current_exe()?);
    command.args(["--rows", job.name, "--threads", &setup.threads.to_string()]);
    if setup.quick {
        command.arg("--quick");
    }
    let mut process = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
    if let Some(printed) = process.stdout.take() {
        for line in BufReader::new(printed).lines() {
            let line = line?;
            each(csv::row(&line).ok_or_else(|| format!("{}: {line:?} is no row", job.name))?)?;
        }
    }
    Ok(process.wait()?)
}
