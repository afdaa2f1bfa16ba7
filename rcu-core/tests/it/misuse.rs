//! Broken rules are found, in every build, by a message that names the call and the rule.

use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use rcu_core::{Domain, RcuCell, Stall, read_lock};

use crate::child::{assert_aborted, in_child};
use crate::keep::keep;
use crate::watchdog::{Watchdog, waiting};

mod guests;

/// The message that `f` panics with.
fn refusal(f: impl FnOnce()) -> String {
    let payload = catch_unwind(AssertUnwindSafe(f)).expect_err("the rule was broken and nobody noticed");
    match payload.downcast::<String>() {
        Ok(message) => *message,
        Err(payload) => (*payload.downcast::<&str>().expect("a message")).to_owned(),
    }
}

const IN_SECTION: &str =
    "called from a read-side critical section of the same domain: it would wait for itself";
const IN_CALLBACK: &str = "called from a callback of the same domain: it would wait for itself";

/// A later thread may have the same addresses for its own. It waits, as any other does, and is reported: it broke no rule.
#[test]
fn thread_is_not_blamed_for_a_section_that_one_before_it_left_open() {
    let _watchdog = Watchdog::new("thread_is_not_blamed_for_a_section_that_one_before_it_left_open");
    let (send, stalls) = channel();
    let report = move |stall: &Stall| drop(send.send(stall.clone()));
    let domain = Domain::builder().stall_timeout(Duration::from_millis(20)).on_stall(report).build();
    let reader = domain.reader();
    thread::spawn(move || {
        mem::forget(reader.read_lock());
        keep(reader);
    })
    .join()
    .expect("it does not panic");
    let waits = domain.clone();
    // It never ends, and goes with the process.
    thread::spawn(move || waits.synchronize());
    waiting("the report", || stalls.recv()).expect("the thread waits");
}

#[test]
fn waiting_inside_a_section_of_the_default_domain_panics() {
    let _section = read_lock();
    assert_eq!(refusal(rcu_core::synchronize), format!("synchronize {IN_SECTION}"));
    assert_eq!(refusal(rcu_core::barrier), format!("barrier {IN_SECTION}"));
    let cookie = rcu_core::start_poll();
    assert_eq!(refusal(|| rcu_core::cond_synchronize(cookie)), format!("cond_synchronize {IN_SECTION}"));
    assert_eq!(refusal(|| rcu_core::reader().synchronize()), format!("Reader::synchronize {IN_SECTION}"));
    let cell = RcuCell::new(1);
    assert_eq!(refusal(|| assert_eq!(cell.replace(2).wait(), 1)), format!("Retired::wait {IN_SECTION}"));
}

#[test]
fn waiting_inside_a_section_of_a_handle_panics() {
    let domain = Domain::new();
    for reader in [domain.reader(), domain.reader()] {
        let section = reader.read_lock();
        assert_eq!(refusal(|| domain.synchronize()), format!("Domain::synchronize {IN_SECTION}"));
        assert_eq!(refusal(|| domain.barrier()), format!("Domain::barrier {IN_SECTION}"));
        assert_eq!(refusal(|| domain.clone().shutdown()), format!("Domain::shutdown {IN_SECTION}"));
        let cookie = domain.start_poll();
        let cond_synchronize = refusal(|| domain.cond_synchronize(cookie));
        assert_eq!(cond_synchronize, format!("Domain::cond_synchronize {IN_SECTION}"));
        drop(section);
        domain.synchronize();
    }
    let reader = rcu_core::reader();
    let _section = reader.read_lock();
    assert_eq!(refusal(rcu_core::synchronize), format!("synchronize {IN_SECTION}"));
}

#[test]
fn waiting_through_a_reader_that_leaked_a_guard_panics_on_any_thread() {
    // The section never ends, so neither does the reader's record.
    let domain = keep(Domain::new());
    let mut reader = domain.reader();
    std::mem::forget(reader.read_lock());
    let moved = thread::spawn(move || refusal(|| reader.synchronize()));
    let message = "Reader::synchronize called after a guard of the reader was leaked: its section never ends";
    assert_eq!(moved.join().expect("the panic was caught"), message);
}

#[test]
fn thread_name_with_a_nul_panics() {
    let message = "thread_name: a thread's name cannot contain a NUL";
    assert_eq!(refusal(|| drop(Domain::builder().thread_name("a\0b"))), message);
}

#[test]
fn limit_that_admits_nothing_and_timeout_that_reports_everything_panic() {
    let hard_limit = refusal(|| drop(Domain::builder().hard_limit(0)));
    assert_eq!(hard_limit, "hard_limit: a limit of 0 admits no callback");
    let stall_timeout = refusal(|| drop(Domain::builder().stall_timeout(Duration::ZERO)));
    assert_eq!(stall_timeout, "stall_timeout: everything would be a stall");
}

#[test]
fn section_of_a_handle_that_moved_is_its_new_thread_s() {
    let _watchdog = Watchdog::new("section_of_a_handle_that_moved_is_its_new_thread_s");
    let domain = Domain::new();
    let reader = domain.reader();
    drop(reader.read_lock());
    let (send, entered) = channel();
    let (leave, left) = channel::<()>();
    let inner = domain.clone();
    let thread = thread::spawn(move || {
        let section = reader.read_lock();
        send.send(refusal(|| inner.synchronize())).expect("the test waits");
        assert!(waiting("the test to start its grace period", || left.recv()).is_err());
        drop(section);
    });
    assert_eq!(
        waiting("the reader", || entered.recv()).unwrap(),
        format!("Domain::synchronize {IN_SECTION}")
    );
    drop(leave);
    // The section may still be open, but it is no longer ours: this waits, and does not panic.
    waiting("the moved reader", || domain.synchronize());
    thread.join().unwrap();
}

#[test]
fn wait_that_panics_retires_its_value() {
    let _watchdog = Watchdog::new("wait_that_panics_retires_its_value");
    let value = Arc::new(());
    let domain = Domain::new();
    let reader = domain.reader();
    let cell = RcuCell::new_in(&domain, Arc::clone(&value));
    let old = cell.replace(Arc::new(()));
    let section = reader.read_lock();
    refusal(|| drop(old.wait()));
    assert_eq!(Arc::strong_count(&value), 2, "not freed while the section is open");
    drop(section);
    domain.barrier();
    assert_eq!(Arc::strong_count(&value), 1);
}

/// Runs `f` in a callback of the domain, and returns the message that it panics with.
fn refusal_in_callback(domain: &Domain, f: impl FnOnce(Domain) + Send + 'static) -> String {
    let (send, message) = channel();
    let inner = domain.clone();
    domain.call(move || send.send(refusal(|| f(inner))).expect("the test waits"));
    waiting("the callback", || message.recv()).expect("sent")
}

#[test]
fn waiting_in_a_callback_panics() {
    let _watchdog = Watchdog::new("waiting_in_a_callback_panics");
    let domain = Domain::new();
    let in_callback = |f: fn(Domain)| refusal_in_callback(&domain, f);
    assert_eq!(in_callback(|domain| domain.synchronize()), format!("Domain::synchronize {IN_CALLBACK}"));
    assert_eq!(in_callback(|domain| domain.barrier()), format!("Domain::barrier {IN_CALLBACK}"));
    assert_eq!(in_callback(Domain::shutdown), format!("Domain::shutdown {IN_CALLBACK}"));
    let cond_synchronize = |domain: Domain| domain.cond_synchronize(domain.start_poll());
    assert_eq!(in_callback(cond_synchronize), format!("Domain::cond_synchronize {IN_CALLBACK}"));
    let wait = |domain: Domain| assert_eq!(RcuCell::new_in(&domain, 1).replace(2).wait(), 1);
    assert_eq!(in_callback(wait), format!("Retired::wait {IN_CALLBACK}"));
}

#[test]
fn waiting_in_a_callback_of_the_default_domain_panics() {
    let _watchdog = Watchdog::new("waiting_in_a_callback_of_the_default_domain_panics");
    let calls: [(&str, fn()); 5] = [
        ("synchronize", rcu_core::synchronize),
        ("barrier", rcu_core::barrier),
        ("cond_synchronize", || rcu_core::cond_synchronize(rcu_core::start_poll())),
        ("Retired::wait", || assert_eq!(RcuCell::new(1).replace(2).wait(), 1)),
        ("Reader::synchronize", || rcu_core::reader().synchronize()),
    ];
    for (call, f) in calls {
        let (send, message) = channel();
        rcu_core::call(move || send.send(refusal(f)).expect("the test waits"));
        let message = waiting("the callback", || message.recv()).expect("sent");
        assert_eq!(message, format!("{call} {IN_CALLBACK}"));
    }
}

#[test]
fn waiting_in_a_hook_around_batches_panics() {
    let _watchdog = Watchdog::new("waiting_in_a_hook_around_batches_panics");
    let (send, messages) = channel();
    let own: Arc<std::sync::Mutex<Option<Domain>>> = Arc::default();
    let inner = Arc::clone(&own);
    let hook = move |run: &mut dyn FnMut()| {
        // Once: the domain is taken.
        if let Some(domain) = inner.lock().unwrap().take() {
            let before = refusal(|| domain.synchronize());
            run();
            send.send([before, refusal(|| domain.barrier())]).expect("the test waits");
        }
    };
    let domain = Domain::builder().around_batches(hook).build();
    *own.lock().unwrap() = Some(domain.clone());
    domain.call(|| ());
    let messages = waiting("the hook", || messages.recv()).expect("sent");
    assert_eq!(
        messages,
        ["Domain::synchronize", "Domain::barrier"].map(|call| format!("{call} {IN_CALLBACK}"))
    );
    waiting("the batch", || domain.barrier());
}

#[test]
fn wait_that_panics_in_a_callback_retires_its_value_too() {
    let _watchdog = Watchdog::new("wait_that_panics_in_a_callback_retires_its_value_too");
    let value = Arc::new(());
    let domain = Domain::new();
    let old = RcuCell::new_in(&domain, Arc::clone(&value)).replace(Arc::new(()));
    let message = refusal_in_callback(&domain, move |_| drop(old.wait()));
    assert_eq!(message, format!("Retired::wait {IN_CALLBACK}"));
    waiting("the value", || domain.barrier());
    assert_eq!(Arc::strong_count(&value), 1);
}

#[test]
fn callback_of_one_domain_may_wait_for_another() {
    let _watchdog = Watchdog::new("callback_of_one_domain_may_wait_for_another");
    let (one, other) = (Domain::new(), Domain::new());
    let (send, done) = channel();
    one.call(move || {
        other.barrier();
        rcu_core::synchronize();
        send.send(()).expect("the test waits");
    });
    waiting("the callback", || done.recv()).expect("sent");
}

#[test]
fn nest_count_that_would_overflow_aborts() {
    let forget_for_ever = || loop {
        std::mem::forget(read_lock());
    };
    let output = in_child("misuse::nest_count_that_would_overflow_aborts", forget_for_ever);
    assert_aborted(&output, "read_lock: more than 32767 nested sections of one reader");
}

#[test]
fn nest_count_of_a_handle_that_would_overflow_aborts() {
    let forget_for_ever = || {
        let domain = Domain::builder().fences(rcu_core::Fences::SeqCst).build();
        let reader = domain.reader();
        loop {
            std::mem::forget(reader.read_lock());
        }
    };
    let output = in_child("misuse::nest_count_of_a_handle_that_would_overflow_aborts", forget_for_ever);
    assert_aborted(&output, "read_lock: more than 32767 nested sections of one reader");
}

#[test]
fn forgotten_guard_never_lets_memory_be_freed() {
    let _watchdog = Watchdog::new("forgotten_guard_never_lets_memory_be_freed");
    let value = Arc::new(());
    let domain = Domain::new();
    let cell = RcuCell::new_in(&domain, Arc::clone(&value));
    let reader = domain.reader();
    std::mem::forget(reader.read_lock());
    drop(reader);
    let before = domain.stats().callbacks_run;
    drop(cell.replace(Arc::new(())));
    let asked = Arc::new(());
    let driver = Arc::clone(&asked);
    let inner = domain.clone();
    thread::spawn(move || {
        let _asked = driver;
        inner.synchronize();
    });
    thread::sleep(Duration::from_millis(50));
    assert_eq!(Arc::strong_count(&asked), 2, "the grace period has not ended");
    assert_eq!((domain.stats().callbacks_run, Arc::strong_count(&value)), (before, 2));
}

#[test]
fn callback_that_returns_inside_a_section_is_reported() {
    let output = in_child("misuse::callback_that_returns_inside_a_section_is_reported", || {
        let _watchdog = Watchdog::new("callback_that_returns_inside_a_section_is_reported");
        rcu_core::call(|| std::mem::forget(read_lock()));
        // The barrier's round ends; the next one's grace period would not.
        waiting("the callback", rcu_core::barrier);
    });
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("a callback returned inside a read-side critical section"), "{said}");
}
