//! Cookies: grace periods that are asked for now and looked at later.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use rcu_core::{Domain, Fences, RcuOption};

use crate::watchdog::{Watchdog, until, waiting};

fn domains() -> [Domain; 2] {
    [Domain::new(), Domain::builder().fences(Fences::SeqCst).build()]
}

#[test]
fn cookie_expires_without_further_activity() {
    let _watchdog = Watchdog::new("cookie_expires_without_further_activity");
    for domain in domains() {
        let cookie = domain.start_poll();
        until("the callback thread to drive the grace period", || domain.poll(cookie));
    }
    let cookie = rcu_core::start_poll();
    until("the callback thread of the default domain", || rcu_core::poll(cookie));
}

#[test]
fn cookie_does_not_expire_while_a_section_that_was_open_is_open() {
    let _watchdog = Watchdog::new("cookie_does_not_expire_while_a_section_that_was_open_is_open");
    for domain in domains() {
        let reader = domain.reader();
        let section = reader.read_lock();
        let cookie = domain.start_poll();
        thread::sleep(Duration::from_millis(30));
        assert!(!domain.poll(cookie), "the section is still open");
        drop(section);
        until("the section's end to be noticed", || domain.poll(cookie));
    }
}

#[test]
fn cookie_taken_during_a_grace_period_needs_the_next_one() {
    let _watchdog = Watchdog::new("cookie_taken_during_a_grace_period_needs_the_next_one");
    let domain = Domain::new();
    let (first, second) = (domain.reader(), domain.reader());
    let in_first = first.read_lock();
    let early = domain.start_poll();
    thread::sleep(Duration::from_millis(10));
    let in_second = second.read_lock();
    let late = domain.start_poll();
    drop(in_first);
    until("the first grace period", || domain.poll(early));
    thread::sleep(Duration::from_millis(10));
    assert!(!domain.poll(late), "the second section was open when the cookie was taken");
    drop(in_second);
    until("the second grace period", || domain.poll(late));
}

#[test]
fn cookies_taken_together_share_a_grace_period() {
    let _watchdog = Watchdog::new("cookies_taken_together_share_a_grace_period");
    let domain = Domain::new();
    let reader = domain.reader();
    let section = reader.read_lock();
    let cookies: Vec<_> = (0..1000).map(|_| domain.start_poll()).collect();
    drop(section);
    until("every cookie", || cookies.iter().all(|&cookie| domain.poll(cookie)));
    let spent = domain.stats().grace_periods;
    // The first may have been driven alone, and another been under way.
    assert!(spent <= 3, "a thousand cookies took {spent} grace periods");
}

#[test]
fn cond_synchronize_waits_only_if_the_cookie_has_not_expired() {
    let _watchdog = Watchdog::new("cond_synchronize_waits_only_if_the_cookie_has_not_expired");
    let domain = Domain::new();
    let cookie = domain.start_poll();
    waiting("what is left of the grace period", || domain.cond_synchronize(cookie));
    assert!(domain.poll(cookie));
    let before = domain.stats().grace_periods;
    domain.cond_synchronize(cookie);
    assert_eq!(domain.stats().grace_periods, before, "there was nothing to wait for");
}

#[test]
fn cookie_may_be_taken_in_sections_and_callbacks_and_sent_to_another_thread() {
    let _watchdog = Watchdog::new("cookie_may_be_taken_in_sections_and_callbacks_and_sent_to_another_thread");
    let domain = Domain::new();
    let reader = domain.reader();
    let cookie = {
        let _section = reader.read_lock();
        domain.start_poll()
    };
    let polling = domain.clone();
    let elsewhere = thread::spawn(move || until("the cookie of another thread", || polling.poll(cookie)));
    let (calling, (send, taken)) = (domain.clone(), std::sync::mpsc::channel());
    domain.call(move || send.send(calling.start_poll()).expect("the test waits"));
    let of_callback = waiting("the callback", || taken.recv()).expect("sent");
    until("the cookie of a callback", || domain.poll(of_callback));
    elsewhere.join().unwrap();
}

#[test]
fn poll_makes_no_grace_period_of_its_own() {
    let _watchdog = Watchdog::new("poll_makes_no_grace_period_of_its_own");
    let domain = Domain::new();
    let cookie = domain.start_poll();
    until("the cookie", || domain.poll(cookie));
    let before = domain.stats();
    (0..1000).for_each(|_| assert!(domain.poll(cookie)));
    assert_eq!(domain.stats(), before);
}

#[test]
fn cookie_of_another_domain_is_refused() {
    let (one, other) = (Domain::new(), Domain::new());
    let cookie = one.start_poll();
    let refusals: [(&str, &dyn Fn()); 3] = [
        ("Domain::poll", &|| assert!(other.poll(cookie))),
        ("Domain::cond_synchronize", &|| other.cond_synchronize(cookie)),
        ("poll", &|| assert!(rcu_core::poll(cookie))),
    ];
    for (call, f) in refusals {
        let refused = catch_unwind(AssertUnwindSafe(f)).expect_err("another domain");
        let message = refused.downcast_ref::<String>().expect("a message that names the call");
        assert_eq!(*message, format!("{call}: the cookie is of another domain"));
    }
}

/// Values are unlinked by one thread, freed by the same once its cookie has expired, and read by two others.
#[test]
fn value_whose_cookie_has_expired_is_in_nobodys_hands() {
    let _watchdog = Watchdog::new("value_whose_cookie_has_expired_is_in_nobodys_hands");
    const UPDATES: u32 = 2_000;
    let domain = Domain::new();
    let cell = RcuOption::<AtomicU32, Domain>::none_in(&domain);
    drop(cell.swap(Some(AtomicU32::new(1).into())));
    let done = AtomicU32::new(0);
    thread::scope(|s| {
        for _ in 0..2 {
            let (reader, cell, done) = (domain.reader(), &cell, &done);
            s.spawn(move || {
                while done.load(Ordering::Relaxed) == 0 {
                    let section = reader.read_lock();
                    let value = cell.load(&section).expect("never none");
                    assert_eq!(value.load(Ordering::Relaxed), 1, "a reader holds a value that was given up");
                }
            });
        }
        for _ in 0..UPDATES {
            let old = cell.swap(Some(AtomicU32::new(1).into())).expect("never none");
            let cookie = domain.start_poll();
            until("the cookie", || domain.poll(cookie));
            old.store(0, Ordering::Relaxed);
        }
        done.store(1, Ordering::Relaxed);
    });
}

#[test]
fn domain_dropped_with_a_cookie_outstanding_ends() {
    let _watchdog = Watchdog::new("domain_dropped_with_a_cookie_outstanding_ends");
    let captured = Arc::new(());
    let domain = Domain::new();
    let reader = domain.reader();
    let section = reader.read_lock();
    let _cookie = domain.start_poll();
    let kept = Arc::clone(&captured);
    domain.call(move || drop(kept));
    drop(domain);
    drop(section);
    drop(reader);
    until("the callback thread", || Arc::strong_count(&captured) == 1);
}
