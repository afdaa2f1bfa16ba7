//! Callbacks that are queued, taken or under way.

use std::sync::atomic::{AtomicU32, Ordering};

use rcu_core::{Domain, RcuBox};

use super::{alone, count, counter, flag, fork, is_set, queue, report, set, until};

#[test]
fn callbacks_that_are_queued_run_in_parent_and_child() {
    alone("queues::callbacks_that_are_queued_run_in_parent_and_child", || {
        let domain = Domain::new();
        let reader = domain.reader();
        let mut hits = 0;
        for _ in 0..200 {
            let ran = counter();
            let section = reader.read_lock();
            queue(&domain, 100, ran);
            let pending = domain.stats().callbacks_pending;
            assert_eq!(pending, 100, "the section holds them up");
            let in_child = fork(|| {
                assert_eq!(domain.stats().callbacks_pending, 100);
                assert_eq!(ran.load(Ordering::SeqCst), 0, "the section is open in the child, too");
                drop(section);
                domain.barrier();
                assert_eq!(domain.stats().callbacks_pending, 0);
                u8::try_from(ran.load(Ordering::SeqCst)).unwrap()
            });
            assert_eq!(in_child, 100);
            hits += 1;
            domain.barrier();
            assert_eq!(ran.load(Ordering::SeqCst), 100);
        }
        report("callbacks were queued", hits, 200);
    });
}

#[test]
fn callback_under_way_runs_in_the_parent_alone_and_the_others_in_both() {
    alone("queues::callback_under_way_runs_in_the_parent_alone_and_the_others_in_both", || {
        /// What the callback under way captured.
        struct Captured(&'static AtomicU32);
        impl Drop for Captured {
            fn drop(&mut self) {
                count(self.0);
            }
        }
        let domain = Domain::new();
        let mut hits = 0;
        for _ in 0..100 {
            let [begun, ended, dropped, ran] = [counter(), counter(), counter(), counter()];
            let go_on = flag();
            let captured = Captured(dropped);
            let reader = domain.reader();
            let section = reader.read_lock();
            domain.call(move || {
                let _captured = captured;
                count(begun);
                until("the fork", || is_set(go_on));
                count(ended);
            });
            // These are taken with it, or are in the list when the process forks.
            queue(&domain, 5, ran);
            drop(section);
            until("the callback", || begun.load(Ordering::SeqCst) == 1);
            queue(&domain, 5, ran);
            hits += u32::from(ended.load(Ordering::SeqCst) == 0);
            let in_child = fork(|| {
                set(go_on);
                assert_eq!(domain.stats().callbacks_pending, 10, "all but the one that is under way");
                domain.barrier();
                assert_eq!(domain.stats().callbacks_pending, 0);
                let seen = [begun, ended, dropped].map(|number| number.load(Ordering::SeqCst));
                assert_eq!(seen, [1, 0, 0], "it is not run again, and what it captured leaks");
                u8::try_from(ran.load(Ordering::SeqCst)).unwrap()
            });
            assert_eq!(in_child, 10);
            assert_eq!(domain.stats().callbacks_pending, 11);
            set(go_on);
            domain.barrier();
            let seen = [begun, ended, dropped, ran].map(|number| number.load(Ordering::SeqCst));
            assert_eq!(seen, [1, 1, 1, 10]);
        }
        report("a callback was under way on the callback thread", hits, 100);
    });
}

#[test]
fn callbacks_of_one_thread_keep_their_order_in_the_child() {
    alone("queues::callbacks_of_one_thread_keep_their_order_in_the_child", || {
        let domain = Domain::new();
        let reader = domain.reader();
        let mut hits = 0;
        for _ in 0..100 {
            let next = counter();
            let mut calls = 0..;
            let mut queue = |callbacks: usize| {
                for number in calls.by_ref().take(callbacks) {
                    domain.call(move || assert_eq!(next.fetch_add(1, Ordering::SeqCst), number));
                }
            };
            let section = reader.read_lock();
            queue(1);
            // Taken, and its grace period waited for: some of the next forks find the others behind it.
            let due = domain.stats().callbacks_peak;
            until("the callback thread", || domain.stats().callbacks_peak >= due.max(1));
            queue(5);
            let mut check = |section| {
                queue(5);
                drop(section);
                domain.barrier();
                assert_eq!(domain.stats().callbacks_panicked, 0, "a callback ran out of turn");
                u8::try_from(next.load(Ordering::SeqCst)).unwrap()
            };
            let in_grandchild = fork(|| {
                // What the first fork took out of the lists is there for the second to find.
                domain.call(|| ());
                fork(|| check(section))
            });
            // The one that did not count is the child's own.
            assert_eq!(in_grandchild, 11);
            domain.barrier();
            assert_eq!(next.load(Ordering::SeqCst), 6);
            hits += 1;
        }
        report("callbacks were taken, and queued, and queued again in the child", hits, 100);
    });
}

#[test]
fn limit_is_exact_in_the_child() {
    alone("queues::limit_is_exact_in_the_child", || {
        let mut hits = 0;
        for round in 0..50 {
            let domain = Domain::builder().hard_limit(9).build();
            let (ran, mut reader, begun, go_on) = (counter(), domain.reader(), flag(), flag());
            let kicked = flag();
            let _kick = reader.on_force(|| set(kicked));
            let section = reader.read_lock();
            domain.call(|| ());
            until("a batch to wait for the section", || is_set(kicked));
            // Two of the batch after it: the room of the first is not given back yet when the process forks.
            domain.call(|| ());
            domain.call(|| {
                set(begun);
                until("the fork", || is_set(go_on));
            });
            drop(section);
            until("the callback", || is_set(begun));
            queue(&domain, 7, ran);
            let producers: Vec<_> = (0..2)
                .map(|_| {
                    let domain = domain.clone();
                    std::thread::spawn(move || domain.call(|| count(ran)))
                })
                .collect();
            until("both at the limit", || domain.stats().calls_waited == 2);
            hits += 1;
            fork(|| {
                // Before anything has run: without what has run, and what is under way in the parent, there is room for two.
                let section = reader.read_lock();
                let admitted = (0..20).filter(|_| domain.try_call(|| count(ran)).is_ok()).count();
                assert_eq!(admitted, 2, "seven are queued, of nine that may be");
                drop(section);
                domain.barrier();
                assert_eq!(ran.load(Ordering::SeqCst), 9, "those who wait have queued nothing");
                let section = reader.read_lock();
                let admitted = (0..20).filter(|_| domain.try_call(|| count(ran)).is_ok()).count();
                assert_eq!(admitted, 9, "of nine that may be pending");
                drop(section);
                domain.barrier();
                // Waits for room, and finds some.
                queue(&domain, 100, ran);
                domain.barrier();
                assert_eq!(ran.load(Ordering::SeqCst), 118);
                0
            });
            set(go_on);
            producers.into_iter().for_each(|producer| producer.join().unwrap());
            domain.barrier();
            assert_eq!(ran.load(Ordering::SeqCst), 9, "in round {round}");
        }
        report("a callback was under way, and two threads waited at the hard limit", hits, 50);
    });
}

/// A child takes what was queued before the fork. What another thread queues while the process is copied may reach it in part, and is
/// the parent's.
#[test]
fn callbacks_queued_while_the_process_is_copied_run_in_the_parent_alone() {
    alone("queues::callbacks_queued_while_the_process_is_copied_run_in_the_parent_alone", || {
        /// A value that counts its drop.
        struct Counted(&'static AtomicU32);
        impl Drop for Counted {
            fn drop(&mut self) {
                count(self.0);
            }
        }
        const VALUES: u32 = 50_000;
        let (mut hits, rounds) = (0, 30);
        for round in 0..rounds {
            let domain = Domain::new();
            let (ran, queued, reader) = (counter(), counter(), domain.reader());
            let section = reader.read_lock();
            // Made before: the C library's fork keeps other threads from allocating.
            let values: Vec<_> = (0..VALUES).map(|_| RcuBox::new(Counted(ran))).collect();
            let producer = {
                let domain = domain.clone();
                std::thread::spawn(move || {
                    for value in values {
                        domain.retire(value);
                        count(queued);
                    }
                })
            };
            until("the producer", || queued.load(Ordering::SeqCst) > 1_000);
            hits += u32::from(fork(|| {
                let pending = domain.stats().callbacks_pending;
                assert_eq!(ran.load(Ordering::SeqCst), 0, "the section is open in the child, too");
                // In whole or in part: it is not to be known.
                let queued_meanwhile = u64::from(queued.load(Ordering::SeqCst)) > pending;
                drop(section);
                domain.barrier();
                assert_eq!(u64::from(ran.load(Ordering::SeqCst)), pending, "in round {round}");
                u8::from(queued_meanwhile)
            }));
            producer.join().unwrap();
            domain.barrier();
            assert_eq!(ran.load(Ordering::SeqCst), VALUES, "in round {round}");
        }
        report("another thread queued callbacks while the process was copied", hits, rounds);
    });
}
