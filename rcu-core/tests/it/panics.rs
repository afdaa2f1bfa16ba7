//! Panics of the application's code on a thread that others depend on: contained, counted, reported.
//!
//! The count is the process's, so each test has a process of its own.

use std::panic::{panic_any, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use rcu_core::{Builder, Domain, Stall};

use crate::child::{assert_passed, in_child};
use crate::watchdog::{Watchdog, until, waiting};

/// How many panics there have been.
static PANICS: AtomicU64 = AtomicU64::new(0);

fn panics() -> u64 {
    PANICS.load(Ordering::SeqCst)
}

fn panic() -> ! {
    PANICS.fetch_add(1, Ordering::SeqCst);
    panic!("expected by the test")
}

/// A value whose drop panics.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        PANICS.fetch_add(1, Ordering::SeqCst);
        // A payload without memory: that of a payload's drop is leaked.
        panic_any(());
    }
}

/// Says that it was dropped.
struct Told(Arc<AtomicU64>);

impl Drop for Told {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// Runs `test` in a process of its own; then all panics have been counted, and each was reported once.
fn alone(name: &str, test: impl FnOnce()) {
    let name = format!("panics::{name}");
    let output = in_child(&name, || {
        let _watchdog = Watchdog::new("a test of panics");
        test();
        until("as many to be counted", || rcu_core::stats().panics_contained == panics());
        println!("there were {} panics", panics());
    });
    assert_passed(&output);
    let [said, reported] = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
    let reports = reported.matches("panicked at").count();
    assert!(said.contains(&format!("there were {reports} panics")), "{reports} reports; {said}");
}

/// Has a grace period of the domain meet a section of a reader with this kick, until `done`.
fn kicked(domain: &Domain, kick: impl Fn() + Send + Sync + 'static, done: impl Fn() -> bool) {
    let mut reader = domain.reader();
    let notifier = reader.on_force(kick);
    thread::scope(|s| {
        let section = reader.read_lock();
        let driver = s.spawn(|| waiting("the kicked reader", || domain.synchronize()));
        until("the kick", done);
        drop(section);
        driver.join().expect("nobody else's panic is the driver's");
    });
    drop(notifier);
}

#[test]
fn panics_of_kicks_and_of_what_they_captured_are_counted() {
    alone("panics_of_kicks_and_of_what_they_captured_are_counted", || {
        let domain = Domain::new();
        kicked(&domain, || panic(), || panics() >= 3);
        let before = panics();
        let bomb = Bomb;
        // The kick is dropped by whoever removes it.
        kicked(&domain, move || _ = &bomb, || true);
        assert_eq!(panics(), before + 1);
        assert_eq!(domain.stats().panics_contained, panics(), "any domain says so");
    });
}

#[test]
fn panics_of_hooks_are_counted_and_those_of_their_payloads() {
    alone("panics_of_hooks_are_counted_and_those_of_their_payloads", || {
        let domain = Domain::builder()
            .stall_timeout(Duration::from_millis(5))
            .on_stall(|_: &Stall| panic())
            .around_batches(|_| {
                PANICS.fetch_add(1, Ordering::SeqCst);
                panic_any(Bomb)
            })
            .build();
        kicked(&domain, || (), || panics() >= 2);
        let before = panics();
        domain.call(|| ());
        waiting("the callback", || domain.barrier());
        // The hook and its payload; the callback is none, and stalls come as they please.
        assert!(panics() >= before + 2);
        assert_eq!(domain.stats().callbacks_panicked, 0);
        domain.call(|| panic());
        waiting("the callback", || domain.barrier());
        assert_eq!(domain.stats().callbacks_panicked, 1);
        waiting("the callback thread", || domain.shutdown());
    });
}

/// Options of a domain with two hooks, each of which captured something whose drop panics, and something else.
fn two_bombs(dropped: &Arc<AtomicU64>) -> Builder {
    let [stall, batch] = [(); 2].map(|()| (Bomb, Told(Arc::clone(dropped))));
    Domain::builder().on_stall(move |_: &Stall| _ = &stall).around_batches(move |run| {
        let _captured = &batch;
        run();
    })
}

#[test]
fn two_hooks_that_panic_when_they_are_dropped_are_contained_one_by_one() {
    alone("two_hooks_that_panic_when_they_are_dropped_are_contained_one_by_one", || {
        let dropped = Arc::new(AtomicU64::new(0));
        let both = |times: u64| dropped.load(Ordering::SeqCst) == 2 * times;
        drop(two_bombs(&dropped));
        assert!(both(1), "options that make no domain");

        drop(two_bombs(&dropped).build());
        assert!(both(2), "a domain without a thread");

        let domain = two_bombs(&dropped).build();
        domain.call(|| ());
        waiting("the callback", || domain.barrier());
        drop(domain);
        until("the end of the callback thread", || both(3));

        let domain = two_bombs(&dropped).build();
        domain.call(|| ());
        waiting("the callback thread", || domain.shutdown());
        until("whichever thread held it last", || both(4));

        let domain = two_bombs(&dropped).build();
        let unwound = thread::spawn(move || {
            let _domain = domain;
            resume_unwind(Box::new("its own, not contained, and without a report"));
        });
        assert!(unwound.join().is_err());
        assert!(both(5), "dropped while its thread unwinds");
        assert_eq!(panics(), 10);
    });
}
