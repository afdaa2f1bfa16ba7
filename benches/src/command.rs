//! The command line of the scoreboard.
//!
//! The program that is started measures nothing: for each process that was asked for, and each job, it starts itself with `--rows`,
//! which measures that job and prints its rows. Threads and libraries of one job are then not there when the next one is measured; what is
//! interrupted has lost the job that was being measured, and no more.

mod arguments;
mod gather;

use std::error::Error;
use std::fs;
use std::io::{self, Write};
use std::panic;
use std::process::{self, ExitCode};

use crate::scoreboard::report::{csv, markdown, medians, plots, targets};
use crate::scoreboard::{Job, Setup, flood, read};
use arguments::{Arguments, Asked, Source, Task};
use gather::Gathered;

/// Does what the command line asks for.
pub fn run() -> ExitCode {
    let done = match arguments::parse() {
        Ok(Task::Help) => {
            println!("{}", arguments::USAGE);
            Ok(())
        }
        Ok(Task::Rows(job, setup)) => rows(job, &setup),
        Ok(Task::Flood(asked)) => flooded(&asked),
        Ok(Task::Pairs(asked)) => pairs(&asked),
        Ok(Task::Report(arguments)) => report(&arguments),
        Err(error) => {
            eprintln!("scoreboard: {error}\n{}", arguments::USAGE);
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("scoreboard: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Ends the process when any thread panics: the others may be waiting for it.
fn abort_on_panic() {
    let report = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        report(panic);
        process::abort();
    }));
}

/// Measures a job in this process, and prints its rows.
fn rows(job: &Job, setup: &Setup) -> Result<(), Box<dyn Error>> {
    abort_on_panic();
    let rows = job.run(setup);
    let mut out = io::stdout().lock();
    rows.iter().try_for_each(|row| writeln!(out, "{}", csv::line(row)))?;
    Ok(())
}

/// Floods this process, and prints the most memory that it had, and how much more that is than before.
fn flooded(asked: &Asked) -> Result<(), Box<dyn Error>> {
    abort_on_panic();
    let [most, more] =
        flood::run(&asked.subject, &asked.variant, asked.count).ok_or_else(|| asked.unknown())?;
    println!("{most:.1} {more:.1}");
    Ok(())
}

/// Runs pairs, and says nothing.
fn pairs(asked: &Asked) -> Result<(), Box<dyn Error>> {
    read::run(&asked.subject, &asked.variant, asked.count).ok_or_else(|| asked.unknown().into())
}

/// Has everything measured, or reads what was, and reports it.
fn report(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let Gathered { rows, failures } = match &arguments.source {
        Source::Measure { jobs, setup, processes } => {
            gather::measured(jobs, setup, *processes, arguments.csv.as_deref())?
        }
        Source::File(file) => {
            let rows = fs::read_to_string(file)?.lines().filter_map(csv::row).collect();
            Gathered { rows, failures: Vec::new() }
        }
    };
    let outcomes = targets::outcomes(&rows);
    let text = markdown::markdown(&medians(&rows)) + &targets::markdown(&outcomes);
    io::stdout().write_all(text.as_bytes())?;
    if let Some(folder) = &arguments.out {
        fs::create_dir_all(folder)?;
        fs::write(folder.join("tables.md"), text)?;
        fs::write(folder.join("targets.csv"), targets::csv(&outcomes))?;
        plots::draw(&medians(&rows), folder)?;
    }
    if failures.is_empty() { Ok(()) } else { Err(failures.join("; ").into()) }
}
