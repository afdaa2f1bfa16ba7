//! The default domain as a face in another language uses it.

use std::panic::catch_unwind;
use std::thread;

use rcu_core::{raw, read_lock, read_ongoing, stats, synchronize};

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
