//! Lists, runs and reports the models: `models list | run NAME MODE | all | report | kill | steps [NAME...] | planted | mutants | sites`.

use std::process::ExitCode;

use loom_tests::run::{Mode, Model, executions, run};
use loom_tests::{child, find, kill, models, mutants, planted, sites, steps};
use rcu_core::sync::model::mutant::mutant_was_met;

const USAGE: &str = "usage: models list | run NAME fence|membarrier | all | report | kill | steps [NAME...] | planted | mutants | sites";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match &args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["list"] => models().for_each(|model| println!("{}: {}", model.name, model.shows)),
        ["run", name, mode] => {
            let (Some(model), Some(mode)) = (find(name), Mode::parse(mode)) else { return usage() };
            report_failing_execution();
            run_one(model, mode);
            if mutant_was_met() {
                println!("{}", child::MET);
            }
        }
        ["all"] => each(run_one),
        ["report"] => {
            println!(
                "| model | mode | threads | explored | executions | time | shows |\n|---|---|---|---|---|---|---|"
            );
            each(report);
        }
        ["kill"] => {
            let models = std::env::current_exe().expect("a program has a path");
            let (outcomes, excuses) = (kill::rows(&models), kill::excuses(&models));
            println!("| mutant | killed | by | mode | in execution |\n|---|---|---|---|---|");
            outcomes.iter().for_each(|outcome| println!("{outcome}"));
            excuses.iter().for_each(|excused| println!("{excused}"));
            let summary = kill::Summary::of(&outcomes);
            println!("{summary}");
            let as_said =
                outcomes.iter().all(kill::Outcome::killed) && excuses.iter().all(kill::Excused::lives);
            if !summary.holds() || !as_said {
                return ExitCode::FAILURE;
            }
        }
        ["steps", names @ ..] => {
            let outcomes = steps::run(names);
            println!("| step | killed | by | mode | in execution |\n|---|---|---|---|---|");
            outcomes.iter().for_each(|outcome| println!("{outcome}"));
            let summary = steps::Summary::of(&outcomes);
            println!("{summary}");
            if !summary.holds() || !outcomes.iter().all(steps::Outcome::holds) {
                return ExitCode::FAILURE;
            }
        }
        ["planted"] => {
            let outcomes = planted::run();
            println!("| planted | found by |\n|---|---|");
            outcomes.iter().for_each(|outcome| println!("{outcome}"));
            let found = outcomes.iter().filter(|outcome| outcome.found()).count();
            println!("planted: {found} found of {}", outcomes.len());
            if found < outcomes.len() {
                return ExitCode::FAILURE;
            }
        }
        ["mutants"] => print!("{}", mutants::table()),
        ["sites"] => {
            for site in sites::sources().iter().flat_map(sites::Source::sites) {
                println!("{site} {} {}:{} {:?}", site.ordering, site.file, site.line, site.tags());
            }
        }
        _ => return usage(),
    }
    ExitCode::SUCCESS
}

fn usage() -> ExitCode {
    eprintln!("{USAGE}");
    ExitCode::from(2)
}

/// Has the first panic say in which execution it is. Later, the process may be gone: a failing model may abort it.
fn report_failing_execution() {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        eprintln!("{}{}", child::FAILED, executions());
        hook(panic);
    }));
}

fn each(f: fn(&'static Model, Mode)) {
    for model in models() {
        for mode in Mode::ALL {
            f(model, mode);
        }
    }
}

fn run_one(model: &'static Model, mode: Mode) {
    let completed = run(model, mode);
    let (executions, seconds) = (completed.executions, completed.time.as_secs_f64());
    println!(
        "{} {mode}: completed ({}), {executions} executions, {seconds:.2} s",
        model.name,
        model.extent(mode)
    );
}

fn report(model: &'static Model, mode: Mode) {
    let completed = run(model, mode);
    println!(
        "| {} | {mode} | {} | {} | {} | {:.2} s | {} |",
        model.name,
        model.threads,
        model.extent(mode),
        completed.executions,
        completed.time.as_secs_f64(),
        model.shows,
    );
}
