//! How much memory a flood of retired values takes, beside a reader that runs sections. Memory is a process's: each flood is one of
//! its own, which this program starts, and which says the most that it had, and how much more that is than it had before.

use std::process::Command;
use std::sync::atomic::Ordering;

use super::measure::{Effort, Work};
use super::rivals::{Retire, count, lists};
use super::threads::{Readers, beside};
use super::{Entrant, Job, Measure, Setup};

pub const JOB: Job = Job {
    name: "flood-rss",
    group: "memory",
    measures: &[Measure::median("MiB"), Measure { name: "more", unit: "MiB", quantity: 1, quantile: 0.5 }],
    full: Effort::new(1, 0),
    quick: Effort::new(1, 0),
    entrants,
};

/// A subject, in one of its ways, and its flood of so many values.
type Flood = (&'static str, &'static str, fn(u64));

fn floods() -> impl Iterator<Item = Flood> {
    let all: Vec<fn() -> Flood> = lists::retirers!(of);
    all.into_iter().map(|of| of())
}

fn of<S: Retire>() -> Flood {
    (S::NAME, S::VARIANT, flood::<S>)
}

fn entrants(setup: &Setup) -> Vec<Entrant> {
    let (case, values): (_, u64) = if setup.quick { ("100 k", 100_000) } else { ("10 M", 10_000_000) };
    let entrant = |(subject, variant, _)| {
        let work: Work = Box::new(move |_, samples| {
            let [most, more] = process(subject, variant, values);
            samples.push(0, most);
            samples.push(1, more);
        });
        Entrant { subject, variant, case: case.to_string(), threads: 1, work }
    };
    floods().map(entrant).collect()
}

/// Starts a process with a flood, and returns what [`run`] does there.
fn process(subject: &str, variant: &str, values: u64) -> [f64; 2] {
    let program = std::env::current_exe().expect("this program is a file");
    let ended = Command::new(program)
        .args(["--flood", &format!("{subject},{variant},{values}")])
        .output()
        .expect("this program can be run");
    assert!(ended.status.success(), "{subject}: {}", String::from_utf8_lossy(&ended.stderr));
    let printed = String::from_utf8_lossy(&ended.stdout);
    let mut numbers = printed.split_whitespace().map(|number| number.parse().expect("a number"));
    std::array::from_fn(|_| numbers.next().expect("it prints two numbers"))
}

/// Runs the flood of a subject, and returns the most memory that this process has had since it began, in MiB, and how much more that is
/// than it had before the flood; none if there is no such subject.
pub fn run(subject: &str, variant: &str, values: u64) -> Option<[f64; 2]> {
    let (_, _, flood) = floods().find(|&(name, way, _)| (name, way) == (subject, variant))?;
    let before = peak_rss();
    flood(values);
    let most = peak_rss();
    Some([most, most - before])
}

fn flood<S: Retire>(values: u64) {
    let subject = S::new();
    subject.prepare();
    let dropped = count();
    beside(&subject, Readers { idle: 0, running: 1 }, || {
        (0..values).for_each(|_| subject.retire(subject.node(dropped)));
    });
    subject.settle();
    // Relaxed: a number.
    assert!(dropped.load(Ordering::Relaxed) <= values, "{}: a value was dropped twice", S::NAME);
}

/// The most memory that the process has had, in MiB.
fn peak_rss() -> f64 {
    // SAFETY: a zeroed rusage is a valid one: it is made of numbers.
    let mut usage = unsafe { std::mem::zeroed::<libc::rusage>() };
    // SAFETY: `usage` may be written.
    let result = unsafe { libc::getrusage(libc::RUSAGE_SELF, &raw mut usage) };
    assert_eq!(result, 0, "getrusage fails only for a bad argument");
    usage.ru_maxrss as f64 / 1024.0
}
