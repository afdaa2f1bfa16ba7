//! Force-RCU notifiers.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;

use rcu_core::Domain;

use crate::watchdog::{Watchdog, until, waiting};

#[test]
fn grace_period_kicks_the_reader_that_is_in_its_way() {
    let _watchdog = Watchdog::new("grace_period_kicks_the_reader_that_is_in_its_way");
    let domain = Domain::new();
    let (mut reader, mut bystander) = (domain.reader(), domain.reader());
    let (leave, called) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)));
    let (kick, other) = (Arc::clone(&leave), Arc::clone(&called));
    let _kick = reader.on_force(move || kick.store(true, Ordering::SeqCst));
    let _other = bystander.on_force(move || {
        other.fetch_add(1, Ordering::SeqCst);
    });
    thread::scope(|s| {
        let section = reader.read_lock();
        s.spawn(|| waiting("the kicked reader", || domain.synchronize()));
        until("the kick", || leave.load(Ordering::SeqCst));
        drop(section);
    });
    assert_eq!(called.load(Ordering::SeqCst), 0, "the bystander was in no section");
}

#[test]
fn reader_that_ignores_its_kick_is_kicked_again() {
    let _watchdog = Watchdog::new("reader_that_ignores_its_kick_is_kicked_again");
    let domain = Domain::new();
    let mut reader = domain.reader();
    let kicks = Arc::new(AtomicU32::new(0));
    let kick = Arc::clone(&kicks);
    let _kick = reader.on_force(move || {
        kick.fetch_add(1, Ordering::SeqCst);
    });
    thread::scope(|s| {
        let section = reader.read_lock();
        s.spawn(|| waiting("the kicked reader", || domain.synchronize()));
        until("the third kick", || kicks.load(Ordering::SeqCst) >= 3);
        drop(section);
    });
}

#[test]
fn removed_notifier_is_not_called() {
    let _watchdog = Watchdog::new("removed_notifier_is_not_called");
    let domain = Domain::new();
    let mut reader = domain.reader();
    let (kicks, leave) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicBool::new(false)));
    let (kick, other) = (Arc::clone(&kicks), Arc::clone(&leave));
    let removed = reader.on_force(move || {
        kick.fetch_add(1, Ordering::SeqCst);
    });
    let _kept = reader.on_force(move || other.store(true, Ordering::SeqCst));
    removed.remove();
    assert_eq!(Arc::strong_count(&kicks), 1, "what it captured is gone");
    thread::scope(|s| {
        let section = reader.read_lock();
        s.spawn(|| waiting("the kicked reader", || domain.synchronize()));
        until("the other kick", || leave.load(Ordering::SeqCst));
        drop(section);
    });
    assert_eq!(kicks.load(Ordering::SeqCst), 0);
}

#[test]
fn kick_may_enter_sections_and_call_and_its_panic_is_contained() {
    let _watchdog = Watchdog::new("kick_may_enter_sections_and_call_and_its_panic_is_contained");
    let domain = Domain::new();
    let mut reader = domain.reader();
    let ran = Arc::new(AtomicBool::new(false));
    let (queue, callback) = (domain.clone(), Arc::clone(&ran));
    let _panics = reader.on_force(|| panic!("expected by the test"));
    let _calls = reader.on_force(move || {
        let _section = rcu_core::read_lock();
        let callback = Arc::clone(&callback);
        queue.call(move || callback.store(true, Ordering::SeqCst));
    });
    thread::scope(|s| {
        let section = reader.read_lock();
        let driver = s.spawn(|| waiting("the kicked reader", || domain.synchronize()));
        until("the kick to have queued", || Arc::strong_count(&ran) > 2);
        drop(section);
        driver.join().expect("the panic of a kick is not its driver's");
    });
    domain.barrier();
    assert!(ran.load(Ordering::SeqCst));
}
