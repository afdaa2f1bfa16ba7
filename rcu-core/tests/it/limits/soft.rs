//! The soft limit, which hurries, and pacing, which holds up producers for a moment.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use rcu_core::{Domain, Fences, Reader};

use super::Staller;
use crate::watchdog::{Watchdog, until, waiting};

/// How many heavy fences one grace period for callbacks takes when its kick comes back only once the reader has left. Readers with
/// fences of their own need none for the scan, so what is left is one if the driver was about to sleep before it kicked.
fn fences_until_a_kick_is_obeyed(domain: &Domain) -> u64 {
    let mut reader: Reader<Domain> = domain.reader();
    let (leave, left) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let (kicked, outside) = (Arc::clone(&leave), Arc::clone(&left));
    let _kick = reader.on_force(move || {
        kicked.store(true, Ordering::SeqCst);
        until("the reader to obey", || outside.load(Ordering::SeqCst));
    });
    let section = reader.read_lock();
    domain.call(|| ());
    until("the kick", || leave.load(Ordering::SeqCst));
    drop(section);
    left.store(true, Ordering::SeqCst);
    waiting("the callback", || domain.barrier());
    domain.stats().heavy_fences
}

#[test]
fn past_the_soft_limit_readers_are_kicked_at_once_and_not_before_the_sleep() {
    let _watchdog = Watchdog::new("past_the_soft_limit_readers_are_kicked_at_once_and_not_before_the_sleep");
    let options = Domain::builder().fences(Fences::SeqCst);
    assert_eq!(fences_until_a_kick_is_obeyed(&options.clone().soft_limit(0).build()), 0);
    assert_eq!(fences_until_a_kick_is_obeyed(&options.soft_limit(1).build()), 1);
}

/// What a stalled reader costs a paced producer is bounded: it ends, with the reader still inside.
#[test]
fn pacing_holds_up_calls_past_the_soft_limit_but_no_reader_holds_up_a_producer() {
    let _watchdog =
        Watchdog::new("pacing_holds_up_calls_past_the_soft_limit_but_no_reader_holds_up_a_producer");
    let domain = Domain::builder().soft_limit(10).pace(true).build();
    let staller = Staller::new(&domain);
    let ran = Arc::new(AtomicU32::new(0));
    for _ in 0..50 {
        let ran = Arc::clone(&ran);
        waiting("a moment", || {
            domain.call(move || {
                ran.fetch_add(1, Ordering::SeqCst);
            });
        });
    }
    let stats = domain.stats();
    assert_eq!((stats.calls_paced, stats.callbacks_pending, stats.callbacks_run), (40, 50, 0));
    assert_eq!((stats.calls_waited, stats.calls_over_limit), (0, 0), "there is no hard limit");
    drop(staller);
    waiting("all callbacks", || domain.barrier());
    assert_eq!((ran.load(Ordering::SeqCst), domain.stats().callbacks_run), (50, 50));
}

#[test]
fn call_that_must_not_wait_is_not_paced() {
    let _watchdog = Watchdog::new("call_that_must_not_wait_is_not_paced");
    let domain = Domain::builder().soft_limit(0).pace(true).build();
    let reader = domain.reader();
    let section = reader.read_lock();
    (0..20).for_each(|_| domain.call(|| ()));
    let default_section = rcu_core::read_lock();
    drop(section);
    domain.call(|| ());
    drop(default_section);
    let inner = domain.clone();
    let (other, paced) = (Domain::new(), Arc::new(Mutex::new(None)));
    let result = Arc::clone(&paced);
    other.call(move || {
        inner.call(|| ());
        *result.lock().unwrap() = Some(inner.stats().calls_paced);
    });
    waiting("the callback", || other.barrier());
    assert_eq!(*paced.lock().unwrap(), Some(0));
    waiting("all callbacks", || domain.barrier());
    assert_eq!(domain.stats().callbacks_run, 22);
}

#[test]
fn paced_producers_stay_within_a_hard_limit_too() {
    let _watchdog = Watchdog::new("paced_producers_stay_within_a_hard_limit_too");
    let domain = Domain::builder().soft_limit(2).pace(true).hard_limit(5).build();
    let staller = Staller::new(&domain);
    thread::scope(|s| {
        s.spawn(|| (0..20).for_each(|_| domain.call(|| ())));
        until("the producer to wait", || domain.stats().calls_waited == 1);
        let stats = domain.stats();
        assert_eq!((stats.callbacks_pending, stats.calls_paced), (5, 4));
        drop(staller);
    });
    waiting("all callbacks", || domain.barrier());
    assert_eq!((domain.stats().callbacks_run, domain.stats().callbacks_peak), (20, 5));
}

#[test]
fn pacing_is_off_unless_asked_for() {
    let _watchdog = Watchdog::new("pacing_is_off_unless_asked_for");
    let domain = Domain::builder().soft_limit(0).build();
    let staller = Staller::new(&domain);
    (0..20).for_each(|_| domain.call(|| ()));
    assert_eq!(domain.stats().calls_paced, 0);
    drop(staller);
    waiting("all callbacks", || domain.barrier());
}
