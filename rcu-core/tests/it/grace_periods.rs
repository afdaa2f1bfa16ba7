//! What a grace period waits for, and what it does not.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use rcu_core::{Domain, Fences, RcuCell, read_lock};

use crate::watchdog::{Watchdog, until, waiting};

/// Long enough for a broken grace period to end, short enough to be paid often.
const A_WHILE: Duration = Duration::from_millis(30);

/// The domains every property has to hold for.
fn domains() -> [Domain; 2] {
    [Domain::new(), Domain::builder().fences(Fences::SeqCst).build()]
}

#[test]
fn reader_inside_section_delays_grace_period() {
    let _watchdog = Watchdog::new("reader_inside_section_delays_grace_period");
    for domain in domains() {
        let reader = domain.reader();
        let section = reader.read_lock();
        let over = AtomicBool::new(false);
        thread::scope(|s| {
            s.spawn(|| {
                waiting("the section of the main thread", || domain.synchronize());
                over.store(true, Ordering::SeqCst);
            });
            thread::sleep(A_WHILE);
            assert!(!over.load(Ordering::SeqCst), "the section is still open");
            drop(section);
            until("the grace period", || over.load(Ordering::SeqCst));
        });
    }
}

#[test]
fn thread_inside_section_delays_grace_period_of_the_default_domain() {
    let _watchdog = Watchdog::new("thread_inside_section_delays_grace_period_of_the_default_domain");
    let over = AtomicBool::new(false);
    let section = read_lock();
    thread::scope(|s| {
        s.spawn(|| {
            waiting("the section of the main thread", rcu_core::synchronize);
            over.store(true, Ordering::SeqCst);
        });
        thread::sleep(A_WHILE);
        assert!(!over.load(Ordering::SeqCst), "the section is still open");
        drop(section);
        until("the grace period", || over.load(Ordering::SeqCst));
    });
}

#[test]
fn guards_dropped_out_of_order_are_one_section() {
    let _watchdog = Watchdog::new("guards_dropped_out_of_order_are_one_section");
    for domain in domains() {
        let reader = domain.reader();
        let over = AtomicBool::new(false);
        thread::scope(|s| {
            let first = reader.read_lock();
            let second = reader.read_lock();
            s.spawn(|| {
                waiting("both guards of the main thread", || domain.synchronize());
                over.store(true, Ordering::SeqCst);
            });
            thread::sleep(A_WHILE);
            drop(first);
            let third = reader.read_lock();
            drop(second);
            thread::sleep(A_WHILE);
            assert!(
                !over.load(Ordering::SeqCst),
                "the third guard overlaps the second, which overlaps the first"
            );
            drop(third);
            until("the grace period", || over.load(Ordering::SeqCst));
        });
    }
}

#[test]
fn section_that_begins_later_does_not_delay_a_grace_period() {
    let _watchdog = Watchdog::new("section_that_begins_later_does_not_delay_a_grace_period");
    for domain in domains() {
        let (mut old, new) = (domain.reader(), domain.reader());
        let started = Arc::new(AtomicBool::new(false));
        let kicked = Arc::clone(&started);
        // Called by a grace period that has started, and found this reader in its way.
        let _kick = old.on_force(move || kicked.store(true, Ordering::SeqCst));
        let before = old.read_lock();
        thread::scope(|s| {
            let driver = s.spawn(|| waiting("the earlier section only", || domain.synchronize()));
            until("the grace period to start", || started.load(Ordering::SeqCst));
            let later = new.read_lock();
            drop(before);
            until("the grace period, with a later section open", || driver.is_finished());
            drop(later);
        });
    }
}

#[test]
fn sections_of_one_domain_do_not_delay_another() {
    let _watchdog = Watchdog::new("sections_of_one_domain_do_not_delay_another");
    let (one, other) = (Domain::new(), Domain::new());
    let reader = one.reader();
    let _section = reader.read_lock();
    let _thread_section = read_lock();
    waiting("nobody", || other.synchronize());
}

#[test]
fn concurrent_synchronize_calls_share_grace_periods() {
    const CALLERS: u32 = 16;
    let _watchdog = Watchdog::new("concurrent_synchronize_calls_share_grace_periods");
    let domain = Domain::new();
    let reader = domain.reader();
    let section = reader.read_lock();
    let asked = AtomicU32::new(0);
    thread::scope(|s| {
        for _ in 0..CALLERS {
            s.spawn(|| {
                asked.fetch_add(1, Ordering::SeqCst);
                waiting("the section of the main thread", || domain.synchronize());
            });
        }
        until("all callers to be about to wait", || asked.load(Ordering::SeqCst) == CALLERS);
        thread::sleep(A_WHILE);
        drop(section);
    });
    let used = domain.stats().grace_periods;
    // Two if all were in time; a machine that kept some callers from running may need more, but not one each.
    assert!(used < u64::from(CALLERS) / 2, "{used} grace periods for {CALLERS} concurrent calls");
}

#[test]
fn value_replaced_is_intact_until_its_readers_have_left() {
    let _watchdog = Watchdog::new("value_replaced_is_intact_until_its_readers_have_left");
    let cell = RcuCell::new(String::from("old"));
    let section = read_lock();
    let seen = cell.load(&section);
    let old = cell.replace(String::from("new"));
    assert_eq!((seen.as_str(), old.as_str()), ("old", "old"));
    let (send, back) = channel();
    let updater = thread::spawn(move || {
        let value = waiting("the section of the main thread", || old.wait());
        send.send(value).expect("the main thread waits for it");
    });
    thread::sleep(A_WHILE);
    assert!(back.try_recv().is_err(), "the section is still open");
    assert_eq!((seen.as_str(), cell.load(&section).as_str()), ("old", "new"));
    drop(section);
    assert_eq!(waiting("the updater", || back.recv()).as_deref(), Ok("old"));
    updater.join().expect("it does not panic");
}

#[test]
fn all_who_share_a_grace_period_are_woken_at_its_end() {
    let _watchdog = Watchdog::new("all_who_share_a_grace_period_are_woken_at_its_end");
    for domain in domains() {
        let (first, second) = (domain.reader(), domain.reader());
        let in_the_way_of_one = first.read_lock();
        let wait = || waiting("a grace period", || domain.synchronize());
        thread::scope(|s| {
            s.spawn(wait);
            thread::sleep(A_WHILE);
            // The grace period that is driven now does not wait for this section, and the next one does.
            let in_the_way_of_the_next = second.read_lock();
            (0..4).for_each(|_| drop(s.spawn(wait)));
            thread::sleep(A_WHILE);
            drop(in_the_way_of_one);
            until("the first grace period", || domain.stats().grace_periods == 1);
            thread::sleep(A_WHILE);
            drop(in_the_way_of_the_next);
        });
        assert_eq!(domain.stats().grace_periods, 2, "four shared one, which is what this is about");
    }
}
