//! The scenario in this process, and how a failure reads.

use std::time::{Duration, Instant};

use hartbreak::elf::Image;
use hartbreak::guest::ELF;
use hartbreak::machine::Machine;
use hartbreak::options::Options;
use hartbreak::{Failure, scenario};

use crate::alone::alone;

#[test]
fn a_short_scenario_with_few_harts_passes() {
    let _alone = alone();
    let machine = Machine::new(&Image::parse(ELF).unwrap()).unwrap();
    let options = Options { harts: 2, duration: Duration::from_millis(300), guest: None };
    let summary = scenario::run(machine, &options, None).unwrap_or_else(|failure| panic!("{failure}"));
    assert_eq!((summary.harts, summary.after_removal), (2, 0));
    assert!(summary.updates_while_running > 1000 && summary.hits > 0, "{summary:?}");
    let start = format!("PASS: 2 harts, {} updates while running, ", summary.updates_while_running);
    assert!(summary.to_string().starts_with(&start), "{summary}");
    assert!(summary.to_string().ends_with(" hits, 0 after removal"), "{summary}");
}

#[test]
fn a_machine_can_be_dropped_while_its_harts_run_or_are_stopped() {
    let _alone = alone();
    let mut machine = Machine::new(&Image::parse(ELF).unwrap()).unwrap();
    for _ in 0..2 {
        machine.start(|set, id, tables| set.join(id, tables)).unwrap();
    }
    let tick = machine.symbols.tick.into();
    machine.harts()[0].tables.breakpoints.insert(tick, debug_tables::Flags::GDB).unwrap();
    let start = Instant::now();
    while machine.rounds(0) < 1 || machine.rounds(1) < 3 {
        assert!(start.elapsed() < Duration::from_secs(20), "the harts do not get on");
        std::thread::yield_now();
    }
}

#[test]
fn a_failure_ends_in_the_line_that_names_the_check() {
    let failure = Failure::unless_equal("removal", "hits", 0, 7).unwrap_err();
    assert_eq!(failure.to_string(), "expected hits: 0\nseen     7\nFAIL: removal");
    assert_eq!(Failure::unless_equal("removal", "hits", 7, 7), Ok(()));
}
