//! Where a call must not wait, it goes beyond the limit, and is counted.

use std::sync::Mutex;
use std::sync::mpsc::{channel, sync_channel};
use std::thread;
use std::time::Duration;

use rcu_core::Domain;

use super::{Staller, full};
use crate::watchdog::{Watchdog, waiting};

/// Calls one callback too many of a domain that is full.
type OneTooMany = Box<dyn Fn() + Send + Sync>;

/// Asserts that a call goes beyond the limit, and waits for nothing, in the place where `run_there` puts it. That is given the full
/// domain, and returns when the call has.
fn assert_goes_beyond(test: &'static str, run_there: impl FnOnce(&Domain, OneTooMany)) {
    let _watchdog = Watchdog::new(test);
    let (domain, staller) = full(Domain::builder());
    let inner = domain.clone();
    waiting("a call that must not wait", || run_there(&domain, Box::new(move || inner.call(|| ()))));
    let stats = domain.stats();
    assert_eq!((stats.callbacks_pending, stats.calls_over_limit, stats.calls_waited), (2, 1, 0));
    drop(staller);
    waiting("both callbacks", || domain.barrier());
    assert_eq!(domain.stats().callbacks_run, 2);
}

#[test]
fn call_goes_beyond_the_limit_inside_a_section_of_the_same_domain() {
    assert_goes_beyond(
        "call_goes_beyond_the_limit_inside_a_section_of_the_same_domain",
        |domain, one_too_many| {
            let reader = domain.reader();
            let _section = reader.read_lock();
            one_too_many();
        },
    );
}

#[test]
fn call_goes_beyond_the_limit_inside_a_section_of_another_domain() {
    assert_goes_beyond("call_goes_beyond_the_limit_inside_a_section_of_another_domain", |_, one_too_many| {
        let reader = Domain::new().reader();
        let _section = reader.read_lock();
        one_too_many();
    });
}

#[test]
fn call_goes_beyond_the_limit_inside_a_section_of_the_default_domain() {
    assert_goes_beyond(
        "call_goes_beyond_the_limit_inside_a_section_of_the_default_domain",
        |_, one_too_many| {
            let _section = rcu_core::read_lock();
            one_too_many();
        },
    );
}

#[test]
fn call_goes_beyond_the_limit_on_a_quiescent_reader_that_is_online() {
    assert_goes_beyond(
        "call_goes_beyond_the_limit_on_a_quiescent_reader_that_is_online",
        |_, one_too_many| {
            let _online = Domain::new().reader().into_quiescent();
            one_too_many();
        },
    );
}

#[test]
fn call_goes_beyond_the_limit_in_a_callback_of_another_domain() {
    assert_goes_beyond("call_goes_beyond_the_limit_in_a_callback_of_another_domain", |_, one_too_many| {
        let other = Domain::new();
        other.call(one_too_many);
        other.barrier();
    });
}

#[test]
fn call_goes_beyond_the_limit_in_a_callback_of_the_default_domain() {
    assert_goes_beyond(
        "call_goes_beyond_the_limit_in_a_callback_of_the_default_domain",
        |_, one_too_many| {
            rcu_core::call(one_too_many);
            rcu_core::barrier();
        },
    );
}

#[test]
fn call_goes_beyond_the_limit_in_a_hook_around_batches() {
    assert_goes_beyond("call_goes_beyond_the_limit_in_a_hook_around_batches", |_, one_too_many| {
        let hook = move |_: &mut dyn FnMut()| one_too_many();
        let other = Domain::builder().around_batches(hook).build();
        other.call(|| ());
        other.barrier();
    });
}

#[test]
fn call_goes_beyond_the_limit_in_a_kick() {
    assert_goes_beyond("call_goes_beyond_the_limit_in_a_kick", |_, one_too_many| {
        let other = Domain::new();
        let mut reader = other.reader();
        let (send, kicked) = sync_channel(1);
        // Once: the kick is repeated as long as the reader stays.
        let once = Mutex::new(Some((one_too_many, send)));
        let _kick = reader.on_force(move || {
            if let Some((one_too_many, send)) = once.lock().unwrap().take() {
                one_too_many();
                send.send(()).expect("the test waits");
            }
        });
        thread::scope(|s| {
            let section = reader.read_lock();
            s.spawn(|| other.synchronize());
            kicked.recv().expect("sent");
            drop(section);
        });
    });
}

#[test]
fn call_goes_beyond_the_limit_in_a_stall_hook() {
    assert_goes_beyond("call_goes_beyond_the_limit_in_a_stall_hook", |_, one_too_many| {
        let (send, told) = sync_channel(1);
        let once = Mutex::new(Some((one_too_many, send)));
        let hook = move |_: &_| {
            if let Some((one_too_many, send)) = once.lock().unwrap().take() {
                one_too_many();
                send.send(()).expect("the test waits");
            }
        };
        let other = Domain::builder().stall_timeout(Duration::from_millis(5)).on_stall(hook).build();
        thread::scope(|s| {
            let staller = Staller::new(&other);
            s.spawn(|| other.synchronize());
            told.recv().expect("sent");
            drop(staller);
        });
    });
}

#[test]
fn call_goes_beyond_the_limit_in_a_callback_of_the_same_domain() {
    let _watchdog = Watchdog::new("call_goes_beyond_the_limit_in_a_callback_of_the_same_domain");
    let domain = Domain::builder().hard_limit(1).build();
    let inner = domain.clone();
    let (send, returned) = channel();
    // The callback itself is the one that is pending.
    domain.call(move || {
        inner.call(|| ());
        inner.call(|| ());
        send.send(inner.stats().calls_over_limit).expect("the test waits");
    });
    assert_eq!(waiting("a call that must not wait", || returned.recv()), Ok(2));
    waiting("all three", || domain.barrier());
    assert_eq!((domain.stats().callbacks_run, domain.stats().calls_waited), (3, 0));
}
