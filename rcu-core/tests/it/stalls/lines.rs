//! Without a hook, a stall is a line on standard error; and what deadlocks is reported. Each of these is a process of its own.

use std::process::Output;
use std::sync::mpsc::channel;
use std::thread;

use rcu_core::{Builder, Domain};

use super::{TIMEOUT, assert_named, next, on_a_thread, reader, reporting, stay, stay_inside};
use crate::child::{assert_passed, in_child};
use crate::watchdog::{Watchdog, until, waiting};

/// What the child said.
fn said(output: &Output) -> String {
    assert_passed(output);
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Asserts that there is a line of the crate with all of these.
fn assert_line(said: &str, parts: &[&str]) {
    let mut lines = said.lines().filter(|line| line.contains("rcu-core: "));
    assert!(
        lines.any(|line| parts.iter().all(|part| line.contains(part))),
        "no line with {parts:?} in: {said}"
    );
}

#[test]
fn stall_without_a_hook_is_a_line_on_standard_error() {
    const TEST: &str = "stalls::lines::stall_without_a_hook_is_a_line_on_standard_error";
    let output = in_child(TEST, || {
        let _watchdog = Watchdog::new(TEST);
        let domain = Domain::builder().stall_timeout(TIMEOUT).thread_name("reclaim").build();
        on_a_thread("napper", stay_inside(&domain), |_| {
            domain.call(|| ());
            until("the report of the reader", || domain.stats().stalls > 0);
        });
        waiting("the callback", || domain.barrier());
        let before = domain.stats().stalls;
        let (go_on, gone_on) = channel::<()>();
        domain.call(move || assert!(gone_on.recv().is_err()));
        // The second is counted when the first has been written.
        until("two reports of the callback", || domain.stats().stalls >= before + 2);
        drop(go_on);
        waiting("the callback", || domain.barrier());
    });
    let said = said(&output);
    assert_line(
        &said,
        &["a grace period has waited 0.", "inside, by a handle, a read-side critical section"],
    );
    assert_line(&said, &["a callback has run for 0.", "{{closure}}"]);
    #[cfg(target_os = "linux")]
    {
        assert_line(&said, &["a grace period", "thread \"napper\" (OS thread "]);
        assert_line(&said, &["a callback", "thread \"reclaim\" (OS thread "]);
    }
}

/// The default domain cannot be told another time-out: this takes the ten seconds that it has.
#[test]
fn default_domain_reports_its_threads_and_callbacks_after_ten_seconds() {
    const TEST: &str = "stalls::lines::default_domain_reports_its_threads_and_callbacks_after_ten_seconds";
    let output = in_child(TEST, || {
        let _watchdog = Watchdog::new(TEST);
        let (send, running) = channel();
        let (go_on, gone_on) = channel::<()>();
        rcu_core::call(move || {
            send.send(()).expect("the test waits");
            assert!(gone_on.recv().is_err());
        });
        waiting("the callback to run", || running.recv()).expect("it runs");
        let inside = |entered, left| {
            let _section = rcu_core::read_lock();
            stay(&entered, &left);
        };
        let driver = on_a_thread("napper", inside, |_| {
            let driver = thread::spawn(rcu_core::synchronize);
            until("both reports", || rcu_core::stats().stalls == 2);
            driver
        });
        driver.join().expect("the grace period goes on");
        drop(go_on);
        waiting("the callback", rcu_core::barrier);
        // What was counted is written before its thread looks again.
        thread::sleep(TIMEOUT);
    });
    let said = said(&output);
    assert_line(&said, &["a grace period has waited 1", "which is inside a read-side critical section"]);
    assert_line(&said, &["a callback has run for 1", "{{closure}}"]);
    #[cfg(target_os = "linux")]
    {
        assert_line(&said, &["a grace period", "thread \"napper\" (OS thread "]);
        assert_line(&said, &["a callback", "thread \"rcu-callbacks\" (OS thread "]);
    }
}

/// A deadlock, as with any two locks: it does not end, but both domains report it, and each names the thread that waits for the other.
#[test]
fn synchronize_of_one_domain_in_a_section_of_another_and_the_reverse_is_reported_by_both() {
    const TEST: &str = "stalls::lines::synchronize_of_one_domain_in_a_section_of_another_and_the_reverse_is_reported_by_both";
    let output = in_child(TEST, || {
        let _watchdog = Watchdog::new(TEST);
        let [(one, one_stalls), (other, other_stalls)] = [reporting(), reporting()];
        let [one, other] = [one, other].map(Builder::build);
        let (send, entered) = channel();
        for (name, inside, waits_for) in [("in-one", &one, &other), ("in-other", &other, &one)] {
            let (send, inside, waits_for) = (send.clone(), inside.clone(), waits_for.clone());
            let deadlock = move || {
                let reader = inside.reader();
                let _section = reader.read_lock();
                let (go_on, told) = channel();
                send.send(go_on).expect("the test waits");
                told.recv().expect("both are inside");
                waits_for.synchronize();
                unreachable!("it waits for a thread that waits for it");
            };
            thread::Builder::new().name(name.to_owned()).spawn(deadlock).expect("threads can be had here");
        }
        let inside = [(); 2].map(|()| waiting("a thread to enter", || entered.recv()).expect("it enters"));
        inside.iter().for_each(|go_on| go_on.send(()).expect("it waits"));
        for (stalls, name) in [(&one_stalls, "in-one"), (&other_stalls, "in-other")] {
            for _ in 0..3 {
                assert_named(&reader(next(stalls)).0, Some(name));
            }
        }
        // The threads are left where they are: the process ends.
    });
    assert_passed(&output);
}
