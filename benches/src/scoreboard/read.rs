//! Sections of every shape, on one thread and on several.

use super::measure::{Effort, Work, timed, until};
#[cfg(feature = "liburcu")]
use super::rivals::liburcu::{self, Liburcu};
use super::rivals::{Read, Shape, floors, lists};
use super::threads::{at_once, check};
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

/// A subject, in one of its ways.
struct Reader {
    name: &'static str,
    variant: &'static str,
    entrant: fn(&str, Shape, usize, usize) -> Option<Entrant>,
    pairs: fn(u64),
}

fn readers() -> impl Iterator<Item = Reader> {
    let only_here: Vec<fn() -> Reader> = vec![
        reader::<floors::Load>,
        reader::<floors::Store>,
        reader::<floors::Nesting>,
        #[cfg(feature = "liburcu")]
        reader::<Liburcu<liburcu::MembCalled>>,
        #[cfg(feature = "liburcu")]
        reader::<Liburcu<liburcu::BpCalled>>,
        #[cfg(feature = "liburcu")]
        reader::<Liburcu<liburcu::MbCalled>>,
        #[cfg(feature = "liburcu")]
        reader::<Liburcu<liburcu::QsbrCalled>>,
    ];
    let others: Vec<fn() -> Reader> = lists::updaters!(reader);
    only_here.into_iter().chain(others).map(|reader| reader())
}

fn reader<S: Read>() -> Reader {
    Reader { name: S::NAME, variant: S::VARIANT, entrant: entrant::<S>, pairs: pairs::<S> }
}

fn entrants(setup: &Setup) -> Vec<Entrant> {
    let mut entrants = Vec::new();
    for threads in setup.threads() {
        for (case, shape, layout) in CASES {
            entrants.extend(readers().filter_map(|reader| (reader.entrant)(case, shape, layout, threads)));
        }
    }
    #[cfg(feature = "liburcu")]
    entrants.extend(program::entrants());
    entrants
}

fn entrant<S: Read>(case: &str, shape: Shape, layout: usize, threads: usize) -> Option<Entrant> {
    let work = if layout == 0 { work::<S, 0>(shape, threads) } else { work::<S, 1>(shape, threads) };
    Some(Entrant::new::<S>(case, threads, work?))
}

/// Runs pairs and nothing else, for who counts their instructions; none if there is no such subject.
pub fn run(subject: &str, variant: &str, count: u64) -> Option<()> {
    let named = |reader: &Reader| (reader.name, reader.variant) == (subject, variant);
    (readers().find(named)?.pairs)(count);
    Some(())
}

fn pairs<S: Read>(count: u64) {
    let subject = S::new();
    check(&subject, &mut subject.reader(), count);
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
