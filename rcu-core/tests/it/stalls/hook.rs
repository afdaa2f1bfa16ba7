//! The hook that is told of stalls: what it may do, and what its panics do not.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::thread;

use rcu_core::{Domain, Stall};

use super::{TIMEOUT, next, reporting};
use crate::child::{assert_passed, in_child};
use crate::watchdog::{Watchdog, until, waiting};

/// A domain whose hook counts its calls and panics in each.
fn panicking() -> (Domain, Arc<AtomicU32>) {
    let called = Arc::new(AtomicU32::new(0));
    let hook = Arc::clone(&called);
    let hook = move |_: &Stall| {
        hook.fetch_add(1, Ordering::SeqCst);
        panic!("expected by the test: a stall hook");
    };
    (Domain::builder().stall_timeout(TIMEOUT).on_stall(hook).build(), called)
}

#[test]
fn panic_of_the_hook_is_contained_and_the_grace_period_goes_on() {
    let _watchdog = Watchdog::new("panic_of_the_hook_is_contained_and_the_grace_period_goes_on");
    let (domain, called) = panicking();
    let reader = domain.reader();
    thread::scope(|s| {
        let section = reader.read_lock();
        let driver = s.spawn(|| waiting("the section", || domain.synchronize()));
        until("two calls of the hook", || called.load(Ordering::SeqCst) >= 2);
        drop(section);
        driver.join().expect("the panic is not the driver's");
    });
    waiting("nobody", || domain.synchronize());
    assert_eq!(domain.stats().stalls, u64::from(called.load(Ordering::SeqCst)));
}

#[test]
fn panic_of_the_hook_does_not_end_the_watch_over_callbacks() {
    let _watchdog = Watchdog::new("panic_of_the_hook_does_not_end_the_watch_over_callbacks");
    let (domain, called) = panicking();
    for round in 1..=2 {
        let (go_on, gone_on) = channel::<()>();
        domain.call(move || assert!(gone_on.recv().is_err()));
        let before = called.load(Ordering::SeqCst);
        until("two calls of the hook", || called.load(Ordering::SeqCst) >= before + 2);
        drop(go_on);
        waiting("the callback", || domain.barrier());
        assert_eq!((domain.stats().callbacks_run, domain.stats().callbacks_panicked), (round, 0));
    }
}

#[test]
fn hook_may_enter_sections_and_call() {
    let _watchdog = Watchdog::new("hook_may_enter_sections_and_call");
    let other = Domain::new();
    let (reader, inner) = (Mutex::new(other.reader()), other.clone());
    let (send, ran) = channel();
    let hook = move |_: &Stall| {
        let reader = reader.lock().unwrap();
        let _sections = (rcu_core::read_lock(), reader.read_lock());
        let send = send.clone();
        // The test may be gone.
        inner.call(move || _ = send.send(()));
    };
    let domain = Domain::builder().stall_timeout(TIMEOUT).on_stall(hook).build();
    let reader = domain.reader();
    let section = reader.read_lock();
    domain.call(|| ());
    waiting("a callback that the hook queued", || ran.recv()).expect("sent");
    drop(section);
    waiting("the callback", || domain.barrier());
}

/// No lock is held around the hook: another thread gets at everything while it runs.
#[test]
fn domain_can_be_used_while_its_hook_runs() {
    let _watchdog = Watchdog::new("domain_can_be_used_while_its_hook_runs");
    let (send, begun) = channel();
    let (end, ended) = channel::<()>();
    let ended = Mutex::new(ended);
    let hook = move |_: &Stall| {
        let _ = send.send(());
        let _ = ended.lock().unwrap().recv();
    };
    let domain = Domain::builder().stall_timeout(TIMEOUT).on_stall(hook).build();
    let reader = domain.reader();
    let section = reader.read_lock();
    domain.call(|| ());
    waiting("the hook", || begun.recv()).expect("it is called");
    waiting("a lock of the domain", || {
        drop(domain.reader().read_lock());
        domain.call(|| ());
        assert!(!domain.poll(domain.start_poll()));
        assert_eq!(domain.stats().callbacks_pending, 2);
    });
    drop(section);
    drop(end);
    waiting("both callbacks", || domain.barrier());
}

/// A value that panics when it is dropped, having said so.
struct Loud(Arc<AtomicU32>);

impl Drop for Loud {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
        panic!("expected by the test: the drop of what a hook captured");
    }
}

/// The thread that watches callbacks may be the last to hold a hook: the domain of the one that it tells may be dropped meanwhile. In a
/// process of its own, which has one such thread.
#[test]
fn hook_that_outlives_its_domain_is_dropped_when_it_returns_and_that_may_panic() {
    const TEST: &str =
        "stalls::hook::hook_that_outlives_its_domain_is_dropped_when_it_returns_and_that_may_panic";
    let output = in_child(TEST, || {
        let _watchdog = Watchdog::new(TEST);
        let dropped = Arc::new(AtomicU32::new(0));
        let captured = Loud(Arc::clone(&dropped));
        let (send, told) = channel();
        let (end, ended) = channel::<()>();
        let ended = Mutex::new(ended);
        let hook = move |_: &Stall| {
            let _captured = &captured;
            let _ = send.send(());
            let _ = ended.lock().unwrap().recv();
        };
        let domain = Domain::builder().stall_timeout(TIMEOUT).on_stall(hook).build();
        let (go_on, gone_on) = channel::<()>();
        domain.call(move || assert!(gone_on.recv().is_err()));
        waiting("the hook", || told.recv()).expect("it is called");
        drop(go_on);
        waiting("the callback", || domain.shutdown());
        assert_eq!(dropped.load(Ordering::SeqCst), 0, "the hook is running");
        drop(end);
        // Nothing is watched any more, so that it waits for no later look.
        until("the drop of what the hook captured", || dropped.load(Ordering::SeqCst) == 1);

        // The thread goes on.
        let (options, stalls) = reporting();
        let domain = options.build();
        let (go_on, gone_on) = channel::<()>();
        domain.call(move || assert!(gone_on.recv().is_err()));
        next(&stalls);
        drop(go_on);
        waiting("the callback", || domain.barrier());
    });
    assert_passed(&output);
}
