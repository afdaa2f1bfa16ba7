//! Sections of every shape, on one thread and on several.

use super::measure::{Effort, Work, timed, until};
#[cfg(feature = "liburcu")]
use super::rivals::liburcu::{self, Liburcu};
use super::rivals::{
    Read, Shape, arc_swap, crossbeam_epoch, floors, haphazard, kovan, left_right, locks, rcu_core, sdd, seize,
};
use super::threads::at_once;
use super::{Entrant, Job, Measure, Setup};

pub const JOB: Job = Job {
    name: "read",
    group: "readers",
    measures: &[Measure::median("ns")],
    full: Effort::new(51, 300),
    quick: Effort::new(5, 100),
    entrants,
};

/// The cases: a shape, and where its loop stands in the code.
const CASES: [(&str, Shape, usize); 5] = [
    ("pair at 0", Shape::Pair, 0),
    ("pair at 32", Shape::Pair, 1),
    ("nested", Shape::Nested, 0),
    ("in an outer", Shape::Outer, 0),
    ("100 loads", Shape::Long, 0),
];

fn entrants(setup: &Setup) -> Vec<Entrant> {
    let mut entrants = Vec::new();
    for threads in setup.threads() {
        for (case, shape, layout) in CASES {
            let work =
                |of: fn(&str, Shape, usize, usize) -> Option<Entrant>| of(case, shape, layout, threads);
            entrants.extend(subjects().iter().filter_map(|&of| work(of)));
        }
    }
    #[cfg(feature = "liburcu")]
    entrants.extend(program::entrants());
    entrants
}

type Of = fn(&str, Shape, usize, usize) -> Option<Entrant>;

fn subjects() -> Vec<Of> {
    let all: &[Of] = &[
        of::<floors::Load>,
        of::<floors::Store>,
        of::<floors::Nesting>,
        of::<rcu_core::Thread>,
        of::<rcu_core::Handle>,
        of::<rcu_core::Quiescent>,
        #[cfg(feature = "liburcu")]
        of::<Liburcu<liburcu::Memb>>,
        #[cfg(feature = "liburcu")]
        of::<Liburcu<liburcu::MembCalled>>,
        #[cfg(feature = "liburcu")]
        of::<Liburcu<liburcu::Bp>>,
        #[cfg(feature = "liburcu")]
        of::<Liburcu<liburcu::BpCalled>>,
        #[cfg(feature = "liburcu")]
        of::<Liburcu<liburcu::Mb>>,
        #[cfg(feature = "liburcu")]
        of::<Liburcu<liburcu::MbCalled>>,
        #[cfg(feature = "liburcu")]
        of::<Liburcu<liburcu::Qsbr>>,
        #[cfg(feature = "liburcu")]
        of::<Liburcu<liburcu::QsbrCalled>>,
        of::<crossbeam_epoch::Thread>,
        of::<crossbeam_epoch::Handle>,
        of::<crossbeam_epoch::Repinned>,
        of::<seize::Thread>,
        of::<seize::Refreshed>,
        of::<haphazard::Haphazard>,
        of::<arc_swap::Load>,
        of::<arc_swap::Cached>,
        of::<sdd::Sdd>,
        of::<kovan::Kovan>,
        of::<left_right::LeftRight>,
        of::<locks::Locked<std::sync::RwLock<super::rivals::Payload>>>,
        of::<locks::Locked<parking_lot::RwLock<super::rivals::Payload>>>,
        of::<locks::Locked<std::sync::Mutex<super::rivals::Payload>>>,
        of::<locks::Locked<parking_lot::Mutex<super::rivals::Payload>>>,
    ];
    all.to_vec()
}

fn of<S: Read>(case: &str, shape: Shape, layout: usize, threads: usize) -> Option<Entrant> {
    let work = if layout == 0 { work::<S, 0>(shape, threads) } else { work::<S, 1>(shape, threads) };
    Some(Entrant::new::<S>(case, threads, work?))
}

fn work<S: Read, const LAYOUT: usize>(shape: Shape, threads: usize) -> Option<Work> {
    /// Between two looks at the clock.
    const PAIRS: u64 = 20_000;
    const LONG: u64 = 200;

    let subject = S::new();
    subject.sections::<LAYOUT>(&mut subject.reader(), shape, 1)?;
    let count = if shape == Shape::Long { LONG } else { PAIRS };
    Some(Box::new(move |turn, samples| {
        let piece = |reader: &mut S::Reader<'_>| {
            let mut sum = None;
            let figure = timed(count, || sum = subject.sections::<LAYOUT>(reader, shape, count));
            assert_eq!(sum, Some(shape.sum(count)), "{}: a reader found what is not valid", S::NAME);
            figure
        };
        let (figures, ()) = at_once(
            threads,
            |start| {
                let mut reader = subject.reader();
                subject.idle(&mut reader, || {
                    start.wait();
                });
                until(turn, || piece(&mut reader))
            },
            || (),
        );
        let operations = figures.iter().map(|(operations, _)| operations).sum();
        samples.took(operations, figures.iter().map(|(_, took)| *took).sum());
    }))
}

/// The program that times the inlined pair of liburcu by itself: what it prints should be what is measured here.
#[cfg(feature = "liburcu")]
mod program {
    use std::process::Command;

    use super::{CASES, Entrant};

    pub fn entrants() -> impl Iterator<Item = Entrant> {
        (0..2).map(|layout| Entrant {
            subject: "liburcu-memb",
            variant: "program",
            case: CASES[layout].0.to_string(),
            threads: 1,
            work: Box::new(move |turn, samples| {
                let printed = Command::new(env!("LIBURCU_PROGRAM"))
                    .arg(turn.as_nanos().to_string())
                    .output()
                    .expect("it was built with this one");
                let printed = String::from_utf8(printed.stdout).expect("it prints numbers");
                let figure = printed.lines().nth(layout).and_then(|line| line.parse().ok());
                samples.push(0, figure.expect("it prints a number for each layout"));
            }),
        })
    }
}
