//! What belonged to threads that do not exist in the child.

use std::sync::atomic::Ordering;
use std::sync::mpsc::channel;
use std::thread;

use rcu_core::Domain;

use super::{
    Elsewhere, alone, another_thread_reads_in_child, counter, flag, fork, is_set, queue, report, set, until,
    use_everything,
};
use crate::keep::keep;

/// What starts callback threads in a child.
fn operations() -> [fn(); 5] {
    [
        || rcu_core::call(|| ()),
        rcu_core::synchronize,
        rcu_core::barrier,
        || _ = rcu_core::start_poll(),
        || rcu_core::init().unwrap(),
    ]
}

#[test]
fn domain_without_handles_finishes_its_queue_in_the_child() {
    alone("vanished::domain_without_handles_finishes_its_queue_in_the_child", || {
        let mut hits = 0;
        for round in 0..50 {
            let (ran, begun, go_on) = (counter(), flag(), flag());
            let domain = Domain::builder().thread_name("left-behind").build();
            domain.call(|| {
                set(begun);
                until("the fork", || is_set(go_on));
            });
            until("the callback", || is_set(begun));
            queue(&domain, 20, ran);
            drop(domain);
            hits += u32::from(ran.load(Ordering::SeqCst) == 0);
            fork(|| {
                operations()[round % 5]();
                until("the rest", || ran.load(Ordering::SeqCst) == 20);
                0
            });
            assert_eq!(ran.load(Ordering::SeqCst), 0);
            set(go_on);
            until("all of it", || ran.load(Ordering::SeqCst) == 20);
        }
        report("a domain without handles had callbacks to run", hits, 50);
    });
}

#[test]
fn domain_of_another_thread_finishes_its_queue_in_the_child() {
    alone("vanished::domain_of_another_thread_finishes_its_queue_in_the_child", || {
        let mut hits = 0;
        for round in 0..50 {
            let (ran, queued) = (counter(), flag());
            let (go_on, told) = channel();
            let user = thread::spawn(move || {
                let domain = Domain::new();
                let reader = domain.reader();
                let section = reader.read_lock();
                queue(&domain, 20, ran);
                set(queued);
                told.recv().unwrap();
                drop(section);
                domain.barrier();
            });
            until("the queue", || is_set(queued));
            hits += u32::from(ran.load(Ordering::SeqCst) == 0);
            fork(|| {
                operations()[round % 5]();
                until("the rest", || ran.load(Ordering::SeqCst) == 20);
                0
            });
            go_on.send(()).unwrap();
            user.join().unwrap();
            assert_eq!(ran.load(Ordering::SeqCst), 20);
        }
        report("the only user of a domain waited to go on", hits, 50);
    });
}

#[test]
fn cookie_expires_in_a_child_that_only_polls() {
    alone("vanished::cookie_expires_in_a_child_that_only_polls", || {
        let domain = Domain::new();
        let mut hits = 0;
        for round in 0..60 {
            let sections = [Elsewhere::enter(Some(domain.reader())), Elsewhere::enter(None)];
            let cookies = (domain.start_poll(), rcu_core::start_poll());
            hits += u32::from(!domain.poll(cookies.0) && !rcu_core::poll(cookies.1));
            fork(|| {
                if round % 2 == 0 {
                    until("the cookies", || domain.poll(cookies.0) && rcu_core::poll(cookies.1));
                } else {
                    domain.cond_synchronize(cookies.0);
                    rcu_core::cond_synchronize(cookies.1);
                }
                0
            });
            assert!(!domain.poll(cookies.0) && !rcu_core::poll(cookies.1));
            sections.into_iter().for_each(Elsewhere::leave);
            until("the cookies", || domain.poll(cookies.0) && rcu_core::poll(cookies.1));
        }
        report("cookies were outstanding", hits, 60);
    });
}

/// Its guard was leaked: in the parent it holds up grace periods for ever.
#[test]
fn handle_that_another_thread_left_inside_is_outside_in_the_child() {
    alone("vanished::handle_that_another_thread_left_inside_is_outside_in_the_child", || {
        let mut hits = 0;
        for _ in 0..50 {
            // It has the record of the section that never ends.
            let domain = keep(Domain::new());
            let left = domain.reader();
            let left = thread::scope(|scope| {
                let leave = scope.spawn(move || {
                    std::mem::forget(left.read_lock());
                    left
                });
                leave.join().unwrap()
            });
            let moved = domain.reader();
            let moved = thread::spawn(move || {
                drop(moved.read_lock());
                moved
            });
            let moved = moved.join().unwrap();
            hits += u32::from(left.read_ongoing());
            fork(|| {
                assert!(!left.read_ongoing());
                domain.synchronize();
                let cookie = domain.start_poll();
                until("the cookie", || domain.poll(cookie));
                // They can be used again, by whichever thread.
                another_thread_reads_in_child();
                drop((left.read_lock(), moved.read_lock()));
                use_everything(domain);
                drop((left, moved));
                assert_eq!(domain.stats().readers, 0);
                domain.clone().shutdown();
                0
            });
        }
        report("a handle had been left inside by another thread", hits, 50);
    });
}
