//! Values are made and retired for a while, beside a reader that runs sections. Only those whose destructor ran by the end of
//! that time count.

use std::sync::atomic::Ordering;
use std::time::Instant;

use super::measure::{Effort, Work};
use super::rivals::{Retire, count, lists};
use super::threads::{Readers, beside};
use super::{Entrant, Job, Measure};

pub const JOB: Job = Job {
    name: "retire",
    group: "callbacks",
    measures: &[
        Measure { name: "freed", unit: "M/s", quantity: 0, quantile: 0.5 },
        Measure { name: "held back", unit: "%", quantity: 1, quantile: 0.5 },
    ],
    full: Effort::new(9, 100_000),
    quick: Effort::new(3, 10_000),
    entrants: |_| {
        let all: Vec<fn() -> Entrant> = lists::retirers!(of);
        all.into_iter().map(|of| of()).collect()
    },
};

fn of<S: Retire>() -> Entrant {
    /// Between two looks at the clock.
    const PIECE: u64 = 256;

    let subject = S::new();
    let work: Work = Box::new(move |turn, samples| {
        subject.prepare();
        let dropped = count();
        let (retired, freed, took) = beside(&subject, Readers { idle: 0, running: 1 }, || {
            let (begun, mut retired) = (Instant::now(), 0);
            while begun.elapsed() < turn {
                (0..PIECE).for_each(|_| subject.retire(subject.node(dropped)));
                retired += PIECE;
            }
            // Relaxed: a number.
            (retired, dropped.load(Ordering::Relaxed), begun.elapsed())
        });
        subject.settle();
        samples.push(0, freed as f64 / took.as_secs_f64() / 1e6);
        samples.push(1, (retired - freed) as f64 / retired as f64 * 100.0);
    });
    Entrant::new::<S>("one running", 1, work)
}
