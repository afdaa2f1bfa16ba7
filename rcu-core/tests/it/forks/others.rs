//! What other threads are at when a thread forks.

use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use rcu_core::{Domain, RcuCell, read_lock};

use super::{
    Elsewhere, alone, another_thread_reads_in_child, counter, flag, fork, is_set, queue, report, set, until,
    use_everything,
};

#[test]
fn sections_of_other_threads_do_not_exist_in_the_child() {
    alone("others::sections_of_other_threads_do_not_exist_in_the_child", || {
        let domain = Domain::new();
        let mut hits = 0;
        for _ in 0..50 {
            let sections = [Elsewhere::enter(None), Elsewhere::enter(Some(domain.reader()))];
            let readers = domain.stats().readers;
            hits += u32::from(readers == 1 && rcu_core::stats().readers > 0);
            fork(|| {
                rcu_core::synchronize();
                domain.synchronize();
                use_everything(&domain);
                0
            });
            sections.into_iter().for_each(Elsewhere::leave);
            use_everything(&domain);
        }
        report("other threads were inside sections, of their own and of a handle", hits, 50);
    });
}

#[test]
fn grace_period_that_another_thread_drives_is_driven_anew_in_the_child() {
    alone("others::grace_period_that_another_thread_drives_is_driven_anew_in_the_child", || {
        let domain = Domain::new();
        let mut hits = 0;
        for round in 0..60 {
            let kicked = flag();
            let mut reader = domain.reader();
            let _kick = reader.on_force(|| set(kicked));
            let section = Elsewhere::enter(Some(reader));
            let (over, ran) = (flag(), counter());
            thread::scope(|scope| {
                // It is driven by a thread, or by the callback thread.
                if round % 2 == 0 {
                    scope.spawn(|| {
                        domain.synchronize();
                        set(over);
                    });
                } else {
                    queue(&domain, 3, ran);
                }
                until("the driver to wait", || is_set(kicked));
                hits += u32::from(!is_set(over) && ran.load(Ordering::SeqCst) == 0);
                fork(|| {
                    domain.synchronize();
                    domain.barrier();
                    assert_eq!(ran.load(Ordering::SeqCst), if round % 2 == 0 { 0 } else { 3 });
                    use_everything(&domain);
                    0
                });
                section.leave();
            });
            domain.barrier();
        }
        report("another thread drove a grace period that did not end", hits, 60);
    });
}

/// Who drives is not there, and its grace period never started: the child's next has an earlier number than the cookie.
#[test]
fn cookie_from_before_the_fork_expires_beside_one_that_is_taken_in_the_child() {
    alone("others::cookie_from_before_the_fork_expires_beside_one_that_is_taken_in_the_child", || {
        let domain = Domain::new();
        let mut hits = 0;
        for _ in 0..50 {
            let kicked = flag();
            let mut reader = domain.reader();
            let _kick = reader.on_force(|| set(kicked));
            let section = Elsewhere::enter(Some(reader));
            thread::scope(|scope| {
                let driver = scope.spawn(|| domain.synchronize());
                until("the driver to wait", || is_set(kicked));
                let before = domain.start_poll();
                hits += u32::from(!driver.is_finished());
                fork(|| {
                    let there = domain.start_poll();
                    until("both cookies", || domain.poll(before) && domain.poll(there));
                    0
                });
                section.leave();
            });
            domain.barrier();
        }
        report("another thread drove a grace period, and a cookie was taken meanwhile", hits, 50);
    });
}

#[test]
fn threads_that_wait_are_not_waited_for_in_the_child() {
    alone("others::threads_that_wait_are_not_waited_for_in_the_child", || {
        let domain = Domain::builder().hard_limit(4).build();
        let mut hits = 0;
        for _ in 0..50 {
            let (ran, about, back, waited) = (counter(), counter(), counter(), domain.stats().calls_waited);
            let section = Elsewhere::enter(Some(domain.reader()));
            queue(&domain, 4, ran);
            let cookie = domain.start_poll();
            let waits: [&(dyn Fn() + Sync); 4] = [
                &|| domain.synchronize(),
                &|| domain.barrier(),
                &|| domain.cond_synchronize(cookie),
                &|| queue(&domain, 1, ran),
            ];
            thread::scope(|scope| {
                for wait in waits {
                    scope.spawn(move || {
                        about.fetch_add(1, Ordering::SeqCst);
                        wait();
                        back.fetch_add(1, Ordering::SeqCst);
                    });
                }
                until("all to wait", || {
                    about.load(Ordering::SeqCst) == 4 && domain.stats().calls_waited > waited
                });
                hits += u32::from(back.load(Ordering::SeqCst) == 0);
                fork(|| {
                    until("the cookie", || domain.poll(cookie));
                    domain.barrier();
                    assert_eq!(ran.load(Ordering::SeqCst), 4);
                    assert_eq!(domain.stats().callbacks_pending, 0);
                    use_everything(&domain);
                    assert_eq!(back.load(Ordering::SeqCst), 0, "they are not there");
                    0
                });
                section.leave();
            });
            domain.barrier();
            assert_eq!((ran.load(Ordering::SeqCst), back.load(Ordering::SeqCst)), (5, 4));
        }
        report("threads waited in synchronize, barrier, cond_synchronize and at a limit", hits, 50);
    });
}

/// Threads that register and end all the time. `steps` has how many are between the two ends of a step.
fn come_and_go(stop: &std::sync::atomic::AtomicBool, steps: &[AtomicU32; 2]) {
    /// Dropped after the registration has ended: its first use came before.
    struct Ends(*const AtomicU32);
    impl Drop for Ends {
        fn drop(&mut self) {
            // SAFETY: the flags outlive the threads.
            unsafe { &*self.0 }.fetch_sub(1, Ordering::SeqCst);
        }
    }
    thread_local!(static ENDS: std::cell::RefCell<Option<Ends>> = const { std::cell::RefCell::new(None) });
    while !is_set(stop) {
        thread::scope(|scope| {
            let comes = scope.spawn(|| {
                ENDS.set(Some(Ends(&raw const steps[1])));
                steps[0].fetch_add(1, Ordering::SeqCst);
                drop(read_lock());
                rcu_core::call(|| ());
                steps[0].fetch_sub(1, Ordering::SeqCst);
                steps[1].fetch_add(1, Ordering::SeqCst);
            });
            comes.join().unwrap();
        });
    }
}

#[test]
fn threads_register_and_exit_while_another_forks() {
    alone("others::threads_register_and_exit_while_another_forks", || {
        let (domain, stop) = (Domain::new(), flag());
        let steps = [AtomicU32::new(0), AtomicU32::new(0)];
        let (mut hits, mut forks) = ([0, 0], 0);
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| come_and_go(stop, &steps));
            }
            // The second window is narrow, and missed for long on a host that is busy with others.
            while forks < 300 || (hits.contains(&0) && forks < 30_000) {
                forks += 1;
                let seen = fork(|| {
                    // They stay as they were at the fork.
                    let seen = [0, 1].map(|step| steps[step].load(Ordering::SeqCst) != 0);
                    use_everything(&domain);
                    another_thread_reads_in_child();
                    u8::from(seen[0]) + 2 * u8::from(seen[1])
                });
                hits[0] += u32::from(seen & 1 != 0);
                hits[1] += u32::from(seen & 2 != 0);
            }
            set(stop);
        });
        report("a thread was registering and queueing its first callback", hits[0], forks);
        report("a thread was ending its registration", hits[1], forks);
    });
}

#[test]
fn several_domains_are_busy() {
    alone("others::several_domains_are_busy", || {
        let stop = flag();
        // With limits, so that what is pending is counted exactly: also in a child in whose making others went on queueing.
        let domains: Vec<_> = (0..4).map(|_| Domain::builder().hard_limit(1_000).build()).collect();
        let (mut hits, forks) = (0, 150);
        thread::scope(|scope| {
            for domain in &domains {
                scope.spawn(move || {
                    let cell = RcuCell::new_in(domain, 0);
                    while !is_set(stop) {
                        for _ in 0..10 {
                            drop(cell.replace(1));
                            domain.synchronize();
                            domain.call(thread::yield_now);
                        }
                        domain.barrier();
                    }
                });
            }
            for _ in 0..forks {
                let busy = fork(|| {
                    let busy = domains.iter().filter(|domain| domain.stats().callbacks_pending > 0).count();
                    domains.iter().for_each(|domain| {
                        domain.barrier();
                        assert_eq!(domain.stats().callbacks_pending, 0);
                        use_everything(domain);
                    });
                    u8::try_from(busy).unwrap()
                });
                hits += u32::from(busy > 1);
            }
            set(stop);
        });
        report("callbacks of several domains were pending", hits, forks);
    });
}

#[test]
fn two_threads_fork_at_once() {
    alone("others::two_threads_fork_at_once", || {
        let domain = Domain::new();
        let (forking, both) = (AtomicU32::new(0), AtomicU32::new(0));
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    for _ in 0..100 {
                        queue(&domain, 3, counter());
                        // At a fork of both at once, a child sees the other still at it.
                        forking.fetch_add(1, Ordering::SeqCst);
                        let mut forks = 0;
                        let returned = fork(|| {
                            forks = forking.load(Ordering::SeqCst);
                            use_everything(&domain);
                            u8::from(forks > 1)
                        });
                        forking.fetch_sub(1, Ordering::SeqCst);
                        both.fetch_add(returned.into(), Ordering::SeqCst);
                    }
                });
            }
        });
        report("the other thread was at its fork, or waited for its child", both.into_inner(), 200);
    });
}

/// Each of these is the first of a process.
#[test]
fn another_thread_uses_the_crate_for_the_first_time() {
    alone("others::another_thread_uses_the_crate_for_the_first_time", || {
        let (mut hits, forks) = (0, 400);
        for round in 0..forks {
            // Nothing has been used so far, here.
            hits += u32::from(
                fork(|| {
                    let (begun, ended) = (counter(), flag());
                    let first = thread::spawn(move || {
                        begun.fetch_add(1, Ordering::SeqCst);
                        match round % 5 {
                            0 => rcu_core::synchronize(),
                            1 => drop(read_lock()),
                            2 => rcu_core::init().unwrap(),
                            3 => drop(Domain::new()),
                            _ => drop(rcu_core::stats()),
                        }
                        set(ended);
                    });
                    while begun.load(Ordering::SeqCst) == 0 {}
                    for _ in 0..round / 5 {
                        std::hint::spin_loop();
                    }
                    let within = fork(|| {
                        let within = !is_set(ended);
                        use_everything(&Domain::new());
                        u8::from(within)
                    });
                    first.join().unwrap();
                    use_everything(&Domain::new());
                    within
                }) != 0,
            );
        }
        report("another thread was at the first use of all", hits, forks);
    });
}
