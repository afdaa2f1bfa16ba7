//! Values are made and retired for a while, beside a reader that runs sections. Only those whose destructor ran by the end of
//! that time count.

use std::sync::atomic::Ordering;
use std::time::Instant;

use super::measure::{Effort, Work};
#[cfg(feature = "liburcu")]
use super::rivals::liburcu::{self, Liburcu, PerCpu};
use super::rivals::{Retire, count, crossbeam_epoch, haphazard, kovan, rcu_core, sdd, seize};
use super::threads::{Readers, beside};
use super::{Entrant, Job, Measure, Setup};

pub const JOB: Job = Job {
    name: "retire",
    group: "callbacks",
    measures: &[
        Measure { name: "freed", unit: "M/s", quantity: 0, quantile: 0.5 },
        Measure { name: "held back", unit: "%", quantity: 1, quantile: 0.5 },
    ],
    full: Effort::new(9, 100_000),
    quick: Effort::new(3, 10_000),
    entrants,
};

fn entrants(_: &Setup) -> Vec<Entrant> {
    vec![
        of::<rcu_core::Thread>(),
        of::<rcu_core::Paced>(),
        #[cfg(feature = "liburcu")]
        of::<Liburcu<liburcu::Memb>>(),
        #[cfg(feature = "liburcu")]
        of::<PerCpu<liburcu::Memb>>(),
        #[cfg(feature = "liburcu")]
        of::<Liburcu<liburcu::Bp>>(),
        #[cfg(feature = "liburcu")]
        of::<Liburcu<liburcu::Mb>>(),
        #[cfg(feature = "liburcu")]
        of::<Liburcu<liburcu::Qsbr>>(),
        of::<crossbeam_epoch::Thread>(),
        of::<seize::Thread>(),
        of::<haphazard::Haphazard>(),
        of::<sdd::Sdd>(),
        of::<kovan::Kovan>(),
    ]
}

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
