//! Everything comes and goes, for as long as one likes: threads, handles, domains and values. Memory has to stay flat, and nothing may
//! be lost: each value that was made is dropped once, each callback that was queued runs once, and no reader sees a value that is gone.
//!
//! ```console
//! $ cargo run --release -p rcu-core --example churn -- --seconds 3600
//! $ cargo run --release -p rcu-core --example churn -- --seconds 10 --plant leak
//! $ cargo run --release -p rcu-core --example churn -- --seconds 10 --plant loss
//! ```
//!
//! The last two forget a value, or a callback, now and then, and have to fail: the checks see what they look for.
#![expect(clippy::disallowed_types, reason = "not the library: the models do not run this")]

mod counted;
mod turns;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use std::{fs, process, thread};

use rcu_core::{Domain, RcuCell, RcuOption};

use counted::{CALLBACKS, DOMAINS, GRACE_PERIODS, MOVES, Pair, Plant, SECTIONS, THREADS, VALUES, Value};
use turns::{STOP, domains, grace_periods, handles, threads, updates};

/// By how much the process may grow from its warm-up to its end, whatever the time. Measured: 0.1 MiB in 20 seconds, and 6.8 MiB in 10 with
/// the leak that is planted.
const MAY_GROW: u64 = 4 << 20;
/// How long the last callbacks may take: these machines are shared.
const LIMIT: Duration = Duration::from_secs(60);

/// The memory of this process, in bytes; 0 where the host does not say.
fn resident() -> u64 {
    let pages =
        fs::read_to_string("/proc/self/statm").ok().and_then(|text| text.split(' ').nth(1)?.parse().ok());
    pages.map_or(0, |pages: u64| pages * 4096)
}

/// Looks at the memory while the others work, and returns the most of the second quarter of the time and the least of the last: whoever
/// leaks goes on from one to the other, and no moment's peak looks like a leak.
fn watch(duration: Duration) -> (u64, u64) {
    let began = Instant::now();
    let (mut warm, mut end) = (0, u64::MAX);
    while began.elapsed() < duration {
        thread::sleep(Duration::from_millis(50));
        match began.elapsed().as_secs_f64() / duration.as_secs_f64() {
            part if (0.25..0.5).contains(&part) => warm = warm.max(resident()),
            part if part >= 0.75 => end = end.min(resident()),
            _ => {}
        }
    }
    (warm, end)
}

/// Everything at once, for a while; what the memory was.
fn run(duration: Duration, plant: Plant) -> (u64, u64) {
    let domain = Domain::builder().hard_limit(10_000).build();
    let cell = RcuCell::new(Value::new());
    let option = RcuOption::none_in(&domain);
    let ((there, from_here), (back, from_there)) = (channel(), channel());
    (0..8).for_each(|_| there.send(domain.reader()).expect("nobody has stopped"));
    thread::scope(|s| {
        s.spawn(|| threads(&cell));
        s.spawn(|| threads(&cell));
        s.spawn(domains);
        s.spawn(|| grace_periods(&domain));
        let option = &option;
        s.spawn(move || handles(option, &from_here, &back));
        s.spawn(move || handles(option, &from_there, &there));
        (0..10).for_each(|_| drop(s.spawn(|| updates(&cell, option, &domain, plant))));
        let memory = watch(duration);
        STOP.store(true, Ordering::Relaxed);
        memory
    })
}

fn arguments() -> (Duration, Plant) {
    let mut arguments = std::env::args().skip(1);
    let (mut seconds, mut plant) = (60, Plant::Nothing);
    while let Some(argument) = arguments.next() {
        let value = arguments.next().unwrap_or_default();
        match (argument.as_str(), value.as_str()) {
            ("--seconds", value) => seconds = value.parse().expect("--seconds takes a number"),
            ("--plant", "leak") => plant = Plant::Leak,
            ("--plant", "loss") => plant = Plant::Loss,
            _ => panic!("usage: churn [--seconds N] [--plant leak|loss]"),
        }
    }
    (Duration::from_secs(seconds), plant)
}

fn main() {
    let (duration, plant) = arguments();
    // A panic anywhere ends this, and so does a wait for ever.
    let hook = Mutex::new(std::panic::take_hook());
    std::panic::set_hook(Box::new(move |panic| {
        hook.lock().unwrap()(panic);
        process::exit(1);
    }));
    let done = Arc::new(AtomicBool::new(false));
    let watched = Arc::clone(&done);
    thread::spawn(move || {
        thread::sleep(duration + LIMIT);
        if !watched.load(Ordering::Relaxed) {
            eprintln!("still running {LIMIT:?} later; {:?}", rcu_core::stats());
            process::abort();
        }
    });
    let (warm, end) = run(duration, plant);
    rcu_core::barrier();
    let waited = Instant::now();
    // Domains that were dropped finish by themselves.
    while VALUES.open() + CALLBACKS.open() > 0 && waited.elapsed() < LIMIT / 2 {
        thread::sleep(Duration::from_millis(10));
    }
    done.store(true, Ordering::Relaxed);

    let grown = end.saturating_sub(warm);
    let [lost_values, lost_callbacks] = [&VALUES, &CALLBACKS].map(Pair::open);
    let counted = [&THREADS, &DOMAINS, &MOVES, &SECTIONS, &GRACE_PERIODS, &VALUES.ended, &CALLBACKS.ended];
    let [threads, domains, moves, sections, grace_periods, values, callbacks] =
        counted.map(|counter| counter.load(Ordering::Relaxed));
    println!(
        "churn: {threads} threads, {domains} domains, {moves} moves of handles, {sections} sections, {grace_periods} grace \
         periods, {values} values and {callbacks} callbacks, {lost_values} and {lost_callbacks} lost; {} KiB after warm-up, \
         {} KiB at the end",
        warm >> 10,
        end >> 10,
    );
    let findings = [
        (
            [threads, domains, moves, sections, grace_periods, values, callbacks].contains(&0),
            "something never happened",
        ),
        (lost_values > 0, "values were lost"),
        (lost_callbacks > 0, "callbacks were lost"),
        (grown > MAY_GROW, "memory grew"),
    ];
    let found = findings.iter().filter(|(found, _)| *found);
    if found.inspect(|(_, what)| eprintln!("churn: {what}")).count() > 0 {
        process::exit(1);
    }
}
