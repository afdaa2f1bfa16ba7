//! Force-RCU notifiers.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use rcu_core::{Domain, RcuCell, Reader};

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

#[test]
fn kicks_go_on_while_other_readers_come_and_go() {
    let _watchdog = Watchdog::new("kicks_go_on_while_other_readers_come_and_go");
    let domain = Domain::new();
    let (mut stays, goes) = (domain.reader(), domain.reader());
    let kicks = Arc::new(AtomicU32::new(0));
    let kick = Arc::clone(&kicks);
    let _kick = stays.on_force(move || {
        kick.fetch_add(1, Ordering::SeqCst);
    });
    thread::scope(|s| {
        let section = stays.read_lock();
        let first = goes.read_lock();
        s.spawn(|| waiting("both readers of the main thread", || domain.synchronize()));
        until("the first kick", || kicks.load(Ordering::SeqCst) >= 1);
        drop(first);
        until("the third kick", || {
            drop(goes.read_lock());
            kicks.load(Ordering::SeqCst) >= 3
        });
        drop(section);
    });
}

#[test]
fn what_a_removed_kick_captured_may_panic_or_unregister_and_grace_periods_go_on() {
    /// Panics when it is dropped, after its reader.
    struct Loud {
        _reader: Mutex<Reader<Domain>>,
    }
    impl Drop for Loud {
        fn drop(&mut self) {
            panic!("expected by the test: a capture's drop");
        }
    }
    let _watchdog =
        Watchdog::new("what_a_removed_kick_captured_may_panic_or_unregister_and_grace_periods_go_on");
    let domain = Domain::new();
    let mut reader = domain.reader();
    let captured = Loud { _reader: Mutex::new(domain.reader()) };
    let own_handle = Arc::new(Mutex::new(None));
    let inside = Arc::clone(&own_handle);
    let kicked = Arc::new(AtomicBool::new(false));
    let kick = Arc::clone(&kicked);
    *own_handle.lock().unwrap() = Some(reader.on_force(move || {
        let _captured = &captured;
        // Removes itself while it runs: the driver has the last of it.
        drop(inside.lock().unwrap().take());
        kick.store(true, Ordering::SeqCst);
    }));
    thread::scope(|s| {
        let section = reader.read_lock();
        let driver = s.spawn(|| waiting("the kicked reader", || domain.synchronize()));
        until("the kick", || kicked.load(Ordering::SeqCst));
        drop(section);
        driver.join().expect("the capture's panic is not its driver's");
    });
    waiting("nobody", || domain.synchronize());
    assert_eq!(domain.stats().readers, 1, "the captured reader was unregistered");
}

#[test]
fn kick_may_update_a_cell_of_its_domain() {
    let _watchdog = Watchdog::new("kick_may_update_a_cell_of_its_domain");
    let domain = Domain::new();
    let mut reader = domain.reader();
    let cell = Arc::new(RcuCell::new_in(&domain, 0));
    let updated = Arc::new(AtomicBool::new(false));
    let (kick, own) = (Arc::clone(&updated), Arc::clone(&cell));
    let _kick = reader.on_force(move || {
        own.update(|n| n + 1);
        kick.store(true, Ordering::SeqCst);
    });
    thread::scope(|s| {
        let section = reader.read_lock();
        s.spawn(|| waiting("the kicked reader", || domain.synchronize()));
        until("the kick to have updated", || updated.load(Ordering::SeqCst));
        drop(section);
    });
    assert!(*cell.load(&reader.read_lock()) >= 1);
}
