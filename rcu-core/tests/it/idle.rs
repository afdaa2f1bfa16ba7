//! A process that has nothing to do does nothing.

use std::time::Duration;
use std::{fs, thread};

use rcu_core::Domain;

use crate::child::{assert_passed, in_child};
use crate::watchdog::{Watchdog, until};

/// The callback threads' names, as the kernel cuts them.
const DEFAULT: &str = "rcu-callbacks";
const OWN: &str = "rcu-of-domain";

/// A thread of this process, as the kernel describes it.
struct Task {
    name: String,
    /// In a system call that waits.
    sleeps: bool,
    /// How often the processor was given to it, or taken away.
    switches: u64,
}

/// The callback threads of this process, in the order of their names.
fn callback_threads() -> Vec<Task> {
    let tasks = fs::read_dir("/proc/self/task").expect("Linux lists the threads of a process");
    // A thread may end between the listing and the look at it.
    let texts = tasks.filter_map(|task| fs::read_to_string(task.ok()?.path().join("status")).ok());
    let mut threads: Vec<_> =
        texts.map(|text| task(&text)).filter(|task| [DEFAULT, OWN].contains(&&*task.name)).collect();
    threads.sort_by(|one, other| one.name.cmp(&other.name));
    threads
}

fn task(status: &str) -> Task {
    let field = |name: &str| {
        let value = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        value.unwrap_or_else(|| panic!("no {name} in {status}")).trim()
    };
    let count = |name| field(name).parse::<u64>().expect("a number");
    Task {
        name: field("Name").to_owned(),
        sleeps: field("State").starts_with('S'),
        switches: count("voluntary_ctxt_switches") + count("nonvoluntary_ctxt_switches"),
    }
}

/// Sends both callback threads to work and to sleep, several times.
fn be_busy(domain: &Domain) {
    rcu_core::register_current_thread();
    let reader = domain.reader();
    for _ in 0..100 {
        let sections = (rcu_core::read_lock(), reader.read_lock());
        rcu_core::call(|| ());
        domain.call(|| ());
        drop(sections);
        rcu_core::barrier();
        domain.barrier();
    }
}

/// A sleep that is none of the idle ones, behind the last callback, is over after this.
const SETTLE: Duration = Duration::from_millis(500);
const IDLE: Duration = Duration::from_secs(5);

#[test]
fn idle_process_makes_no_wakeups() {
    let _watchdog = Watchdog::new("idle_process_makes_no_wakeups");
    let output = in_child("idle::idle_process_makes_no_wakeups", || {
        let domain = Domain::builder().thread_name(OWN).build();
        be_busy(&domain);
        let _reader = domain.reader();
        until("the callback threads to sleep", || callback_threads().iter().all(|thread| thread.sleeps));
        thread::sleep(SETTLE);

        let before = callback_threads();
        thread::sleep(IDLE);
        let after = callback_threads();

        let names = |threads: &[Task]| threads.iter().map(|thread| thread.name.clone()).collect::<Vec<_>>();
        assert_eq!(
            (names(&before), names(&after)),
            (vec![DEFAULT.to_owned(), OWN.to_owned()], names(&before))
        );
        for (before, after) in before.iter().zip(&after) {
            println!(
                "idle: {} switched {} times, and {} times {IDLE:?} later",
                before.name, before.switches, after.switches
            );
        }
        let woken = before.iter().zip(&after).filter(|(before, after)| before.switches != after.switches);
        assert_eq!(woken.count(), 0, "a callback thread woke up with nothing to do");
    });
    let stdout = String::from_utf8_lossy(&output.stdout);
    stdout.lines().filter(|line| line.starts_with("idle:")).for_each(|line| println!("{line}"));
    assert_passed(&output);
}
