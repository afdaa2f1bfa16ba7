//! What a child does, and what is done for it.

use std::sync::atomic::Ordering;
use std::thread;

use rcu_core::{Domain, Fences, RcuCell, ReadGuard, read_lock};

use super::{alone, counter, flag, fork, is_set, queue, report, set, until, use_everything};

/// How many threads the process has.
#[cfg(target_os = "linux")]
fn threads() -> usize {
    std::fs::read_dir("/proc/self/task").expect("every process has one").count()
}

#[cfg(target_os = "linux")]
#[test]
fn callback_thread_is_started_by_the_first_operation_and_not_by_the_fork() {
    alone("child::callback_thread_is_started_by_the_first_operation_and_not_by_the_fork", || {
        let domain = Domain::new();
        let mut hits = 0;
        for round in 0..60 {
            let ran = counter();
            let reader = domain.reader();
            let mut section = Some(reader.read_lock());
            queue(&domain, 3, ran);
            hits += u32::from(threads() >= 3);
            fork(|| {
                assert_eq!(threads(), 1, "a fork starts no thread");
                drop(section.take());
                drop((read_lock(), reader.read_lock(), domain.stats()));
                assert_eq!(threads(), 1, "nor does a section");
                match round % 3 {
                    0 => domain.call(|| ()),
                    1 => domain.synchronize(),
                    _ => drop(domain.start_poll()),
                }
                assert_eq!(threads(), 3, "the callback thread, and the one that watches it");
                until("what was queued before the fork", || ran.load(Ordering::SeqCst) == 3);
                0
            });
            drop(section);
            domain.barrier();
        }
        report("there were callbacks, and threads for them", hits, 60);
    });
}

#[test]
fn shutdown_and_drop_of_domains_in_the_child() {
    alone("child::shutdown_and_drop_of_domains_in_the_child", || {
        let mut hits = [0; 3];
        for round in 0..90 {
            let (domain, ran, go_on) = (Domain::new(), counter(), flag());
            let (thread, queued) = [(false, 0), (true, 0), (true, 5)][round % 3];
            if thread {
                domain.call(|| ());
                domain.barrier();
            }
            if queued > 0 {
                let begun = flag();
                domain.call(move || {
                    set(begun);
                    until("the fork", || is_set(go_on));
                });
                until("the callback", || is_set(begun));
                queue(&domain, queued, ran);
            }
            hits[round % 3] += u32::from(ran.load(Ordering::SeqCst) == 0);
            fork(move || {
                // The last handle.
                if round % 2 == 0 {
                    drop(domain);
                    until("the rest", || ran.load(Ordering::SeqCst) == queued);
                } else {
                    domain.shutdown();
                    assert_eq!(ran.load(Ordering::SeqCst), queued);
                }
                use_everything(&Domain::new());
                0
            });
            set(go_on);
        }
        report("a domain had no thread", hits[0], 30);
        report("a domain's thread was idle", hits[1], 30);
        report("a domain had a callback under way, and others queued", hits[2], 30);
    });
}

#[test]
fn domain_of_full_fences_goes_on_in_the_child() {
    alone("child::domain_of_full_fences_goes_on_in_the_child", || {
        let (stop, forks) = (flag(), 50);
        let domain = Domain::builder().fences(Fences::SeqCst).build();
        let mut hits = 0;
        thread::scope(|scope| {
            scope.spawn(|| {
                let (reader, cell) = (domain.reader(), RcuCell::new_in(&domain, 1));
                while !is_set(stop) {
                    for _ in 0..10 {
                        assert_eq!(*cell.load(&reader.read_lock()), 1);
                        drop(cell.replace(1));
                    }
                    domain.barrier();
                }
            });
            for _ in 0..forks {
                until("callbacks", || domain.stats().callbacks_pending > 0);
                hits += u32::from(fork(|| {
                    let pending = domain.stats().callbacks_pending > 0;
                    use_everything(&domain);
                    u8::from(pending)
                }));
            }
            set(stop);
        });
        report("a domain without membarrier was busy", hits, forks);
    });
}

#[test]
fn heavy_fences_work_in_the_child() {
    alone("child::heavy_fences_work_in_the_child", || {
        let domain = Domain::new();
        let mut hits = 0;
        for _ in 0..50 {
            let light = domain.reader();
            hits += u32::from(fork(|| {
                let before = domain.stats().heavy_fences;
                let kicked = flag();
                let mut reader = domain.reader();
                let _kick = reader.on_force(|| set(kicked));
                let section = reader.read_lock();
                let cookie = domain.start_poll();
                until("the kick", || is_set(kicked));
                drop(section);
                domain.cond_synchronize(cookie);
                u8::from(domain.stats().heavy_fences > before)
            }));
            drop(light);
        }
        // Full fences on both sides are enough where there is no membarrier: then each grace period has none of these.
        report("a child passed heavy fences", hits, 50);
    });
}

#[test]
fn children_of_children() {
    alone("child::children_of_children", || {
        /// Inside sections of its parents, which a child ends first.
        fn descend(domain: &Domain, generations: u8, inside: &mut Option<ReadGuard>) -> u8 {
            fork(|| {
                assert!(rcu_core::read_ongoing());
                drop(inside.take());
                if generations % 2 == 0 {
                    use_everything(domain);
                }
                let (ran, reader) = (counter(), domain.reader());
                queue(domain, 5, ran);
                let mut section = Some(read_lock());
                let depth = if generations > 0 { descend(domain, generations - 1, &mut section) } else { 0 };
                drop((section, reader.read_lock()));
                domain.barrier();
                assert_eq!(ran.load(Ordering::SeqCst), 5);
                use_everything(domain);
                depth + 1
            })
        }
        let domain = Domain::new();
        let stop = flag();
        let mut hits = 0;
        thread::scope(|scope| {
            scope.spawn(|| {
                while !is_set(stop) {
                    domain.call(|| ());
                    domain.synchronize();
                    domain.barrier();
                }
            });
            for _ in 0..20 {
                hits += u32::from(descend(&domain, 4, &mut Some(read_lock()))) / 5;
            }
            set(stop);
        });
        report("five generations, each the child of one that used everything", hits, 20);
    });
}
