//! The default domain as a face in another language uses it.

use std::panic::catch_unwind;
use std::ptr::NonNull;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;

use rcu_core::{raw, read_lock, read_ongoing, reader, stats, synchronize};

use crate::child::{assert_passed, in_child};
use crate::keep::keep;
use crate::watchdog::{Watchdog, waiting};

/// Leaves the section that a test has entered by `raw::lock`.
fn unlock() -> bool {
    // SAFETY: (1) each test pairs its locks and unlocks, with no guard in between.
    unsafe { raw::unlock() }
}

fn on_a_thread(test: impl FnOnce() + Send + 'static) {
    thread::spawn(test).join().expect("the thread asserts");
}

#[test]
fn raw_section_nests_with_guards_and_ends_with_its_last_unlock() {
    on_a_thread(|| {
        raw::lock();
        raw::lock();
        drop(read_lock());
        assert!(unlock() && read_ongoing());
        assert!(catch_unwind(synchronize).is_err());
        assert!(unlock() && !read_ongoing());
        synchronize();
    });
}

#[test]
fn unlock_outside_a_section_is_noticed_and_changes_nothing() {
    on_a_thread(|| {
        assert!(!unlock());
        raw::lock();
        assert!(unlock() && !unlock());
        drop(read_lock());
        assert!(!read_ongoing());
    });
}

#[test]
fn thread_may_leave_the_registry_and_come_back() {
    on_a_thread(|| {
        assert!(!raw::is_registered() && !raw::unregister("x"));
        let record = raw::reader();
        for _ in 0..3 {
            raw::lock();
            assert!(catch_unwind(|| raw::unregister("x")).is_err(), "inside a section");
            assert!(unlock() && raw::is_registered());
            assert!(raw::unregister("x") && !raw::is_registered());
        }
        raw::register("x");
        assert!(stats().readers >= 1);
        assert_eq!(record, raw::reader(), "it does not move");
    });
}

/// A grace period that was about to sleep until it left has no way to take its mark back.
#[test]
fn thread_that_leaves_the_registry_takes_no_mark_along() {
    const TEST: &str = "raw::thread_that_leaves_the_registry_takes_no_mark_along";
    let output = in_child(TEST, || {
        let _watchdog = Watchdog::new(TEST);
        let mark = |record: NonNull<raw::Reader>| {
            // SAFETY: a word of the record is there.
            let word = unsafe { record.cast::<AtomicU32>().byte_add(raw::WAITING) };
            // SAFETY: the record is the calling thread's, and drivers store to the word as to an atomic.
            unsafe { word.as_ref() }.load(Ordering::Relaxed)
        };
        let [kicked, left] = [(); 2].map(|()| keep(Barrier::new(2)));
        let once = AtomicBool::new(false);
        // The driver marks all that are in its way, and kicks this one: it stays in the kick until the thread has left.
        let mut other = reader();
        let _notifier = other.on_force(move || {
            if !once.swap(true, Ordering::Relaxed) {
                kicked.wait();
                left.wait();
            }
        });
        raw::lock();
        let section = other.read_lock();
        let driver = thread::spawn(synchronize);
        waiting("the kick", || kicked.wait());
        assert_eq!(mark(raw::reader()), 1, "the driver waits for it");
        assert!(unlock() && raw::unregister("x"));
        raw::register("x");
        assert_eq!(mark(raw::reader()), 0, "nobody waits for it");
        drop(section);
        waiting("the driver to go on", || left.wait());
        waiting("the driver", || driver.join()).expect("it does nothing else");
    });
    assert_passed(&output);
}

#[test]
fn number_that_is_no_cookie_s_is_refused() {
    let _watchdog = Watchdog::new("number_that_is_no_cookie_s_is_refused");
    let cookie = raw::start_poll();
    for number in [0, u64::MAX] {
        assert!(catch_unwind(|| raw::poll("x", number)).is_err());
        assert!(catch_unwind(|| raw::cond_synchronize("x", number)).is_err());
    }
    raw::cond_synchronize("x", cookie);
    assert!(raw::poll("x", cookie));
}
