//! Threads as readers of the default domain: registration, exit, and sections that outlive it.
//!
//! A thread's destructors run in an order that is not ours to choose, so each of these makes both: a thread-local first used
//! before the first section, whose destructor runs after the registration's, and one used after it.

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use rcu_core::{RcuCell, ReadGuard, read_lock};

use crate::child::in_child;
use crate::keep::keep;
use crate::watchdog::{Watchdog, waiting};

#[cfg(unix)]
mod keys;

/// Runs a closure when the thread's locals are dropped.
struct AtExit(RefCell<Option<Box<dyn FnOnce()>>>);

impl Drop for AtExit {
    fn drop(&mut self) {
        if let Some(f) = self.0.take() {
            f();
        }
    }
}

thread_local! {
    static EARLY: AtExit = const { AtExit(RefCell::new(None)) };
    static LATE: AtExit = const { AtExit(RefCell::new(None)) };
    static GUARD: RefCell<Option<ReadGuard<'static>>> = const { RefCell::new(None) };
    static SEEN: Cell<u32> = const { Cell::new(0) };
}

/// On a new thread: makes a local, enters and leaves a section, makes another, and has both run `f` in their destructors.
fn in_destructors(f: fn()) {
    let thread = thread::spawn(move || {
        EARLY.with(|early| early.0.replace(Some(Box::new(f))));
        drop(read_lock());
        LATE.with(|late| late.0.replace(Some(Box::new(f))));
    });
    waiting("the thread's destructors", || thread.join()).expect("they do not panic");
}

#[test]
fn section_in_a_late_destructor_works() {
    static RAN: AtomicBool = AtomicBool::new(false);
    let _watchdog = Watchdog::new("section_in_a_late_destructor_works");
    in_destructors(|| {
        let cell = RcuCell::new(3);
        let (outer, inner) = (read_lock(), read_lock());
        assert_eq!(*cell.load(&inner), 3);
        drop(outer);
        drop(inner);
        rcu_core::synchronize();
        drop(read_lock());
        RAN.store(true, Ordering::SeqCst);
    });
    assert!(RAN.load(Ordering::SeqCst));
    rcu_core::synchronize();
}

#[test]
fn waiting_inside_a_section_of_a_late_destructor_panics() {
    static REFUSED: AtomicBool = AtomicBool::new(false);
    let _watchdog = Watchdog::new("waiting_inside_a_section_of_a_late_destructor_panics");
    in_destructors(|| {
        let _section = read_lock();
        REFUSED.store(std::panic::catch_unwind(rcu_core::synchronize).is_err(), Ordering::SeqCst);
    });
    assert!(REFUSED.load(Ordering::SeqCst));
}

#[test]
fn notifier_of_a_thread_whose_registration_has_ended_panics() {
    static REFUSED: AtomicBool = AtomicBool::new(false);
    let _watchdog = Watchdog::new("notifier_of_a_thread_whose_registration_has_ended_panics");
    // The destructor that runs first finds the thread registered.
    in_destructors(|| {
        let refused = std::panic::catch_unwind(|| drop(rcu_core::on_force(|| ())));
        if let Err(payload) = refused {
            let message = payload.downcast_ref::<String>().expect("a message");
            assert_eq!(message, "on_force: the thread's registration has ended");
            REFUSED.store(true, Ordering::SeqCst);
        }
    });
    assert!(REFUSED.load(Ordering::SeqCst));
}

#[test]
fn guard_in_a_thread_local_delays_grace_periods_until_its_destructor() {
    let _watchdog = Watchdog::new("guard_in_a_thread_local_delays_grace_periods_until_its_destructor");
    for guard_first in [true, false] {
        let value = Arc::new(());
        let cell = Arc::new(RcuCell::new(Arc::clone(&value)));
        let inner = Arc::clone(&cell);
        let thread = thread::spawn(move || {
            if guard_first {
                // Its destructor is scheduled before the registration's, and so runs after it.
                GUARD.with(|guard| drop(guard.borrow_mut().take()));
            }
            GUARD.with(|guard| *guard.borrow_mut() = Some(read_lock()));
            LATE.with(|late| {
                late.0.replace(Some(Box::new(move || {
                    // Unlinked by a thread that is on its way out, inside its own section.
                    drop(inner.replace(Arc::new(())));
                })))
            });
        });
        waiting("the thread", || thread.join()).expect("it does not panic");
        rcu_core::barrier();
        assert_eq!(Arc::strong_count(&value), 1, "the section ended with the guard");
    }
}

#[test]
fn scan_may_poll_a_thread_that_exits_inside_its_section() {
    let _watchdog = Watchdog::new("scan_may_poll_a_thread_that_exits_inside_its_section");
    let stop = AtomicBool::new(false);
    thread::scope(|s| {
        s.spawn(|| {
            while !stop.load(Ordering::SeqCst) {
                rcu_core::synchronize();
            }
        });
        for round in 0..200 {
            let thread = thread::spawn(move || {
                if round % 2 == 0 {
                    GUARD.with(|guard| drop(guard.borrow_mut().take()));
                }
                GUARD.with(|guard| *guard.borrow_mut() = Some(read_lock()));
            });
            waiting("a thread that exits inside its section", || thread.join()).expect("it does not panic");
        }
        stop.store(true, Ordering::SeqCst);
    });
}

#[test]
fn two_hundred_threads_register_read_once_and_exit_while_grace_periods_run() {
    let _watchdog = Watchdog::new("two_hundred_threads_register_read_once_and_exit_while_grace_periods_run");
    let cell = RcuCell::new(0_u32);
    let stop = AtomicBool::new(false);
    thread::scope(|s| {
        s.spawn(|| {
            while !stop.load(Ordering::SeqCst) {
                assert!(cell.replace(1).wait() <= 1);
            }
        });
        let readers: Vec<_> =
            (0..200).map(|_| s.spawn(|| SEEN.with(|seen| seen.set(*cell.load(&read_lock()))))).collect();
        for reader in readers {
            waiting("a reader", || reader.join()).expect("it does not panic");
        }
        stop.store(true, Ordering::SeqCst);
    });
}

#[test]
fn guard_leaked_by_a_thread_that_is_gone_holds_grace_periods_for_ever() {
    let output =
        in_child("threads::guard_leaked_by_a_thread_that_is_gone_holds_grace_periods_for_ever", || {
            static CELL: rcu_core::RcuOption<u32> = rcu_core::RcuOption::none();
            drop(CELL.swap(Some(rcu_core::RcuBox::new(7))));
            let forgotten = thread::spawn(|| -> &'static u32 {
                let section: &'static ReadGuard<'static> = keep(read_lock());
                CELL.load(section).expect("the 7 is there")
            });
            let seven = forgotten.join().expect("it does not panic");
            drop(CELL.swap(None));
            let over = Arc::new(AtomicBool::new(false));
            let driver = Arc::clone(&over);
            thread::spawn(move || {
                rcu_core::synchronize();
                driver.store(true, Ordering::SeqCst);
            });
            thread::sleep(Duration::from_millis(50));
            assert_eq!((*seven, over.load(Ordering::SeqCst)), (7, false));
        });
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Leaked when the thread's registration has ended already, so that there is nothing left to notice it.
#[test]
fn guard_leaked_in_a_late_destructor_holds_grace_periods_for_ever() {
    const TEST: &str = "threads::guard_leaked_in_a_late_destructor_holds_grace_periods_for_ever";
    let output = in_child(TEST, || {
        static LEAKED: AtomicBool = AtomicBool::new(false);
        let value = Arc::new(());
        let cell = RcuCell::new(Arc::clone(&value));
        in_destructors(|| {
            std::mem::forget(read_lock());
            LEAKED.store(true, Ordering::SeqCst);
        });
        assert!(LEAKED.load(Ordering::SeqCst));
        drop(cell.replace(Arc::new(())));
        thread::sleep(Duration::from_millis(50));
        assert_eq!(Arc::strong_count(&value), 2, "freed in spite of the section");
        assert_eq!(rcu_core::stats().callbacks_run, 0);
    });
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn thread_may_register_before_its_first_section_and_more_than_once() {
    let _watchdog = Watchdog::new("thread_may_register_before_its_first_section_and_more_than_once");
    let thread = thread::spawn(|| {
        rcu_core::register_current_thread();
        rcu_core::register_current_thread();
        drop(read_lock());
    });
    waiting("the thread", || thread.join()).expect("registering twice is once");
    rcu_core::synchronize();
}

#[test]
fn read_ongoing_says_whether_the_thread_is_inside() {
    assert!(!rcu_core::read_ongoing());
    let section = read_lock();
    assert!(rcu_core::read_ongoing());
    assert!(!thread::spawn(rcu_core::read_ongoing).join().unwrap());
    drop(section);
    assert!(!rcu_core::read_ongoing());
    in_destructors(|| {
        assert!(!rcu_core::read_ongoing());
        let _section = read_lock();
        assert!(rcu_core::read_ongoing());
    });
}
