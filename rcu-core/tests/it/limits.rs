//! The hard limit: who waits at it, who goes beyond it, and who is refused.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread::{self, JoinHandle};

use rcu_core::{Builder, Domain, RcuBox, RcuCell};

use crate::keep::keep;
use crate::watchdog::{Watchdog, until, waiting};

mod beyond;
mod soft;

/// A reader on a thread of its own, inside a section of a domain until this is dropped: no callback runs meanwhile.
struct Staller {
    leave: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Staller {
    fn new(domain: &Domain) -> Self {
        let reader = domain.reader();
        let (leave, left) = channel::<()>();
        let (send, entered) = channel();
        let thread = thread::spawn(move || {
            let _section = reader.read_lock();
            send.send(()).expect("the test waits");
            assert!(left.recv().is_err(), "nothing is sent");
        });
        waiting("the staller to enter", || entered.recv()).expect("it enters");
        Self { leave: Some(leave), thread: Some(thread) }
    }
}

impl Drop for Staller {
    fn drop(&mut self) {
        self.leave = None;
        let thread = self.thread.take().expect("dropped once");
        waiting("the staller to leave", || thread.join()).expect("it does not panic");
    }
}

/// A domain whose hard limit, which is 1, is reached for as long as the staller is there.
fn full(options: Builder) -> (Domain, Staller) {
    let domain = options.hard_limit(1).build();
    let staller = Staller::new(&domain);
    domain.call(|| ());
    (domain, staller)
}

#[test]
fn call_outside_any_section_waits_at_the_hard_limit_until_callbacks_have_run() {
    let _watchdog =
        Watchdog::new("call_outside_any_section_waits_at_the_hard_limit_until_callbacks_have_run");
    let domain = Domain::builder().hard_limit(3).build();
    let staller = Staller::new(&domain);
    let (send, sent) = channel();
    thread::scope(|s| {
        s.spawn(|| {
            for number in 0..5 {
                waiting("room", || domain.call(|| ()));
                send.send(number).expect("the test waits");
            }
        });
        until("the fourth call to wait", || domain.stats().calls_waited == 1);
        assert_eq!(sent.try_iter().collect::<Vec<_>>(), [0, 1, 2]);
        assert_eq!((domain.stats().callbacks_run, domain.stats().callbacks_pending), (0, 3));
        drop(staller);
    });
    waiting("all five", || domain.barrier());
    let stats = domain.stats();
    assert_eq!((stats.callbacks_run, stats.callbacks_peak, stats.calls_over_limit), (5, 3, 0));
}

#[test]
fn many_producers_never_exceed_a_small_limit_and_lose_nothing() {
    const LIMIT: i64 = 7;
    const PRODUCERS: u64 = 8;
    const CALLS: u64 = 500;
    let _watchdog = Watchdog::new("many_producers_never_exceed_a_small_limit_and_lose_nothing");
    let domain = Domain::builder().hard_limit(LIMIT as u64).build();
    // Counted up when a call has returned and down when its callback begins: never more than what is pending.
    let (pending, peak) = (Arc::new(AtomicI64::new(0)), Arc::new(AtomicI64::new(0)));
    thread::scope(|s| {
        for _ in 0..PRODUCERS {
            s.spawn(|| {
                for _ in 0..CALLS {
                    let run = Arc::clone(&pending);
                    waiting("room", || {
                        domain.call(move || {
                            run.fetch_sub(1, Ordering::SeqCst);
                        });
                    });
                    let now = pending.fetch_add(1, Ordering::SeqCst) + 1;
                    peak.fetch_max(now, Ordering::SeqCst);
                }
            });
        }
    });
    waiting("all callbacks", || domain.barrier());
    let stats = domain.stats();
    assert_eq!((stats.callbacks_run, stats.callbacks_pending), (PRODUCERS * CALLS, 0));
    assert_eq!(pending.load(Ordering::SeqCst), 0);
    assert!(peak.load(Ordering::SeqCst) <= LIMIT, "{} were pending", peak.load(Ordering::SeqCst));
    assert!(stats.callbacks_peak <= LIMIT as u64, "{} were pending", stats.callbacks_peak);
    assert!(stats.calls_waited > 0, "nobody ever met the limit");
    assert_eq!(stats.calls_over_limit, 0);
}

/// Those that must not wait come on top of the limit, one for each, and those that may wait never do.
#[test]
fn producers_inside_sections_exceed_the_limit_by_no_more_than_what_they_queue() {
    const LIMIT: u64 = 4;
    const INSIDE: u64 = 50;
    let _watchdog =
        Watchdog::new("producers_inside_sections_exceed_the_limit_by_no_more_than_what_they_queue");
    let domain = Domain::builder().hard_limit(LIMIT).build();
    let staller = Staller::new(&domain);
    thread::scope(|s| {
        for _ in 0..3 {
            s.spawn(|| {
                for _ in 0..20 {
                    waiting("room", || domain.call(|| ()));
                }
            });
        }
        until("all three to wait", || domain.stats().calls_waited == 3);
        let reader = domain.reader();
        let section = reader.read_lock();
        (0..INSIDE).for_each(|_| domain.call(|| ()));
        drop(section);
        let stats = domain.stats();
        assert_eq!((stats.callbacks_pending, stats.calls_over_limit), (LIMIT + INSIDE, INSIDE));
        drop(staller);
    });
    waiting("all callbacks", || domain.barrier());
    let stats = domain.stats();
    assert_eq!((stats.callbacks_run, stats.callbacks_peak), (60 + INSIDE, LIMIT + INSIDE));
}

#[test]
fn everything_that_queues_a_callback_waits_at_the_limit() {
    let _watchdog = Watchdog::new("everything_that_queues_a_callback_waits_at_the_limit");
    type Operation = fn(&Domain, &RcuCell<u32, Domain>);
    let operations: [(&str, Operation); 6] = [
        ("call", |domain, _| domain.call(|| ())),
        ("retire", |domain, _| domain.retire(RcuBox::new(1))),
        ("defer_drop", |domain, _| domain.defer_drop(Box::new(1))),
        ("drop of what was replaced", |_, cell| drop(cell.replace(1))),
        ("update", |_, cell| cell.update(|n| n + 1)),
        ("call in an offline reader", |domain, _| {
            domain.reader().into_quiescent().offline(|| domain.call(|| ()));
        }),
    ];
    for (name, operation) in operations {
        let (domain, staller) = full(Domain::builder());
        let cell = RcuCell::new_in(&domain, 1);
        let returned = AtomicBool::new(false);
        thread::scope(|s| {
            s.spawn(|| {
                waiting(name, || operation(&domain, &cell));
                returned.store(true, Ordering::SeqCst);
            });
            until(name, || domain.stats().calls_waited == 1);
            assert!(!returned.load(Ordering::SeqCst), "{name} did not wait");
            assert_eq!(domain.stats().callbacks_pending, 1, "{name}");
            drop(staller);
        });
        waiting("both callbacks", || domain.barrier());
        assert_eq!((domain.stats().callbacks_run, domain.stats().calls_over_limit), (2, 0), "{name}");
    }
}

#[test]
fn try_call_returns_the_callback_at_the_limit_wherever_it_is_called() {
    let _watchdog = Watchdog::new("try_call_returns_the_callback_at_the_limit_wherever_it_is_called");
    let (domain, staller) = full(Domain::builder());
    let (came_back, answer) = channel();
    let refused = domain.try_call(move || came_back.send("came back").expect("the test waits"));
    refused.expect_err("the limit is reached")();
    assert_eq!(answer.recv(), Ok("came back"));
    let reader = domain.reader();
    let section = reader.read_lock();
    assert!(domain.try_call(|| ()).is_err());
    drop(section);
    let other = Domain::new();
    let (inner, (send, result)) = (domain.clone(), channel());
    other.call(move || send.send(inner.try_call(|| ()).is_err()).expect("the test waits"));
    assert_eq!(waiting("the callback", || result.recv()), Ok(true));
    let stats = domain.stats();
    assert_eq!((stats.callbacks_pending, stats.calls_waited, stats.calls_over_limit), (1, 0, 0));
    drop(staller);
    // The barrier's return does not promise the room, which comes back a little later.
    waiting("the first callback", || domain.barrier());
    until("room", || domain.try_call(|| ()).is_ok());
    waiting("the second callback", || domain.barrier());
    assert_eq!(domain.stats().callbacks_run, 2);
}

#[test]
fn try_call_without_a_limit_is_call() {
    let _watchdog = Watchdog::new("try_call_without_a_limit_is_call");
    let domain = Domain::new();
    let staller = Staller::new(&domain);
    for _ in 0..100 {
        assert!(domain.try_call(|| ()).is_ok());
    }
    drop(staller);
    waiting("all callbacks", || domain.barrier());
    assert_eq!(domain.stats().callbacks_run, 100);
}

#[test]
fn nobody_waits_for_a_callback_thread_that_cannot_be_started() {
    let _watchdog = Watchdog::new("nobody_waits_for_a_callback_thread_that_cannot_be_started");
    // Its callbacks never run.
    let domain =
        keep(Domain::builder().hard_limit(1).pace(true).soft_limit(0).thread_stack_size(1 << 60).build());
    for _ in 0..10 {
        waiting("nobody", || domain.call(|| ()));
    }
    let stats = domain.stats();
    assert_eq!((stats.callbacks_pending, stats.calls_over_limit), (10, 9));
    assert_eq!((stats.calls_waited, stats.calls_paced), (0, 0));
    assert!(domain.try_call(|| ()).is_err());
}

/// A thread that waits is one of the domain's users: it has a handle, so the domain cannot end under it.
#[test]
fn handle_may_be_dropped_while_producers_wait() {
    let _watchdog = Watchdog::new("handle_may_be_dropped_while_producers_wait");
    let (domain, staller) = full(Domain::builder());
    let ran = Arc::new(AtomicI64::new(0));
    let producers = [(); 3].map(|()| {
        let (domain, ran) = (domain.clone(), Arc::clone(&ran));
        thread::spawn(move || {
            domain.call(move || {
                ran.fetch_add(1, Ordering::SeqCst);
            });
        })
    });
    until("all three to wait", || domain.stats().calls_waited == 3);
    drop(domain);
    drop(staller);
    for producer in producers {
        waiting("room", || producer.join()).expect("it does not panic");
    }
    until("their callbacks", || ran.load(Ordering::SeqCst) == 3);
}
