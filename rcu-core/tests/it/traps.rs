//! Mistakes that other implementations made, one test each. The rest of them are in the module of their topic.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use rcu_core::{Domain, RcuBox, RcuCell, read_lock};

use crate::watchdog::{Watchdog, until, waiting};

/// Everything that takes a lock of the domain returns while a grace period waits for a section.
#[test]
fn no_lock_is_held_while_a_grace_period_is_waited_for() {
    let _watchdog = Watchdog::new("no_lock_is_held_while_a_grace_period_is_waited_for");
    let domain = Domain::new();
    let reader = domain.reader();
    let section = reader.read_lock();
    let ran = Arc::new(AtomicU32::new(0));
    let queue = || {
        let ran = Arc::clone(&ran);
        domain.call(move || {
            ran.fetch_add(1, Ordering::SeqCst);
        });
    };
    queue();
    // Long enough for the callback thread to have gone to sleep in its grace period.
    thread::sleep(Duration::from_millis(30));
    waiting("a lock of the registry, the turns, the lists or the rounds", || {
        queue();
        drop(domain.reader().read_lock());
        drop(domain.reader().on_force(|| ()));
        let cookie = domain.start_poll();
        assert!(!domain.poll(cookie));
        assert_eq!(domain.stats().callbacks_run, 0);
        drop(domain.clone());
    });
    drop(section);
    until("both callbacks", || ran.load(Ordering::SeqCst) == 2);
}

/// A callback is counted before its grace period: what is queued while one is under way waits for the next, for the one that is
/// under way does not wait for readers that may be looking at what was unlinked meanwhile.
#[test]
fn callback_queued_during_a_grace_period_waits_for_the_next_one() {
    let _watchdog = Watchdog::new("callback_queued_during_a_grace_period_waits_for_the_next_one");
    let domain = Domain::new();
    let (mut earlier, later) = (domain.reader(), domain.reader());
    let kicked = Arc::new(AtomicBool::new(false));
    let kick = Arc::clone(&kicked);
    let _kick = earlier.on_force(move || kick.store(true, Ordering::SeqCst));
    let ran = [(); 2].map(|()| Arc::new(AtomicBool::new(false)));
    let [first, second] = ran.each_ref().map(|ran| {
        let ran = Arc::clone(ran);
        move || ran.store(true, Ordering::SeqCst)
    });
    let earlier_section = earlier.read_lock();
    domain.call(first);
    until("the grace period to be under way", || kicked.load(Ordering::SeqCst));
    let later_section = later.read_lock();
    domain.call(second);
    drop(earlier_section);
    until("the first callback", || ran[0].load(Ordering::SeqCst));
    thread::sleep(Duration::from_millis(20));
    assert!(!ran[1].load(Ordering::SeqCst), "a section that is older than the callback is still open");
    drop(later_section);
    until("the second callback", || ran[1].load(Ordering::SeqCst));
}

#[test]
fn everything_retired_during_a_stall_is_dropped_after_it() {
    struct Counted(Arc<AtomicU32>);
    impl Drop for Counted {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
    let _watchdog = Watchdog::new("everything_retired_during_a_stall_is_dropped_after_it");
    let domain = Domain::new();
    let dropped = Arc::new(AtomicU32::new(0));
    let reader = domain.reader();
    let section = reader.read_lock();
    for _ in 0..50_000 {
        domain.retire(RcuBox::new(Counted(Arc::clone(&dropped))));
    }
    assert_eq!(dropped.load(Ordering::Relaxed), 0, "the section is still open");
    drop(section);
    until("the retired values", || dropped.load(Ordering::Relaxed) == 50_000);
}

/// Gives way once.
fn give_way() -> impl Future<Output = ()> {
    let mut gave_way = false;
    std::future::poll_fn(
        move |_| if std::mem::replace(&mut gave_way, true) { Poll::Ready(()) } else { Poll::Pending },
    )
}

/// Two tasks of one thread whose sections overlap, end in any order, and are one section to a grace period.
#[test]
fn guard_may_be_held_across_an_await_on_one_thread() {
    let _watchdog = Watchdog::new("guard_may_be_held_across_an_await_on_one_thread");
    let cell = RcuCell::new(1);
    let task = |turns: u32| {
        let cell = &cell;
        async move {
            let section = read_lock();
            let value = cell.load(&section);
            for _ in 0..turns {
                give_way().await;
            }
            assert_eq!(*value, 1);
        }
    };
    let mut context = Context::from_waker(Waker::noop());
    let mut poll = |task: Pin<&mut dyn Future<Output = ()>>| task.poll(&mut context).is_ready();
    let (mut short, mut long) = (pin!(task(1)), pin!(task(2)));
    let over = AtomicBool::new(false);
    assert!(!poll(short.as_mut()) && !poll(long.as_mut()));
    drop(cell.replace(2));
    thread::scope(|s| {
        s.spawn(|| {
            waiting("both tasks", rcu_core::synchronize);
            over.store(true, Ordering::SeqCst);
        });
        thread::sleep(Duration::from_millis(20));
        // The first to enter is the first to leave.
        assert!(poll(short.as_mut()) && !poll(long.as_mut()));
        thread::sleep(Duration::from_millis(20));
        assert!(!over.load(Ordering::SeqCst), "the longer task is still inside");
        assert!(poll(long.as_mut()));
        until("the grace period", || over.load(Ordering::SeqCst));
    });
}

#[test]
fn waiting_for_one_domain_inside_a_section_of_another_is_allowed() {
    let _watchdog = Watchdog::new("waiting_for_one_domain_inside_a_section_of_another_is_allowed");
    let (one, other) = (Domain::new(), Domain::new());
    let reader = one.reader();
    let _section = reader.read_lock();
    let _default = read_lock();
    waiting("nobody", || {
        other.synchronize();
        other.barrier();
        other.cond_synchronize(other.start_poll());
    });
}
