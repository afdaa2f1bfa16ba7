//! Readers beside a thread that replaces the value: a thousand times a second, or as fast as it can.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::measure::{Effort, Work, timed, until};
use super::rivals::{Shape, Update, count, lists};
use super::threads::at_once;
use super::{Entrant, Job, Measure, Setup};

pub const JOB: Job = Job {
    name: "read-updater",
    group: "readers",
    measures: &[Measure::median("ns"), Measure { name: "updates", unit: "k/s", quantity: 1, quantile: 0.5 }],
    full: Effort::new(15, 10_000),
    quick: Effort::new(3, 2_000),
    entrants,
};

/// How often the value is replaced.
#[derive(Clone, Copy)]
enum Rate {
    /// Once in so long.
    Each(Duration),
    FlatOut,
}

fn entrants(setup: &Setup) -> Vec<Entrant> {
    let all: Vec<fn(&str, Rate, usize) -> Entrant> = lists::updaters!(of);
    let readers = setup.threads.saturating_sub(1).max(1);
    let rates = [("1 k/s", Rate::Each(Duration::from_millis(1))), ("flat out", Rate::FlatOut)];
    let at = |(case, rate)| all.iter().map(move |of| of(case, rate, readers));
    rates.into_iter().flat_map(at).collect()
}

fn of<S: Update>(case: &str, rate: Rate, readers: usize) -> Entrant {
    Entrant::new::<S>(case, readers, work::<S>(rate, readers))
}

fn work<S: Update>(rate: Rate, readers: usize) -> Work {
    /// Between two looks at the clock.
    const PAIRS: u64 = 2_000;
    /// The updater makes do with that: a reader may be starved meanwhile, and what is retired fill the memory.
    const LONGEST: Duration = Duration::from_secs(1);
    const UPDATES: u32 = 1024;

    let subject = S::new();
    let dropped = count();
    Box::new(move |turn, samples| {
        subject.prepare();
        let stop = AtomicBool::new(false);
        let read = |reader: &mut S::Reader<'_>| {
            let mut sum = None;
            let figure = timed(PAIRS, || sum = subject.sections::<0>(reader, Shape::Pair, PAIRS));
            assert_eq!(
                sum,
                Some(Shape::Pair.sum(PAIRS)),
                "{}: a reader found a value that was gone",
                S::NAME
            );
            figure
        };
        let update = || {
            let (begun, mut updates) = (Instant::now(), 0_u32);
            // Relaxed: joining orders the rest.
            while !stop.load(Ordering::Relaxed) {
                if let Rate::Each(period) = rate {
                    thread::sleep((begun + period * updates).saturating_duration_since(Instant::now()));
                }
                subject.update(dropped);
                updates += 1;
                if updates % UPDATES == 0 && begun.elapsed() > LONGEST {
                    break;
                }
            }
            f64::from(updates) / begun.elapsed().as_secs_f64() / 1e3
        };
        let (figures, updates) = thread::scope(|s| {
            let (figures, updater) = at_once(
                readers,
                |start| {
                    let mut reader = subject.reader();
                    subject.idle(&mut reader, || {
                        start.wait();
                    });
                    until(turn, || read(&mut reader))
                },
                || s.spawn(update),
            );
            stop.store(true, Ordering::Relaxed);
            (figures, updater.join().expect("no panic"))
        });
        subject.settle();
        let operations = figures.iter().map(|(operations, _)| operations).sum();
        samples.took(operations, figures.iter().map(|(_, took)| *took).sum());
        samples.push(1, updates);
    })
}
