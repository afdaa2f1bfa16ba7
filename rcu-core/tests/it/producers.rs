//! Callbacks of many threads: each has its list, its order, and its place in every barrier.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::thread;

use rcu_core::Domain;

use crate::watchdog::{Watchdog, until, waiting};

/// Two more than there are lists, so that some share one.
const MANY: usize = 66;

#[test]
fn callbacks_of_each_of_many_threads_run_in_its_order() {
    let _watchdog = Watchdog::new("callbacks_of_each_of_many_threads_run_in_its_order");
    const EACH: u32 = 200;
    let domain = Domain::new();
    let next = Arc::new([const { AtomicU32::new(0) }; MANY]);
    let together = Arc::new(std::sync::Barrier::new(MANY));
    let producers: Vec<_> = (0..MANY)
        .map(|producer| {
            let (domain, next, together) = (domain.clone(), Arc::clone(&next), Arc::clone(&together));
            thread::spawn(move || {
                waiting("the other producers", || together.wait());
                for place in 0..EACH {
                    let next = Arc::clone(&next);
                    domain.call(move || {
                        let expected = next[producer].swap(place + 1, Ordering::Relaxed);
                        assert_eq!(expected, place, "callbacks of one thread out of order");
                    });
                }
            })
        })
        .collect();
    producers.into_iter().for_each(|producer| producer.join().unwrap());
    waiting("all callbacks", || domain.barrier());
    assert!(next.iter().all(|next| next.load(Ordering::Relaxed) == EACH));
    assert_eq!(domain.stats().callbacks_panicked, 0);
}

#[test]
fn callbacks_of_threads_that_are_gone_run() {
    let _watchdog = Watchdog::new("callbacks_of_threads_that_are_gone_run");
    let domain = Domain::new();
    let ran = Arc::new(AtomicU32::new(0));
    for _ in 0..300 {
        let (domain, ran) = (domain.clone(), Arc::clone(&ran));
        let producer = thread::spawn(move || {
            domain.call(move || {
                ran.fetch_add(1, Ordering::Relaxed);
            });
        });
        producer.join().unwrap();
    }
    waiting("all callbacks", || domain.barrier());
    assert_eq!(ran.load(Ordering::Relaxed), 300);
}

#[test]
fn callback_queued_in_a_late_destructor_runs_after_the_thread_s_earlier_ones() {
    struct Late(Domain, Arc<Mutex<Vec<&'static str>>>);
    impl Drop for Late {
        fn drop(&mut self) {
            let order = Arc::clone(&self.1);
            self.0.call(move || order.lock().unwrap().push("late"));
        }
    }
    thread_local! {
        static LATE: Mutex<Option<Late>> = const { Mutex::new(None) };
    }
    let _watchdog =
        Watchdog::new("callback_queued_in_a_late_destructor_runs_after_the_thread_s_earlier_ones");
    let (domain, order) = (Domain::new(), Arc::new(Mutex::new(Vec::new())));
    let (calling, pushed) = (domain.clone(), Arc::clone(&order));
    let producer = thread::spawn(move || {
        // Before its first callback, so that it is destroyed after what the first callback leaves behind.
        LATE.with(|late| *late.lock().unwrap() = Some(Late(calling.clone(), Arc::clone(&pushed))));
        calling.call(move || pushed.lock().unwrap().push("early"));
    });
    producer.join().unwrap();
    waiting("both callbacks", || domain.barrier());
    assert_eq!(*order.lock().unwrap(), ["early", "late"]);
}

#[test]
fn barrier_with_nothing_queued_starts_no_thread_and_makes_no_grace_period() {
    let domain = Domain::builder().thread_name("never-needed").build();
    domain.barrier();
    assert_eq!(domain.stats().grace_periods, 0);
    #[cfg(target_os = "linux")]
    {
        let names = std::fs::read_dir("/proc/self/task").expect("threads are listed").filter_map(|task| {
            // A thread may end between the two looks.
            std::fs::read_to_string(task.ok()?.path().join("comm")).ok()
        });
        assert!(!names.collect::<Vec<_>>().contains(&"never-needed\n".to_owned()));
    }
}

#[test]
fn barrier_waits_for_a_callback_that_is_running() {
    let _watchdog = Watchdog::new("barrier_waits_for_a_callback_that_is_running");
    let domain = Domain::new();
    let (started, running) = channel();
    let (finish, finished) = channel::<()>();
    let ran = Arc::new(AtomicU32::new(0));
    let callback = Arc::clone(&ran);
    domain.call(move || {
        started.send(()).expect("the test waits");
        waiting("the test", || finished.recv()).expect("told to finish");
        callback.store(1, Ordering::SeqCst);
    });
    waiting("the callback to start", || running.recv()).expect("started");
    thread::scope(|s| {
        let over = Arc::new(AtomicU32::new(0));
        let barrier = Arc::clone(&over);
        let (domain, ran) = (&domain, &ran);
        s.spawn(move || {
            waiting("the running callback", || domain.barrier());
            assert_eq!(ran.load(Ordering::SeqCst), 1, "the barrier did not wait");
            barrier.store(1, Ordering::SeqCst);
        });
        thread::sleep(std::time::Duration::from_millis(20));
        assert_eq!(over.load(Ordering::SeqCst), 0, "the callback is still running");
        finish.send(()).expect("the callback waits");
        until("the barrier", || over.load(Ordering::SeqCst) == 1);
    });
}

#[test]
fn barriers_of_many_threads_share_rounds() {
    let _watchdog = Watchdog::new("barriers_of_many_threads_share_rounds");
    let domain = Domain::new();
    let ran = AtomicU32::new(0);
    thread::scope(|s| {
        for _ in 0..8 {
            s.spawn(|| {
                for _ in 0..50 {
                    let mine = Arc::new(AtomicU32::new(0));
                    let callback = Arc::clone(&mine);
                    domain.call(move || callback.store(1, Ordering::SeqCst));
                    waiting("a callback", || domain.barrier());
                    assert_eq!(mine.load(Ordering::SeqCst), 1);
                    ran.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
    });
    assert_eq!(ran.load(Ordering::SeqCst), 400);
    let spent = domain.stats().grace_periods;
    assert!(spent <= 400, "400 barriers took {spent} grace periods");
}
