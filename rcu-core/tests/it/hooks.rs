//! What a domain is built with to run on its callback thread: the hook around batches, the thread's name and its stack.

use std::panic::panic_any;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::thread;

use rcu_core::{Domain, Stall};

use crate::watchdog::{Watchdog, until, waiting};

/// A value whose drop says so, and panics.
struct Bomb(Arc<AtomicU32>);

impl Drop for Bomb {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
        // A payload without memory: that of a payload's drop is leaked.
        panic_any(());
    }
}

fn counter() -> Arc<AtomicU32> {
    Arc::new(AtomicU32::new(0))
}

/// A callback that counts.
fn count(ran: &Arc<AtomicU32>) -> impl FnOnce() + Send + 'static {
    let ran = Arc::clone(ran);
    move || {
        ran.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn lock_of_the_hook_is_held_around_callbacks_and_free_while_the_thread_waits_for_readers() {
    let _watchdog = Watchdog::new(
        "lock_of_the_hook_is_held_around_callbacks_and_free_while_the_thread_waits_for_readers",
    );
    let big_lock = Arc::new(Mutex::new(()));
    let around = Arc::clone(&big_lock);
    let domain = Domain::builder()
        .around_batches(move |run| {
            let _held = around.lock().unwrap();
            run();
        })
        .build();
    let reader = domain.reader();
    let section = reader.read_lock();
    let held = counter();
    for _ in 0..3 {
        let (lock, held) = (Arc::clone(&big_lock), Arc::clone(&held));
        domain.call(move || {
            held.fetch_add(lock.try_lock().is_err().into(), Ordering::SeqCst);
        });
    }
    // It has taken them, and waits for the section.
    until("the grace period to be under way", || domain.stats().callbacks_peak == 3);
    for _ in 0..100 {
        // A reader that takes the lock inside its section would deadlock otherwise.
        drop(waiting("the lock", || big_lock.lock().unwrap()));
        thread::yield_now();
    }
    assert_eq!(held.load(Ordering::SeqCst), 0);
    drop(section);
    waiting("the batch", || domain.barrier());
    assert_eq!(held.load(Ordering::SeqCst), 3);
    drop(waiting("the lock", || big_lock.lock().unwrap()));
}

#[test]
fn hook_is_called_once_for_each_batch_on_the_callback_thread() {
    let _watchdog = Watchdog::new("hook_is_called_once_for_each_batch_on_the_callback_thread");
    let (send, hooked) = channel();
    let hook = move |run: &mut dyn FnMut()| {
        run();
        send.send(thread::current().id()).expect("the test listens");
    };
    let domain = Domain::builder().around_batches(hook).build();
    let reader = domain.reader();
    let (send, ran_on) = channel();
    for batch in 0..3 {
        let section = reader.read_lock();
        for _ in 0..=batch {
            let send = send.clone();
            domain.call(move || send.send(thread::current().id()).expect("the test listens"));
        }
        // All of them are in the round that is under way, or in the one after it.
        drop(section);
        waiting("the batch", || domain.barrier());
    }
    // A polled grace period is no batch.
    domain.cond_synchronize(domain.start_poll());
    waiting("nothing", || domain.barrier());
    let (hooked, ran_on) = (hooked.try_iter().collect::<Vec<_>>(), ran_on.try_iter().collect::<Vec<_>>());
    assert_eq!(ran_on.len(), 6);
    // Each batch is one round or two: the first callback may have been taken before the others came.
    assert!((3..=5).contains(&hooked.len()), "{} batches", hooked.len());
    assert!(hooked.iter().chain(&ran_on).all(|id| *id == ran_on[0]));
}

/// Whatever a hook does, each callback runs once, and is counted.
#[test]
fn hook_that_misbehaves_loses_no_callback_and_runs_none_twice() {
    let _watchdog = Watchdog::new("hook_that_misbehaves_loses_no_callback_and_runs_none_twice");
    let bombs = counter();
    let payload = Arc::clone(&bombs);
    type Hook = Box<dyn Fn(&mut dyn FnMut()) + Send + Sync>;
    let hooks: [Hook; 6] = [
        Box::new(|_| panic!("expected by the test: before the callbacks")),
        Box::new(|_| ()),
        Box::new(|run| {
            run();
            run();
        }),
        Box::new(|run| {
            run();
            panic!("expected by the test: after the callbacks");
        }),
        Box::new(move |_| panic_any(Bomb(Arc::clone(&payload)))),
        Box::new(|run| {
            let again = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                run();
                panic!("expected by the test: between the callbacks");
            }));
            assert!(again.is_err());
            run();
        }),
    ];
    for (number, hook) in hooks.into_iter().enumerate() {
        let domain = Domain::builder().around_batches(move |run| hook(run)).build();
        let ran = counter();
        for round in 0..3 {
            domain.call(count(&ran));
            domain.call(|| panic!("expected by the test: a callback inside a hook"));
            domain.call(count(&ran));
            waiting("the batch", || domain.barrier());
            assert_eq!(ran.load(Ordering::SeqCst), 2 * (round + 1), "hook {number}");
        }
        let stats = domain.stats();
        let counts = (stats.callbacks_queued, stats.callbacks_run, stats.callbacks_panicked);
        assert_eq!((counts, stats.callbacks_pending), ((9, 9, 3), 0), "hook {number}");
        waiting("the callback thread", || domain.shutdown());
    }
    assert!(bombs.load(Ordering::SeqCst) >= 3, "the payloads were dropped");
}

/// A hook that lets the callbacks run and comes back only later is still around them: nothing that they gave back is lost.
#[test]
fn hook_with_a_hard_limit_gives_the_room_of_its_callbacks_back() {
    let _watchdog = Watchdog::new("hook_with_a_hard_limit_gives_the_room_of_its_callbacks_back");
    let hook = |_: &mut dyn FnMut()| panic!("expected by the test: a hook at a limit");
    let domain = Domain::builder().hard_limit(2).around_batches(hook).build();
    let ran = counter();
    for _ in 0..50 {
        waiting("room", || domain.call(count(&ran)));
    }
    waiting("all callbacks", || domain.barrier());
    assert_eq!((ran.load(Ordering::SeqCst), domain.stats().callbacks_run), (50, 50));
}

#[test]
fn callback_whose_captures_panic_when_dropped_is_contained_and_counted() {
    let _watchdog = Watchdog::new("callback_whose_captures_panic_when_dropped_is_contained_and_counted");
    let domain = Domain::builder().around_batches(|run| run()).build();
    let (dropped, ran) = (counter(), counter());
    let bomb = || Bomb(Arc::clone(&dropped));
    domain.defer_drop(bomb());
    domain.retire(rcu_core::RcuBox::new(bomb()));
    let captured = bomb();
    domain.call(move || {
        let _captured = &captured;
    });
    domain.call(count(&ran));
    waiting("the batch", || domain.barrier());
    assert_eq!((dropped.load(Ordering::SeqCst), ran.load(Ordering::SeqCst)), (3, 1));
    assert_eq!((domain.stats().callbacks_run, domain.stats().callbacks_panicked), (4, 3));
}

#[test]
fn callback_thread_has_the_stack_it_was_given() {
    const STACK: usize = 16 << 20;
    fn use_stack(bytes: usize) -> usize {
        let page = std::hint::black_box([1_u8; 4096]);
        if bytes <= page.len() { 0 } else { use_stack(bytes - page.len()) + usize::from(page[bytes % 4096]) }
    }
    let _watchdog = Watchdog::new("callback_thread_has_the_stack_it_was_given");
    let domain = Domain::builder().thread_stack_size(STACK).build();
    let (send, used) = channel();
    // More than std's default, which is 2 MiB: it would not come back.
    domain.call(move || send.send(use_stack(6 << 20)).expect("the test waits"));
    assert!(waiting("the callback", || used.recv()).expect("sent") > 1000);
}

/// Each of the hooks, of a domain that ends on its callback thread, and of one that never had any.
#[test]
fn what_hooks_captured_is_dropped_with_the_domain_and_may_panic_there() {
    let _watchdog = Watchdog::new("what_hooks_captured_is_dropped_with_the_domain_and_may_panic_there");
    for (around_batches, with_thread) in [(true, true), (true, false), (false, true), (false, false)] {
        let dropped = counter();
        let bomb = Bomb(Arc::clone(&dropped));
        let domain = if around_batches {
            Domain::builder().around_batches(move |run| {
                let _captured = &bomb;
                run();
            })
        } else {
            Domain::builder().on_stall(move |_: &Stall| _ = &bomb)
        }
        .build();
        if with_thread {
            let (go_on, gone_on) = channel::<()>();
            domain.call(move || assert!(gone_on.recv().is_err()));
            // The callback thread is the last to hold it.
            drop(domain);
            assert_eq!(dropped.load(Ordering::SeqCst), 0);
            drop(go_on);
            until("the drop of what the hook captured", || dropped.load(Ordering::SeqCst) == 1);
        } else {
            let end = thread::spawn(move || drop(domain));
            assert!(end.join().is_ok(), "it is not the panic of whoever drops the last handle");
            assert_eq!(dropped.load(Ordering::SeqCst), 1);
        }
    }
}

#[test]
fn shutdown_of_a_domain_whose_hooks_panic_when_dropped_returns() {
    let _watchdog = Watchdog::new("shutdown_of_a_domain_whose_hooks_panic_when_dropped_returns");
    let dropped = counter();
    let captured = Bomb(Arc::clone(&dropped));
    let hook = move |run: &mut dyn FnMut()| {
        let _captured = &captured;
        run();
    };
    let domain = Domain::builder().around_batches(hook).build();
    domain.call(|| ());
    let ended = thread::spawn(move || domain.shutdown());
    // Whichever of the two threads holds the engine last.
    waiting("the shutdown", || ended.join()).expect("the panic of a capture is contained");
    assert_eq!(dropped.load(Ordering::SeqCst), 1);
}
