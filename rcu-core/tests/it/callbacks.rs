//! Callbacks: when they run, on which thread, in which order.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use rcu_core::{Domain, read_lock};

use crate::watchdog::{Watchdog, until};

#[test]
fn callback_runs_without_any_later_activity() {
    let _watchdog = Watchdog::new("callback_runs_without_any_later_activity");
    let ran = Arc::new(AtomicBool::new(false));
    let domain = Domain::new();
    let callback = Arc::clone(&ran);
    let thread = thread::spawn(move || domain.call(move || callback.store(true, Ordering::SeqCst)));
    thread.join().expect("call does not panic");
    until("a callback whose caller and domain handle are gone", || ran.load(Ordering::SeqCst));
}

#[test]
fn callback_waits_for_sections_that_were_open() {
    let _watchdog = Watchdog::new("callback_waits_for_sections_that_were_open");
    let domain = Domain::new();
    let reader = domain.reader();
    let ran = Arc::new(AtomicBool::new(false));
    let section = reader.read_lock();
    let callback = Arc::clone(&ran);
    domain.call(move || callback.store(true, Ordering::SeqCst));
    thread::sleep(Duration::from_millis(30));
    assert!(!ran.load(Ordering::SeqCst), "the section is still open");
    drop(section);
    until("the callback", || ran.load(Ordering::SeqCst));
}

#[test]
fn callbacks_of_one_thread_run_in_its_order_and_barrier_waits_for_all() {
    const CALLS: u32 = 10_000;
    let _watchdog = Watchdog::new("callbacks_of_one_thread_run_in_its_order_and_barrier_waits_for_all");
    let domain = Domain::new();
    let seen: [_; 3] = std::array::from_fn(|_| Arc::new(Mutex::new(Vec::new())));
    thread::scope(|s| {
        for seen in &seen {
            s.spawn(|| {
                for n in 0..CALLS {
                    let seen = Arc::clone(seen);
                    domain.call(move || seen.lock().unwrap().push(n));
                }
            });
        }
    });
    domain.barrier();
    for seen in seen {
        assert!(seen.lock().unwrap().iter().copied().eq(0..CALLS));
    }
    assert!(domain.stats().callbacks_run >= u64::from(3 * CALLS));
}

#[test]
fn callback_may_enter_sections_and_call() {
    let _watchdog = Watchdog::new("callback_may_enter_sections_and_call");
    let domain = Domain::new();
    let (inner, ran) = (domain.clone(), Arc::new(AtomicBool::new(false)));
    let callback = Arc::clone(&ran);
    domain.call(move || {
        let reader = inner.reader();
        let _sections = (reader.read_lock(), read_lock());
        inner.call(move || callback.store(true, Ordering::SeqCst));
    });
    drop(domain);
    until("a callback that a callback made", || ran.load(Ordering::SeqCst));
}

#[test]
fn call_is_allowed_inside_a_section() {
    let _watchdog = Watchdog::new("call_is_allowed_inside_a_section");
    let ran = Arc::new(AtomicBool::new(false));
    let callback = Arc::clone(&ran);
    let section = read_lock();
    rcu_core::call(move || callback.store(true, Ordering::SeqCst));
    drop(section);
    rcu_core::barrier();
    assert!(ran.load(Ordering::SeqCst));
}

#[test]
fn panic_in_a_callback_is_contained_and_counted() {
    /// A payload whose drop panics too.
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            // Without a message: this payload is leaked, and a zero-sized one leaks no memory.
            std::panic::panic_any(());
        }
    }
    let _watchdog = Watchdog::new("panic_in_a_callback_is_contained_and_counted");
    let domain = Domain::new();
    let ran = Arc::new(AtomicU32::new(0));
    for round in 0..6 {
        let ran = Arc::clone(&ran);
        domain.call(move || match round {
            1 => panic!("expected by the test"),
            3 => std::panic::panic_any(Bomb),
            _ => {
                ran.fetch_add(1, Ordering::SeqCst);
            }
        });
    }
    domain.barrier();
    assert_eq!(ran.load(Ordering::SeqCst), 4);
    assert_eq!(domain.stats().callbacks_panicked, 2);
}

#[test]
fn callback_thread_blocks_all_signals() {
    #[cfg(unix)]
    {
        let _watchdog = Watchdog::new("callback_thread_blocks_all_signals");
        let domain = Domain::new();
        let blocked = Arc::new(AtomicBool::new(false));
        let callback = Arc::clone(&blocked);
        domain.call(move || {
            let mut mask = std::mem::MaybeUninit::<libc::sigset_t>::uninit();
            // SAFETY: a null new set asks for the current one, which is written.
            unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, std::ptr::null(), mask.as_mut_ptr()) };
            // SAFETY: written just now.
            let member = unsafe { libc::sigismember(mask.as_ptr(), libc::SIGUSR1) };
            callback.store(member == 1, Ordering::SeqCst);
        });
        domain.barrier();
        assert!(blocked.load(Ordering::SeqCst));
    }
}

#[test]
fn box_and_arc_that_are_given_up_are_dropped_after_a_grace_period() {
    struct Counted(Arc<AtomicU32>);
    impl Drop for Counted {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
    let _watchdog = Watchdog::new("box_and_arc_that_are_given_up_are_dropped_after_a_grace_period");
    let domain = Domain::new();
    let dropped = Arc::new(AtomicU32::new(0));
    let counted = || Counted(Arc::clone(&dropped));
    let reader = domain.reader();
    let section = reader.read_lock();
    let shared = Arc::new(counted());
    domain.defer_drop(Box::new(counted()));
    domain.defer_drop(Arc::clone(&shared));
    drop(shared);
    thread::sleep(Duration::from_millis(20));
    assert_eq!(dropped.load(Ordering::SeqCst), 0, "the section is still open");
    drop(section);
    until("both values", || dropped.load(Ordering::SeqCst) == 2);
}
