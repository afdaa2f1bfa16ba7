//! What is still there half a second after anybody did anything: values were retired beside a reader that ran sections and is idle
//! since; it and the thread that retired them stay.

use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use super::measure::{Effort, Work};
use super::rivals::{Retire, count, lists};
use super::threads::{Readers, beside};
use super::{Entrant, Job, Measure};

pub const JOB: Job = Job {
    name: "held",
    group: "memory",
    measures: &[Measure::median("values")],
    full: Effort::new(1, 0),
    quick: Effort::new(1, 0),
    entrants: |_| {
        let all: Vec<fn() -> Entrant> = lists::retirers!(of);
        all.into_iter().map(|of| of()).collect()
    },
};

/// As many as no batch size divides.
const VALUES: u64 = 10_007;

fn of<S: Retire>() -> Entrant {
    let subject = S::new();
    let work: Work = Box::new(move |_, samples| {
        subject.prepare();
        let dropped = count();
        let freed = beside(&subject, Readers { idle: 1, running: 0 }, || {
            (0..VALUES).for_each(|_| subject.retire(subject.node(dropped)));
            thread::sleep(Duration::from_millis(500));
            // Relaxed: a number.
            dropped.load(Ordering::Relaxed)
        });
        subject.settle();
        samples.push(0, (VALUES - freed) as f64);
    });
    Entrant::new::<S>("10007 retired", 1, work)
}
