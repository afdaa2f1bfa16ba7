//! Waiting for readers: beside one that is idle, beside one that runs sections and others that are registered, and by several
//! updaters at once.

use std::time::Instant;

use super::measure::{Effort, Work, nanoseconds, timed, until};
use super::rivals::{Synchronize, left_right, lists};
use super::threads::{Readers, at_once, beside};
use super::{Entrant, Job, LATENCY, Measure};

/// An entrant of everybody, made by a function.
macro_rules! of_all {
    ($case:expr, $of:ident) => {{
        let mut all: Vec<fn(Case) -> Entrant> = lists::rcus!($of);
        all.push($of::<left_right::LeftRight>);
        all.into_iter().map(|of| of($case))
    }};
}

pub const IDLE: Job = Job {
    name: "sync-idle",
    group: "synchronize",
    measures: &[Measure::median("ns")],
    full: Effort::new(51, 1_000),
    quick: Effort::new(5, 200),
    entrants: |_| of_all!(Case { name: "one idle", readers: ONE_IDLE, updaters: 1 }, mean).collect(),
};

pub const BUSY: Job = Job {
    name: "sync-busy",
    group: "synchronize",
    measures: LATENCY,
    full: Effort::new(15, 10_000),
    quick: Effort::new(3, 1_000),
    entrants: |_| {
        let mut entrants = Vec::new();
        for (name, registered) in [("1 registered", 1), ("8 registered", 8), ("64 registered", 64)] {
            let readers = Readers { idle: registered - 1, running: 1 };
            entrants.extend(of_all!(Case { name, readers, updaters: 1 }, each));
        }
        entrants
    },
};

pub const CONCURRENT: Job = Job {
    name: "sync-concurrent",
    group: "synchronize",
    measures: &[Measure::median("ns")],
    full: Effort::new(15, 5_000),
    quick: Effort::new(3, 1_000),
    entrants: |_| {
        let mut entrants = Vec::new();
        for (name, readers) in [("one idle", ONE_IDLE), ("one running", Readers { idle: 0, running: 1 })] {
            for updaters in [1, 2, 4, 8] {
                entrants.extend(of_all!(Case { name, readers, updaters }, mean));
            }
        }
        entrants
    },
};

const ONE_IDLE: Readers = Readers { idle: 1, running: 0 };

/// Beside whom, and how many at once.
#[derive(Clone, Copy)]
struct Case {
    name: &'static str,
    readers: Readers,
    updaters: usize,
}

/// Between two looks at the clock.
const PIECE: u64 = 16;

/// What one took, of all that were done at once: the time that passed, by their number.
fn mean<S: Synchronize>(case: Case) -> Entrant {
    let subject = S::new();
    let work: Work = Box::new(move |turn, samples| {
        let piece = || timed(PIECE, || (0..PIECE).for_each(|_| subject.synchronize()));
        let figures = beside(&subject, case.readers, || {
            let updater = |start: &std::sync::Barrier| {
                start.wait();
                until(turn, piece)
            };
            if case.updaters == 1 {
                vec![until(turn, piece)]
            } else {
                at_once(case.updaters, updater, || ()).0
            }
        });
        let operations: u64 = figures.iter().map(|(operations, _)| operations).sum();
        let took: f64 = figures.iter().map(|(_, took)| nanoseconds(*took)).sum();
        samples.push(0, took / figures.len() as f64 / operations as f64);
    });
    Entrant::new::<S>(case.name, case.updaters, work)
}

/// What each took.
fn each<S: Synchronize>(case: Case) -> Entrant {
    let subject = S::new();
    let work: Work = Box::new(move |turn, samples| {
        beside(&subject, case.readers, || {
            until(turn, || {
                let begun = Instant::now();
                subject.synchronize();
                let took = begun.elapsed();
                samples.took(1, took);
                (1, took)
            });
        });
    });
    Entrant::new::<S>(case.name, case.updaters, work)
}
