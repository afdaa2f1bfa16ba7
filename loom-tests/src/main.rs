//! Lists, runs and reports the models: `models list | run NAME MODE | places NAME MODE | all | report | pairs | kill |
//! steps [NAME...] | planted | mutants | sites`.

use std::path::PathBuf;
use std::process::ExitCode;

use loom_tests::run::{Mode, executions, run};
use loom_tests::suite::{self, Outcome};
use loom_tests::{child, find, kill, models, mutants, pairs, planted, sites, steps};
use rcu_core::sync::model::mutant::mutant_was_met;

const USAGE: &str = "usage: models list | run NAME fence|membarrier | places NAME fence|membarrier | all | report | pairs | kill | \
    steps [NAME...] | planted | mutants | sites";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match &args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["list"] => models().for_each(|model| println!("{}: {}", model.name, model.shows)),
        ["run", name, mode] => {
            let (Some(model), Some(mode)) = (find(name), Mode::parse(mode)) else { return usage() };
            report_failing_execution();
            let completed = run(model, mode);
            if mutant_was_met() {
                println!("{}", child::MET);
            }
            println!("{}", Outcome { model, mode, end: Ok(completed) });
        }
        ["places", name, mode] => {
            let (Some(model), Some(mode)) = (find(name), Mode::parse(mode)) else { return usage() };
            pairs::print_places(model, mode);
        }
        ["pairs"] => print!("{}", pairs::table(&pairs::all(&executable()))),
        ["all"] => {
            if !all_pass(|outcome| println!("{outcome}"), |_| {}) {
                return ExitCode::FAILURE;
            }
        }
        ["report"] => {
            let table = |outcomes: &[Outcome]| {
                println!("{}", Outcome::HEAD);
                outcomes.iter().for_each(|outcome| println!("{}", outcome.row()));
            };
            if !all_pass(|outcome| eprintln!("{outcome}"), table) {
                return ExitCode::FAILURE;
            }
        }
        ["kill"] => {
            let models = executable();
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

fn executable() -> PathBuf {
    std::env::current_exe().expect("a program has a path")
}

fn all_pass(each: fn(&Outcome), then: fn(&[Outcome])) -> bool {
    let outcomes = suite::all(&executable(), each);
    then(&outcomes);
    let failed = outcomes.iter().filter(|outcome| outcome.end.is_err());
    let failed = failed.inspect(|outcome| eprintln!("{outcome}")).count();
    eprintln!("models: {} passed, {failed} failed", outcomes.len() - failed);
    failed == 0
}
