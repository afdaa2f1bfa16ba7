//! Statistics are exact once those that they count have come to rest.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;

use rcu_core::{Domain, Fences, Stats, read_lock};

use crate::child::{assert_passed, in_child};
use crate::keep::keep;
use crate::watchdog::{Watchdog, until, waiting};

/// More than there are lists, so that some threads share one.
const MANY: usize = 70;

#[test]
fn grace_periods_are_counted_one_by_one() {
    let _watchdog = Watchdog::new("grace_periods_are_counted_one_by_one");
    let domain = Domain::new();
    let grace_periods = || domain.stats().grace_periods;
    (1..=5).for_each(|expected| {
        domain.synchronize();
        assert_eq!(grace_periods(), expected);
    });
    domain.call(|| ());
    domain.barrier();
    assert_eq!(grace_periods(), 6, "one for a batch");
    domain.barrier();
    assert_eq!(grace_periods(), 6, "none for a barrier that finds nothing");
    let cookie = domain.start_poll();
    until("the cookie", || domain.poll(cookie));
    assert_eq!(grace_periods(), 7);
    domain.cond_synchronize(cookie);
    assert_eq!(grace_periods(), 7, "none for a cookie that has expired");
}

#[test]
fn heavy_fences_are_counted_one_for_a_scan_of_light_readers_and_one_for_a_sleep() {
    let _watchdog =
        Watchdog::new("heavy_fences_are_counted_one_for_a_scan_of_light_readers_and_one_for_a_sleep");
    for fences in [Fences::Auto, Fences::SeqCst] {
        let domain = Domain::builder().fences(fences).build();
        domain.synchronize();
        assert_eq!(domain.stats().heavy_fences, 0, "there is no reader");
        let mut reader = domain.reader();
        domain.synchronize();
        let for_the_scan = domain.stats().heavy_fences;
        let expected = if fences == Fences::SeqCst { 0 } else { 1 };
        // A host without membarrier has no light readers.
        assert!(for_the_scan <= expected, "{for_the_scan} with {fences:?}");

        // Kicked, so the driver has made up its mind to sleep.
        let kicked = Arc::new(AtomicU64::new(0));
        let kick = Arc::clone(&kicked);
        let _kick = reader.on_force(move || kick.store(1, Ordering::SeqCst));
        thread::scope(|s| {
            let section = reader.read_lock();
            s.spawn(|| domain.synchronize());
            until("the kick", || kicked.load(Ordering::SeqCst) == 1);
            drop(section);
        });
        assert_eq!(domain.stats().heavy_fences, 2 * for_the_scan + 1);
    }
}

/// A callback from each of many threads that are gone when the next one comes, and ten from each of many that are all there at once; a
/// few of them panic.
fn queue_from_many_threads(call: impl Fn() + Sync, panic: impl Fn() + Sync) {
    for _ in 0..MANY {
        thread::scope(|s| s.spawn(&call).join()).expect("it does not panic");
    }
    let together = Barrier::new(MANY);
    thread::scope(|s| {
        for number in 0..MANY {
            let (together, call, panic) = (&together, &call, &panic);
            s.spawn(move || {
                together.wait();
                (0..10).for_each(|_| call());
                if number % 10 == 0 {
                    panic();
                }
                together.wait();
            });
        }
    });
}

/// How many callbacks that queues, and how many of them panic.
const QUEUED: u64 = 11 * MANY as u64 + PANICKED;
const PANICKED: u64 = MANY as u64 / 10;

fn counts(stats: &Stats) -> [u64; 5] {
    [
        stats.callbacks_queued,
        stats.callbacks_pending,
        stats.callbacks_run,
        stats.callbacks_panicked,
        stats.callbacks_peak,
    ]
}

#[test]
fn callbacks_of_many_threads_are_counted_exactly_threads_that_are_gone_included() {
    let _watchdog =
        Watchdog::new("callbacks_of_many_threads_are_counted_exactly_threads_that_are_gone_included");
    let domain = Domain::new();
    let reader = domain.reader();
    for round in 1..=2 {
        let section = reader.read_lock();
        queue_from_many_threads(|| domain.call(|| ()), || domain.call(|| panic!("expected by the test")));
        let ran = [QUEUED, PANICKED].map(|count| count * (round - 1));
        let now = domain.stats();
        assert_eq!(counts(&now), [round * QUEUED, QUEUED, ran[0], ran[1], QUEUED], "round {round}");
        drop(section);
        waiting("all callbacks", || domain.barrier());
        let (queued, panicked) = (round * QUEUED, round * PANICKED);
        assert_eq!(counts(&domain.stats()), [queued, 0, queued, panicked, QUEUED], "round {round}");
    }
}

/// A callback is counted when it has run, its own look at the numbers comes before.
#[test]
fn callback_that_runs_is_pending() {
    let _watchdog = Watchdog::new("callback_that_runs_is_pending");
    let domain = Domain::new();
    let inner = domain.clone();
    let seen = Arc::new([const { AtomicU64::new(u64::MAX) }; 3]);
    let callback = Arc::clone(&seen);
    domain.call(move || {
        let stats = inner.stats();
        let now = [stats.callbacks_queued, stats.callbacks_run, stats.callbacks_pending];
        callback.iter().zip(now).for_each(|(seen, now)| seen.store(now, Ordering::SeqCst));
    });
    waiting("the callback", || domain.barrier());
    assert_eq!(seen.each_ref().map(|seen| seen.load(Ordering::SeqCst)), [1, 0, 1]);
}

/// In a process of its own: whoever reads or calls is counted.
#[test]
fn default_domain_counts_threads_and_their_callbacks_exactly() {
    const TEST: &str = "statistics::default_domain_counts_threads_and_their_callbacks_exactly";
    let output = in_child(TEST, || {
        let _watchdog = Watchdog::new(TEST);
        assert_eq!(rcu_core::stats(), Stats::default());
        let (entered, leave) = (Barrier::new(MANY + 1), Barrier::new(MANY + 1));
        thread::scope(|s| {
            for _ in 0..MANY {
                s.spawn(|| {
                    drop(read_lock());
                    entered.wait();
                    leave.wait();
                });
            }
            entered.wait();
            assert_eq!(rcu_core::stats().readers, MANY);
            let handles = [(); 3].map(|()| rcu_core::reader());
            assert_eq!(rcu_core::stats().readers, MANY + 3);
            drop(handles);
            assert_eq!(rcu_core::stats().readers, MANY);
            leave.wait();
        });
        // A scope waits for its closures, not for what the threads do after.
        until("the threads to be gone", || rcu_core::stats().readers == 0);

        let section = read_lock();
        queue_from_many_threads(
            || rcu_core::call(|| ()),
            || rcu_core::call(|| panic!("expected by the test")),
        );
        assert_eq!(counts(&rcu_core::stats())[..3], [QUEUED, QUEUED, 0]);
        drop(section);
        waiting("all callbacks", rcu_core::barrier);
        assert_eq!(counts(&rcu_core::stats()), [QUEUED, 0, QUEUED, PANICKED, QUEUED]);
        assert_eq!(rcu_core::stats().readers, 1);
    });
    assert_passed(&output);
}

#[test]
fn handles_are_counted_wherever_they_are_dropped() {
    // It has the record of the handle that stays.
    let domain = keep(Domain::new());
    let readers: Vec<_> = (0..10).map(|_| domain.reader()).collect();
    assert_eq!(domain.stats().readers, 10);
    for (gone, reader) in (1..).zip(readers) {
        thread::scope(|s| s.spawn(|| drop(reader)).join()).expect("it does not panic");
        assert_eq!(domain.stats().readers, 10 - gone);
    }
    let quiescent = domain.reader().into_quiescent();
    assert_eq!(domain.stats().readers, 1);
    std::mem::forget(domain.reader().read_lock());
    drop(quiescent);
    assert_eq!(domain.stats().readers, 1, "the one that leaked a guard stays");
}

/// Whether the thread of this name in this process is asleep, and has been for a while.
#[cfg(target_os = "linux")]
fn sleeps(name: &str) -> bool {
    let look = || {
        let tasks = std::fs::read_dir("/proc/self/task").expect("Linux lists the threads of a process");
        let statuses =
            tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("status")).ok());
        let mut own = statuses.filter(|status| status.starts_with(&format!("Name:\t{name}\n")));
        let asleep = own.next().filter(|status| status.contains("\nState:\tS"))?;
        // The rest is partly the process's, and changes.
        asleep.lines().find(|line| line.starts_with("voluntary_ctxt_switches")).map(str::to_owned)
    };
    let first = look();
    thread::sleep(std::time::Duration::from_millis(20));
    first.is_some() && first == look()
}

#[cfg(target_os = "linux")]
#[test]
fn wakeups_are_counted_one_for_each_time_that_the_thread_slept() {
    let _watchdog = Watchdog::new("wakeups_are_counted_one_for_each_time_that_the_thread_slept");
    let domain = Domain::builder().thread_name("counts-wakeups").build();
    domain.init().expect("threads can be had here");
    for round in 0..5 {
        until("the callback thread to sleep", || sleeps("counts-wakeups"));
        assert_eq!(domain.stats().wakeups, round);
        domain.call(|| ());
        until("the callback", || domain.stats().callbacks_run == round + 1);
    }
    until("the callback thread to sleep", || sleeps("counts-wakeups"));
    assert_eq!(domain.stats().wakeups, 5);
    // It is awake for the first of these, and finds the others.
    let reader = domain.reader();
    let section = reader.read_lock();
    (0..100).for_each(|_| domain.call(|| ()));
    drop(section);
    until("the callbacks", || domain.stats().callbacks_run == 105);
    until("the callback thread to sleep", || sleeps("counts-wakeups"));
    assert_eq!(domain.stats().wakeups, 6);
}
