//! Domains: identity, drop anywhere, shutdown.

use std::fmt::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc::channel;
use std::thread;

use rcu_core::{Domain, Fences, RcuCell, RcuOption, Scope};

use crate::watchdog::{Watchdog, until, waiting};

#[test]
fn section_of_another_instance_is_refused_by_a_panic_that_says_so() {
    let (one, other) = (Domain::new(), Domain::new());
    let cell = RcuCell::new_in(&one, 1);
    let reader = other.reader();
    let section = reader.read_lock();
    let refused = catch_unwind(AssertUnwindSafe(|| *cell.load(&section))).expect_err("another domain");
    let message = refused.downcast_ref::<&str>().expect("a literal message");
    assert_eq!(*message, "load: the section is of another domain than the cell");
}

#[test]
fn clone_is_a_handle_of_the_same_domain() {
    let domain = Domain::new();
    let cell = RcuCell::new_in(&domain.clone(), 1);
    let reader = domain.reader();
    assert_eq!(*cell.load(&reader.read_lock()), 1);
}

/// Code that is generic over domains can show the engine of one, to a writer that uses it.
#[test]
fn engine_that_is_shown_holds_no_lock_of_its_own() {
    struct Uses(Domain);
    impl fmt::Write for Uses {
        fn write_str(&mut self, _: &str) -> fmt::Result {
            drop(self.0.reader());
            self.0.synchronize();
            self.0.call(|| ());
            Ok(())
        }
    }
    fn show<S: Scope>(scope: &S, writer: &mut Uses) {
        write!(writer, "{:#?}", S::engine(scope.borrow())).expect("the writer takes all");
    }
    let _watchdog = Watchdog::new("engine_that_is_shown_holds_no_lock_of_its_own");
    let domain = Domain::new();
    let _reader = domain.reader();
    waiting("the writer", || show(&domain, &mut Uses(domain.clone())));
    assert!(domain.stats().grace_periods > 0);
}

#[test]
fn dropping_the_last_handle_does_not_wait_and_loses_no_callback() {
    let _watchdog = Watchdog::new("dropping_the_last_handle_does_not_wait_and_loses_no_callback");
    let ran = Arc::new(AtomicU32::new(0));
    let (open, opened) = channel::<()>();
    let domain = Domain::new();
    domain.call(move || {
        assert!(waiting("the main thread to have dropped the domain", || opened.recv()).is_err())
    });
    for _ in 0..100 {
        let ran = Arc::clone(&ran);
        domain.call(move || {
            ran.fetch_add(1, Ordering::SeqCst);
        });
    }
    drop(domain);
    assert_eq!(ran.load(Ordering::SeqCst), 0, "the drop did not wait for the first callback");
    drop(open);
    until("the callbacks of a dropped domain", || ran.load(Ordering::SeqCst) == 100);
}

#[test]
fn domain_may_be_dropped_in_its_own_callback() {
    let _watchdog = Watchdog::new("domain_may_be_dropped_in_its_own_callback");
    let done = Arc::new(AtomicBool::new(false));
    let callback = Arc::clone(&done);
    let domain = Domain::new();
    let last = domain.clone();
    domain.call(move || {
        drop(last);
        callback.store(true, Ordering::SeqCst);
    });
    drop(domain);
    until("the callback that drops its domain", || done.load(Ordering::SeqCst));
}

#[test]
fn shutdown_waits_for_callbacks_and_for_the_thread() {
    let _watchdog = Watchdog::new("shutdown_waits_for_callbacks_and_for_the_thread");
    let ran = Arc::new(AtomicBool::new(false));
    let callback = Arc::clone(&ran);
    let domain = Domain::new();
    domain.call(move || callback.store(true, Ordering::SeqCst));
    waiting("the callback thread", || domain.shutdown());
    assert!(ran.load(Ordering::SeqCst));
    assert_eq!(Arc::strong_count(&ran), 1, "what the callback captured is gone");
}

#[test]
fn cells_keep_a_domain_whose_handles_are_gone() {
    let _watchdog = Watchdog::new("cells_keep_a_domain_whose_handles_are_gone");
    let cell = {
        let domain = Domain::builder().fences(Fences::SeqCst).build();
        RcuOption::<u32, Domain>::none_in(&domain)
    };
    cell.update(|_| Some(1));
    cell.update(|one| one.map(|one| one + 1));
    assert_eq!(cell.swap(None).map(|value| value.wait()), Some(2));
}

#[test]
fn domains_may_come_and_go_by_the_hundred() {
    let _watchdog = Watchdog::new("domains_may_come_and_go_by_the_hundred");
    let ran = Arc::new(AtomicU32::new(0));
    for _ in 0..300 {
        let domain = Domain::new();
        let ran = Arc::clone(&ran);
        domain.call(move || {
            ran.fetch_add(1, Ordering::SeqCst);
        });
    }
    until("one callback each", || ran.load(Ordering::SeqCst) == 300);
}

#[test]
fn callback_thread_has_the_name_it_was_given() {
    let _watchdog = Watchdog::new("callback_thread_has_the_name_it_was_given");
    let domain = Domain::builder().thread_name("reclaim").build();
    domain.init().expect("threads can be had here");
    let (send, name) = channel();
    domain.call(move || send.send(thread::current().name().map(str::to_owned)).expect("the test waits"));
    assert_eq!(waiting("the callback", || name.recv()).expect("sent").as_deref(), Some("reclaim"));
}

#[test]
fn readers_guards_and_retired_values_keep_a_domain_whose_handles_are_gone() {
    let _watchdog = Watchdog::new("readers_guards_and_retired_values_keep_a_domain_whose_handles_are_gone");
    let (reader, retired) = {
        let domain = Domain::new();
        let cell = RcuCell::new_in(&domain, 1);
        (domain.reader(), cell.replace(2))
    };
    let section = reader.read_lock();
    assert_eq!(*retired, 1);
    drop(section);
    assert_eq!(retired.wait(), 1);
    // A value that is retired when nothing else is left is dropped all the same.
    let (dropped, retired) = {
        let dropped = Arc::new(());
        let domain = Domain::new();
        (Arc::clone(&dropped), RcuCell::new_in(&domain, dropped).replace(Arc::new(())))
    };
    drop(retired);
    until("the last value of its domain", || Arc::strong_count(&dropped) == 1);
}

#[test]
fn last_handle_may_be_dropped_inside_a_section_and_in_a_thread_s_destructor() {
    thread_local! {
        static LAST: std::cell::RefCell<Option<Domain>> = const { std::cell::RefCell::new(None) };
    }
    let _watchdog = Watchdog::new("last_handle_may_be_dropped_inside_a_section_and_in_a_thread_s_destructor");
    let ran = Arc::new(AtomicU32::new(0));
    let with_callback = || {
        let domain = Domain::new();
        let ran = Arc::clone(&ran);
        domain.call(move || {
            ran.fetch_add(1, Ordering::SeqCst);
        });
        domain
    };
    let domain = with_callback();
    let section = rcu_core::read_lock();
    drop(domain);
    drop(section);
    let domain = with_callback();
    thread::spawn(|| LAST.set(Some(domain))).join().expect("dropping does not wait");
    until("both callbacks", || ran.load(Ordering::SeqCst) == 2);
}

#[test]
fn identity_of_a_domain_that_is_gone_is_never_another_s() {
    let cookie = Domain::new().start_poll();
    for _ in 0..300 {
        let domain = Domain::new();
        assert!(catch_unwind(AssertUnwindSafe(|| domain.poll(cookie))).is_err(), "the identity was reused");
    }
}

#[test]
fn default_domain_and_others_have_readers_grace_periods_and_callback_threads_of_their_own() {
    let _watchdog = Watchdog::new(
        "default_domain_and_others_have_readers_grace_periods_and_callback_threads_of_their_own",
    );
    let (one, other) = (Domain::new(), Domain::new());
    let _reader = one.reader();
    let _section = rcu_core::read_lock();
    assert_eq!((one.stats().readers, other.stats().readers), (1, 0));
    one.synchronize();
    assert_eq!((one.stats().grace_periods, other.stats().grace_periods), (1, 0));
    let (send, ids) = channel();
    for domain in [&one, &other] {
        let send = send.clone();
        domain.call(move || send.send(thread::current().id()).expect("the test waits"));
        waiting("the callback", || domain.barrier());
    }
    assert_ne!(ids.recv(), ids.recv());
}
