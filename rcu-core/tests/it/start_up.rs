//! Start-up and exit: threads that cannot be started, callbacks that are pending at the end, and libraries that are unloaded.

use std::error::Error;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Barrier};
use std::thread;

use rcu_core::{Domain, RcuBox, RcuCell};

use crate::child::{assert_passed, in_child};
use crate::keep::keep;
use crate::watchdog::{Watchdog, until, waiting};

#[cfg(target_os = "linux")]
mod memory;
#[cfg(target_os = "linux")]
mod plugin;

/// No thread has a stack of this size.
const TOO_MUCH: usize = 1 << 60;

/// A value that counts its drop.
struct Counted(Arc<AtomicU32>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn init_that_cannot_start_the_thread_is_an_error_with_a_source() {
    let domain = Domain::builder().thread_stack_size(TOO_MUCH).build();
    let error = domain.init().expect_err("nobody has that much memory");
    let source = error.source().expect("the system said why").downcast_ref::<std::io::Error>();
    assert!(source.expect("an I/O error").raw_os_error().is_some());
    assert!(error.to_string().starts_with("the callback thread could not be started: "), "{error}");
    domain.init().expect_err("tried again, and refused again");
}

/// Who waits for the outcome of another's start learns that it failed, and fails itself.
#[test]
fn threads_that_wait_for_a_start_that_fails_do_not_wait_for_ever() {
    let _watchdog = Watchdog::new("threads_that_wait_for_a_start_that_fails_do_not_wait_for_ever");
    const THREADS: usize = 4;
    let domain = Domain::builder().thread_stack_size(TOO_MUCH).build();
    let together = Barrier::new(THREADS);
    thread::scope(|s| {
        for _ in 0..THREADS {
            s.spawn(|| {
                for _ in 0..500 {
                    together.wait();
                    waiting("the outcome", || domain.init()).expect_err("nobody has that much memory");
                }
            });
        }
    });
}

/// One of them starts it; who has to know that it is there waits for that one, at the hard limit too.
#[cfg(target_os = "linux")]
#[test]
fn threads_that_need_the_callback_thread_at_once_start_one() {
    let _watchdog = Watchdog::new("threads_that_need_the_callback_thread_at_once_start_one");
    let named = |name: &str| {
        let tasks = std::fs::read_dir("/proc/self/task").expect("every process has one");
        let names = tasks.map(|task| std::fs::read_to_string(task.expect("listed").path().join("comm")));
        names.filter(|comm| comm.as_ref().is_ok_and(|comm| comm.trim_end() == name)).count()
    };
    for round in 0..100 {
        let name = format!("started {round}");
        let domain = Domain::builder().thread_name(&name).hard_limit(2).build();
        let (together, ran) = (Barrier::new(4), Arc::new(AtomicU32::new(0)));
        thread::scope(|s| {
            for kind in 0..4 {
                let (domain, together, ran) = (&domain, &together, &ran);
                s.spawn(move || {
                    together.wait();
                    if kind == 0 {
                        domain.init().expect("it can be started");
                    }
                    for _ in 0..10 {
                        let ran = Arc::clone(ran);
                        waiting("room", || {
                            domain.call(move || {
                                ran.fetch_add(1, Ordering::SeqCst);
                            })
                        });
                    }
                    waiting("the callbacks", || domain.barrier());
                });
            }
        });
        assert_eq!(ran.load(Ordering::SeqCst), 40, "in round {round}");
        // Who lists a process misses threads now and then, if others end meanwhile.
        assert!(named(&name) <= 1, "in round {round}");
        let stats = domain.stats();
        assert!(stats.callbacks_peak <= 2, "{stats:?}");
        assert_eq!(stats.calls_over_limit, 0, "each call could have waited, in round {round}");
    }
}

/// Readers and grace periods need no callback thread: only what waits for callbacks has to say that they cannot run.
#[test]
fn domain_whose_thread_cannot_be_started_can_read_and_synchronize_and_accepts_callbacks() {
    let _watchdog =
        Watchdog::new("domain_whose_thread_cannot_be_started_can_read_and_synchronize_and_accepts_callbacks");
    let dropped = Arc::new(AtomicU32::new(0));
    // Its callbacks never run.
    let domain = keep(Domain::builder().thread_stack_size(TOO_MUCH).build());
    let cell = RcuCell::new_in(domain, 1);
    let reader = domain.reader();
    assert_eq!(*cell.load(&reader.read_lock()), 1);
    domain.synchronize();
    assert_eq!(cell.replace(2).wait(), 1);
    waiting("nobody", || domain.barrier());

    domain.call(|| unreachable!("there is no thread"));
    domain.retire(RcuBox::new(Counted(Arc::clone(&dropped))));
    domain.defer_drop(Counted(Arc::clone(&dropped)));
    assert!(domain.try_call(|| ()).is_ok());
    let cookie = domain.start_poll();
    assert!(!domain.poll(cookie));
    domain.cond_synchronize(cookie);
    let message = |f: fn(&Domain)| {
        let refused = catch_unwind(AssertUnwindSafe(|| f(domain))).expect_err("callbacks cannot run");
        *refused.downcast::<String>().expect("a message")
    };
    let barrier = message(Domain::barrier);
    assert!(
        barrier.starts_with("Domain::barrier: callbacks cannot run: the callback thread could"),
        "{barrier}"
    );
    let shutdown = message(|domain| domain.clone().shutdown());
    assert!(shutdown.starts_with("Domain::shutdown: callbacks cannot run: "), "{shutdown}");
    let stats = domain.stats();
    assert_eq!((stats.callbacks_pending, stats.callbacks_run), (4, 0));
    assert_eq!(dropped.load(Ordering::SeqCst), 0, "not dropped on any other thread either");
}

#[test]
fn callbacks_of_a_domain_that_is_dropped_without_a_thread_are_reported_lost() {
    const TEST: &str = "start_up::callbacks_of_a_domain_that_is_dropped_without_a_thread_are_reported_lost";
    let output = in_child(TEST, || {
        let domain = Domain::builder().thread_stack_size(TOO_MUCH).build();
        domain.call(|| unreachable!("there is no thread"));
        drop(domain);
        // One without callbacks has nothing to say.
        drop(Domain::builder().thread_stack_size(TOO_MUCH).build());
        // A leak checker would find what is lost.
        // SAFETY: it takes no pointers.
        unsafe { libc::_exit(0) };
    });
    assert_passed(&output);
    let said = String::from_utf8_lossy(&output.stderr);
    let lost = said.lines().filter(|line| line.contains("the callbacks of a dropped domain are lost: "));
    assert_eq!(lost.count(), 1, "{said}");
}

/// A process that ends does not wait for grace periods: whoever needs its callbacks to run calls `barrier`.
#[test]
fn pending_callbacks_of_the_default_domain_do_not_run_at_process_exit() {
    const TEST: &str = "start_up::pending_callbacks_of_the_default_domain_do_not_run_at_process_exit";
    let output = in_child(TEST, || {
        let _watchdog = Watchdog::new(TEST);
        rcu_core::call(|| println!("ran: before the barrier"));
        waiting("the first callback", rcu_core::barrier);
        let (send, entered) = channel();
        thread::spawn(move || {
            let _section = rcu_core::read_lock();
            send.send(()).expect("the test waits");
            loop {
                thread::park();
            }
        });
        waiting("a thread to enter", || entered.recv()).expect("it enters");
        rcu_core::call(|| println!("ran: after the end"));
        // The callback thread is inside the grace period when the process ends.
        until("the grace period to be under way", || rcu_core::stats().callbacks_peak > 0);
    });
    assert_passed(&output);
    let said = String::from_utf8_lossy(&output.stdout);
    let ran = said.lines().filter(|line| line.starts_with("ran: ")).collect::<Vec<_>>();
    assert_eq!(ran, ["ran: before the barrier"]);
}
