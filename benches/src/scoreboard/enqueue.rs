//! Handing over what is to be freed later, as fast as producers can: values that were made before, and closures. Nothing of what
//! follows is timed but where it takes the producers' processors.

use std::hint::black_box;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use super::measure::{Effort, Work};
#[cfg(feature = "liburcu")]
use super::rivals::liburcu::{self, Liburcu, PerCpu};
use super::rivals::{Call, Retire, count, crossbeam_epoch, haphazard, kovan, rcu_core, sdd, seize};
use super::threads::at_once;
use super::{Entrant, Job, Measure, Setup};

pub const JOB: Job = Job {
    name: "enqueue",
    group: "callbacks",
    measures: &[Measure::median("ns")],
    full: Effort::new(51, 0),
    quick: Effort::new(3, 0),
    entrants,
};

/// How many each producer hands over in a turn.
const EACH: u64 = 10_000;

fn entrants(setup: &Setup) -> Vec<Entrant> {
    let mut entrants = Vec::new();
    for producers in setup.threads() {
        entrants.extend([
            values::<rcu_core::Thread>(producers),
            #[cfg(feature = "liburcu")]
            values::<Liburcu<liburcu::Memb>>(producers),
            #[cfg(feature = "liburcu")]
            values::<PerCpu<liburcu::Memb>>(producers),
            #[cfg(feature = "liburcu")]
            values::<Liburcu<liburcu::Bp>>(producers),
            #[cfg(feature = "liburcu")]
            values::<Liburcu<liburcu::Mb>>(producers),
            #[cfg(feature = "liburcu")]
            values::<Liburcu<liburcu::Qsbr>>(producers),
            values::<crossbeam_epoch::Thread>(producers),
            values::<seize::Thread>(producers),
            values::<haphazard::Haphazard>(producers),
            values::<sdd::Sdd>(producers),
            values::<kovan::Kovan>(producers),
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
fn handed_over<S: super::rivals::Read, T: Send>(
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
