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

#[test]
fn thread_of_the_default_domain_is_kicked_until_its_notifier_is_removed() {
    let _watchdog = Watchdog::new("thread_of_the_default_domain_is_kicked_until_its_notifier_is_removed");
    let kicks = Arc::new(AtomicU32::new(0));
    let kick = Arc::clone(&kicks);
    let notifier = rcu_core::on_force(move || {
        kick.fetch_add(1, Ordering::SeqCst);
    });
    thread::scope(|s| {
        let section = rcu_core::read_lock();
        s.spawn(|| waiting("the kicked thread", rcu_core::synchronize));
        until("the kick", || kicks.load(Ordering::SeqCst) > 0);
        notifier.remove();
        drop(section);
    });
    assert_eq!(Arc::strong_count(&kicks), 1, "what the kick captured is gone with it");
}

#[test]
fn kick_of_a_thread_that_is_gone_is_dropped() {
    let captured = Arc::new(());
    let kick = Arc::clone(&captured);
    let notifier = thread::spawn(move || rcu_core::on_force(move || drop(Arc::clone(&kick)))).join().unwrap();
    rcu_core::synchronize();
    drop(notifier);
    assert_eq!(Arc::strong_count(&captured), 1);
}

#[test]
fn barrier_kicks_the_reader_that_is_in_its_way() {
    let _watchdog = Watchdog::new("barrier_kicks_the_reader_that_is_in_its_way");
    let domain = Domain::new();
    let mut reader = domain.reader();
    let leave = Arc::new(AtomicBool::new(false));
    let kick = Arc::clone(&leave);
    let _kick = reader.on_force(move || kick.store(true, Ordering::SeqCst));
    thread::scope(|s| {
        let section = reader.read_lock();
        domain.call(|| ());
        s.spawn(|| waiting("the kicked reader", || domain.barrier()));
        until("the kick", || leave.load(Ordering::SeqCst));
        drop(section);
    });
}

/// The kick removes itself while it runs, so that the driver is the last to hold what it captured; the drop of that waits for a
/// grace period, which only this thread could end.
#[test]
fn what_a_kick_captured_may_not_wait_when_the_driver_drops_it() {
    struct Waits(Domain, Arc<AtomicU32>);
    impl Drop for Waits {
        fn drop(&mut self) {
            let refused = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| self.0.synchronize()));
            self.1.store(if refused.is_err() { 1 } else { 2 }, Ordering::SeqCst);
        }
    }
    let _watchdog = Watchdog::new("what_a_kick_captured_may_not_wait_when_the_driver_drops_it");
    let domain = Domain::new();
    let mut reader = domain.reader();
    let (slot, outcome) = (Arc::new(Mutex::new(None)), Arc::new(AtomicU32::new(0)));
    let captured = Waits(domain.clone(), Arc::clone(&outcome));
    let own = Arc::clone(&slot);
    let notifier = reader.on_force(move || {
        let _ = &captured;
        drop(own.lock().unwrap().take());
    });
    *slot.lock().unwrap() = Some(notifier);
    thread::scope(|s| {
        let section = reader.read_lock();
        s.spawn(|| waiting("the kicked reader", || domain.synchronize()));
        until("the drop of what the kick captured", || outcome.load(Ordering::SeqCst) != 0);
        drop(section);
    });
    assert_eq!(outcome.load(Ordering::SeqCst), 1, "it was not refused to wait");
}
