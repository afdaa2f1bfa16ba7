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
fn paced_producer_rests_past_the_soft_limit_but_no_reader_holds_it_up() {
    let _watchdog = Watchdog::new("paced_producer_rests_past_the_soft_limit_but_no_reader_holds_it_up");
    let domain = Domain::builder().soft_limit(10).pace(true).build();
    let staller = Staller::new(&domain);
    let ran = Arc::new(AtomicU32::new(0));
    for _ in 0..640 {
        let ran = Arc::clone(&ran);
        waiting("a moment", || {
            domain.call(move || {
                ran.fetch_add(1, Ordering::SeqCst);
            });
        });
    }
    let stats = domain.stats();
    // It looks at each 64th.
    assert_eq!((stats.calls_paced, stats.callbacks_pending, stats.callbacks_run), (10, 640, 0));
    assert_eq!((stats.calls_waited, stats.calls_over_limit), (0, 0), "there is no hard limit");
    drop(staller);
    waiting("all callbacks", || domain.barrier());
    assert_eq!((ran.load(Ordering::SeqCst), domain.stats().callbacks_run), (640, 640));
}

#[test]
fn producer_that_does_not_run_ahead_does_not_rest() {
    let _watchdog = Watchdog::new("producer_that_does_not_run_ahead_does_not_rest");
    let domain = Domain::builder().soft_limit(200).pace(true).build();
    for _ in 0..10 {
        (0..100).for_each(|_| domain.call(|| ()));
        waiting("all callbacks", || domain.barrier());
    }
    assert_eq!(domain.stats().calls_paced, 0);
}

#[test]
fn call_that_must_not_wait_is_not_paced() {
    let _watchdog = Watchdog::new("call_that_must_not_wait_is_not_paced");
    let domain = Domain::builder().soft_limit(0).pace(true).build();
    let call_many = |domain: &Domain| (0..128).for_each(|_| domain.call(|| ()));
    let reader = domain.reader();
    let section = reader.read_lock();
    call_many(&domain);
    let default_section = rcu_core::read_lock();
    drop(section);
    call_many(&domain);
    drop(default_section);
    let inner = domain.clone();
    let (other, paced) = (Domain::new(), Arc::new(Mutex::new(None)));
    let result = Arc::clone(&paced);
    other.call(move || {
        call_many(&inner);
        *result.lock().unwrap() = Some(inner.stats().calls_paced);
    });
    waiting("the callback", || other.barrier());
    assert_eq!(*paced.lock().unwrap(), Some(0));
    call_many(&domain);
    assert_eq!(domain.stats().calls_paced, 2, "outside of all that, it is");
    waiting("all callbacks", || domain.barrier());
    assert_eq!(domain.stats().callbacks_run, 4 * 128);
}

#[test]
fn paced_producers_stay_within_a_hard_limit_too() {
    let _watchdog = Watchdog::new("paced_producers_stay_within_a_hard_limit_too");
    let domain = Domain::builder().soft_limit(2).pace(true).hard_limit(100).build();
    let staller = Staller::new(&domain);
    thread::scope(|s| {
        s.spawn(|| (0..200).for_each(|_| domain.call(|| ())));
        until("the producer to wait", || domain.stats().calls_waited == 1);
        let stats = domain.stats();
        assert_eq!((stats.callbacks_pending, stats.calls_paced), (100, 1));
        drop(staller);
    });
    waiting("all callbacks", || domain.barrier());
    assert_eq!((domain.stats().callbacks_run, domain.stats().callbacks_peak), (200, 100));
}

#[test]
fn producer_rests_unasked_only_if_it_runs_far_ahead() {
    let _watchdog = Watchdog::new("producer_rests_unasked_only_if_it_runs_far_ahead");
    let domain = Domain::builder().soft_limit(200).build();
    let staller = Staller::new(&domain);
    (0..2_000).for_each(|_| domain.call(|| ()));
    assert_eq!(domain.stats().calls_paced, 0, "it looked once, at 1,024, and 2,000 would be far");
    (0..1_000).for_each(|_| domain.call(|| ()));
    assert_eq!(domain.stats().calls_paced, 1, "it looked at 2,048");
    drop(staller);
    waiting("all callbacks", || domain.barrier());
}
