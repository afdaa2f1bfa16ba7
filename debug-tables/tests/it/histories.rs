//! Random histories of a set of CPUs and of their lists: short ones, which shrink when they fail, and a long one, whose
//! tables grow and shrink in turn. `ci/histories.sh` runs more of it.

use std::cell::RefCell;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::model::{Phase, Random, Step, Tally, World, step};

/// So many steps one way, and then so many the other.
const PHASE: u64 = 300;

/// A number that the environment may set.
pub fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |text| text.parse().expect("a number"))
}

#[test]
fn short_histories_agree_with_plain_lists() {
    let sum = RefCell::new(Tally::default());
    let histories = prop::collection::vec(step(Phase::Grow), 0..60);
    let mut runner = TestRunner::new(Config { cases: 60, failure_persistence: None, ..Config::default() });
    let agrees = |steps: Vec<Step>| {
        let mut world = World::new();
        steps.iter().for_each(|step| world.step(step));
        sum.borrow_mut().add(world.tally);
        Ok::<(), TestCaseError>(())
    };
    runner.run(&histories, agrees).unwrap_or_else(|error| panic!("{error}"));
    sum.into_inner().assert_collisions();
}

#[test]
fn a_long_history_agrees_with_plain_lists() {
    let (steps, seed) = (number("RCU_HISTORY_STEPS", 1_500), number("RCU_HISTORY_SEED", 1));
    let mut random = [Phase::Grow, Phase::Shrink].map(|phase| Random::new(step(phase), seed));
    let mut world = World::new();
    for at in 0..steps {
        let step = random[(at / PHASE % 2) as usize].next();
        let taken = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| world.step(&step)));
        if let Err(panic) = taken {
            eprintln!("step {at} of seed {seed}: {step:x?}");
            std::panic::resume_unwind(panic);
        }
    }
    world.tally.assert_collisions();
}
