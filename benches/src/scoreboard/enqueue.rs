//! Handing over what is to be freed later, as fast as producers can: values that were made before, and closures. Nothing of what
//! follows is timed but where it takes the producers' processors.

use std::hint::black_box;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use super::measure::{Effort, Work};
#[cfg(feature = "liburcu")]
use super::rivals::liburcu::{self, Liburcu};
use super::rivals::{Call, Read, Retire, count, crossbeam_epoch, lists, rcu_core, sdd};
use super::threads::at_once;
use super::{Entrant, Job, Measure, Setup};

pub const JOB: Job = Job {
    name: "enqueue",
    group: "callbacks",
    measures: &[Measure::median("ns")],
    full: Effort::new(21, 0),
    quick: Effort::new(3, 0),
    entrants,
};

/// How many each producer hands over in a turn.
const EACH: u64 = 10_000;

fn entrants(setup: &Setup) -> Vec<Entrant> {
    let all: Vec<fn(usize) -> Entrant> = lists::retirers!(values);
    let mut entrants = Vec::new();
    for producers in setup.threads() {
        entrants.extend(all.iter().map(|of| of(producers)));
        entrants.extend([
            closures::<rcu_core::Thread>(producers),
            #[cfg(feature = "liburcu")]
            closures::<Liburcu<liburcu::Memb>>(producers),
            closures::<crossbeam_epoch::Thread>(producers),
            closures::<sdd::Sdd>(producers),
        ]);
    }
    entrants
}

fn values<S: Retire>(producers: usize) -> Entrant {
    let subject = S::new();
    let work: Work = Box::new(move |_, samples| {
        let dropped = count();
        let took = handed_over(&subject, producers, || subject.node(dropped), |node| subject.retire(node));
        samples.took(EACH * producers as u64, took);
    });
    Entrant::new::<S>("value", producers, work)
}

fn closures<S: Call>(producers: usize) -> Entrant {
    let subject = S::new();
    let work: Work = Box::new(move |_, samples| {
        let ran: &'static AtomicU64 = count();
        let call = |number: u64| {
            subject.call(move || {
                black_box((number, ran));
            });
        };
        let took = handed_over(&subject, producers, || 1, call);
        samples.took(EACH * producers as u64, took);
    });
    Entrant::new::<S>("closure", producers, work)
}

/// How long the producers took to hand over `EACH` of what they had made.
fn handed_over<S: Read, T: Send>(
    subject: &S,
    producers: usize,
    make: impl Fn() -> T + Sync,
    hand_over: impl Fn(T) + Sync,
) -> Duration {
    subject.prepare();
    let (took, ()) = at_once(
        producers,
        |start| {
            let made: Vec<T> = (0..EACH).map(|_| make()).collect();
            start.wait();
            let begun = Instant::now();
            made.into_iter().for_each(&hand_over);
            begun.elapsed()
        },
        || (),
    );
    subject.settle();
    took.into_iter().sum()
}
