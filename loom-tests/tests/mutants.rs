//! Every ordering in the sources carries weight: a row says which model fails when it is weakened, and by which report.
//! `ci/mutants.sh` runs all rows.

use std::path::Path;

use loom_tests::child::{self, End, Report, two_at_a_time};
use loom_tests::find;
use loom_tests::mutants::{EXCUSES, ROWS, Row, SURVIVORS, WRONG, is_at, site, sites_to_weaken};
use loom_tests::run::{Extent, Mode};
use loom_tests::sites::Site;

const MODELS: &str = env!("CARGO_BIN_EXE_models");

type Check<'a> = Box<dyn FnOnce() -> Result<(), String> + Send + 'a>;

/// Runs the checks, two at a time, and fails with all that they found.
fn all(checks: Vec<Check<'_>>) {
    let found = two_at_a_time(checks, |check| check().err());
    let found: Vec<String> = found.into_iter().flatten().collect();
    assert!(found.is_empty(), "{} of the table's lines do not hold:\n{}", found.len(), found.join("\n"));
}

fn run(model: &str, mode: Mode, variables: &[(&str, &str)]) -> End {
    child::run(Path::new(MODELS), model, mode, variables)
}

#[test]
fn every_wrong_protocol_fails_in_the_modes_that_are_named_and_no_other() {
    let runs = WRONG.iter().flat_map(|wrong| Mode::ALL.map(|mode| (wrong, mode)));
    let checks = runs.map(|(wrong, mode)| {
        let check = move || {
            let end = run(wrong.model, mode, &[]);
            let as_named = match wrong.modes.contains(&mode) {
                true => end.is(wrong.report),
                false => matches!(end, End::Passed { .. }),
            };
            as_named.then_some(()).ok_or_else(|| format!("{} {mode}: {end:?}", wrong.model))
        };
        Box::new(check) as Check<'_>
    });
    all(checks.collect());
}

#[test]
#[ignore = "takes long: ci/mutants.sh runs it"]
fn what_one_mode_lets_pass_is_killed_elsewhere() {
    let sites = sites_to_weaken();
    let weakened = SURVIVORS.iter().flat_map(|survivor| survivor.to.iter().map(move |to| (survivor, *to)));
    let checks = weakened.map(|(survivor, to)| {
        let at = site(&sites, survivor.place);
        let mutant = at.mutant(to);
        let check = move || {
            if !killing(at, to).any(|row| row.mode == Mode::Fence) {
                return Err(format!("{mutant}: no row kills it in fence mode"));
            }
            let end = run(survivor.passes, survivor.mode, &[("RCU_MUTANT", &mutant)]);
            let passed = matches!(end, End::Passed { mutant_met: true });
            passed.then_some(()).ok_or_else(|| format!("{mutant}: {}: {end:?}", survivor.passes))
        };
        Box::new(check) as Check<'_>
    });
    all(checks.collect());
}

/// Why the model's fences are preceded by an RMW: loom's own reduction explores too few orders of two fences, and passes a
/// counter that is stored with Relaxed.
#[test]
fn loom_alone_misses_a_mutant_that_the_rmw_before_fences_reveals() {
    let sites = sites_to_weaken();
    let mutant = site(&sites, ("rcu-core/src/grace_period.rs", "start", "store", 0)).mutant("Relaxed");
    let stock = [("RCU_MUTANT", mutant.as_str()), ("RCU_LOOM_STOCK_FENCES", "1")];
    let end = run("announce/two-sections", Mode::Fence, &stock);
    assert!(matches!(end, End::Passed { mutant_met: true }), "{end:?}");
    let end = run("announce/two-sections", Mode::Fence, &stock[..1]);
    assert!(end.is(Report::Race), "{end:?}");
}

#[test]
fn every_ordering_of_the_sources_is_in_the_table() {
    let missing = sites_to_weaken().into_iter().flat_map(|site| {
        let named = |to: &&&str| {
            killing(&site, to).next().is_none()
                && !EXCUSES.iter().any(|excuse| is_at(excuse.place, &site) && excuse.to == **to)
        };
        site.weaker()
            .iter()
            .filter(named)
            .map(|to| format!("{site} {} to {to}", site.ordering))
            .collect::<Vec<_>>()
    });
    let missing: Vec<String> = missing.collect();
    assert!(missing.is_empty(), "nothing says who notices these:\n{}", missing.join("\n"));
}

/// A bound may hide an execution: what a bounded model kills, it kills all the same, but a row that rests on it alone would
/// rest on where the bound was set.
#[test]
fn a_model_with_a_bound_is_never_the_only_one_that_kills_an_ordering() {
    let is_exhaustive =
        |row: &Row| find(row.model).is_some_and(|model| model.extent(row.mode) == Extent::Exhaustive);
    let mut bounded = Vec::new();
    for site in sites_to_weaken() {
        for to in site.weaker() {
            let mut rows = killing(&site, to).peekable();
            if rows.peek().is_some() && !rows.any(is_exhaustive) {
                bounded.push(format!("{site} to {to}"));
            }
        }
    }
    assert!(bounded.is_empty(), "only models with a bound kill these:\n{}", bounded.join("\n"));
}

/// What a plain `cargo test` runs has to notice the pairs on which every grace period rests, in each mode in which anything
/// notices them.
#[test]
fn a_model_of_the_test_suite_kills_each_ordering_of_the_core() {
    const CORE: &[(&str, &[&str])] = &[
        ("rcu-core/src/reader.rs", &["lock", "unlock", "scan"]),
        ("rcu-core/src/grace_period.rs", &["start"]),
        ("rcu-core/src/synchronize.rs", &["drive", "sleep"]),
        ("rcu-core/src/event.rs", &["set", "reset"]),
        ("rcu-core/src/callback/queue.rs", &["push", "take_before"]),
        ("rcu-core/src/pointer/option.rs", &["linked", "swap", "update"]),
    ];
    let is_of_core = |row: &&Row| {
        let (file, function, ..) = row.place;
        CORE.iter().any(|(core, functions)| *core == file && functions.contains(&function))
    };
    for row in ROWS.iter().filter(is_of_core) {
        for to in row.to {
            let mut like = ROWS
                .iter()
                .filter(|other| other.place == row.place && other.mode == row.mode && other.to.contains(to));
            let quick = like.any(|other| find(other.model).is_some_and(|model| model.is_quick(row.mode)));
            assert!(quick, "{:?} to {to}: only models that take long notice it, {}", row.place, row.mode);
        }
    }
    for (file, functions) in CORE {
        for function in *functions {
            let named = ROWS.iter().any(|row| (row.place.0, row.place.1) == (*file, *function));
            assert!(named, "no row for {function} in {file}");
        }
    }
}

/// The rows that kill this weakening.
fn killing<'a>(site: &'a Site, to: &'a str) -> impl Iterator<Item = &'static Row> + 'a {
    ROWS.iter().filter(move |row| is_at(row.place, site) && row.to.contains(&to))
}
