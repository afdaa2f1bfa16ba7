//! The thread that forks: where it is, and what it is inside of.

use std::cell::RefCell;
use std::sync::atomic::Ordering;
use std::thread;

use rcu_core::{Domain, RcuCell, read_lock};

use super::{
    alone, another_thread_reads_in_child, count, counter, end_child, end_child_beside, flag, fork,
    fork_and_go_on,
};
use super::{is_set, queue, report, set, until, use_everything};
use crate::keep::keep;
use crate::watchdog::pause;

#[test]
fn child_of_a_plain_thread_can_do_everything() {
    alone("forker::child_of_a_plain_thread_can_do_everything", || {
        let domain = Domain::new();
        // Before anything was used, and after.
        assert_eq!(
            fork(|| {
                use_everything(&domain);
                1
            }),
            1
        );
        use_everything(&domain);
        for _ in 0..20 {
            assert_eq!(
                fork(|| {
                    use_everything(&domain);
                    2
                }),
                2
            );
            use_everything(&domain);
        }
    });
}

/// A reader in the way is kicked: then a grace period waits for it.
#[test]
fn own_sections_are_open_in_the_child_and_hold_up_its_grace_periods() {
    alone("forker::own_sections_are_open_in_the_child_and_hold_up_its_grace_periods", || {
        let domain = Domain::new();
        let mut reader = domain.reader();
        let [by_thread, by_handle] = [flag(), flag()];
        let _kicks = (rcu_core::on_force(|| set(by_thread)), reader.on_force(|| set(by_handle)));
        let cells = (RcuCell::new(1), RcuCell::new_in(&domain, 2));
        let mut hits = 0;
        for _ in 0..50 {
            let mut sections = Some((read_lock(), reader.read_lock()));
            let inside = sections.as_ref().unwrap();
            let loaded =
                (std::ptr::from_ref(cells.0.load(&inside.0)), std::ptr::from_ref(cells.1.load(&inside.1)));
            // SAFETY: these two are called while the sections are open in which what they read was loaded.
            let by_thread_loaded = || unsafe { *loaded.0 };
            // SAFETY: as above.
            let by_handle_loaded = || unsafe { *loaded.1 };
            let loaded = || (by_thread_loaded(), by_handle_loaded());
            hits += u32::from(rcu_core::read_ongoing() && reader.read_ongoing());
            fork(|| {
                assert!(rcu_core::read_ongoing() && reader.read_ongoing());
                drop((cells.0.replace(3), cells.1.replace(4)));
                let cookies = (rcu_core::start_poll(), domain.start_poll());
                until("kicks", || is_set(by_thread) && is_set(by_handle));
                assert!(!rcu_core::poll(cookies.0) && !domain.poll(cookies.1));
                assert_eq!(loaded(), (1, 2), "still protected");
                // Nested in the child, ended in the child.
                drop((read_lock(), reader.read_lock()));
                drop(sections.take());
                until("the grace periods", || rcu_core::poll(cookies.0) && domain.poll(cookies.1));
                use_everything(&domain);
                0
            });
            assert_eq!(loaded(), (1, 2));
            drop(sections);
            assert!(!is_set(by_thread) && !is_set(by_handle), "nobody waits in the parent");
        }
        report("the forking thread was inside sections, its own and a handle's", hits, 50);
    });
}

#[test]
fn quiescent_reader_goes_on_in_the_child() {
    alone("forker::quiescent_reader_goes_on_in_the_child", || {
        let domain = Domain::new();
        let kicked = flag();
        let mut reader = domain.reader();
        let _kick = reader.on_force(|| set(kicked));
        let mut reader = reader.into_quiescent();
        let cell = RcuCell::new_in(&domain, 1);
        let mut hits = 0;
        for _ in 0..50 {
            // A reference would be tied to the handle, of which the child needs the whole.
            let loaded = std::ptr::from_ref(cell.load(&reader));
            // SAFETY: it is called before the next quiescent state.
            let loaded = || unsafe { *loaded };
            hits += 1;
            fork(|| {
                drop(cell.replace(2));
                let cookie = domain.start_poll();
                until("the kick", || is_set(kicked));
                assert!(!domain.poll(cookie));
                assert_eq!(loaded(), 1);
                // More than one, if the grace period before the cookie's has started.
                while !domain.poll(cookie) {
                    reader.quiescent();
                    pause();
                }
                reader.offline(|| use_everything(&domain));
                assert_eq!(*cell.load(&reader), 2);
                0
            });
            assert_eq!(loaded(), 1);
            // Offline, it holds up nobody, and comes back.
            reader.offline(|| {
                fork(|| {
                    use_everything(&domain);
                    0
                })
            });
        }
        report("the forking thread had a quiescent reader online", hits, 50);
    });
}

#[test]
fn fork_from_a_callback_and_both_finish_the_batch() {
    alone("forker::fork_from_a_callback_and_both_finish_the_batch", || {
        let (limit, before, behind) = (64, 20, 20);
        let mut hits = 0;
        for _ in 0..100 {
            let domain = Domain::builder().hard_limit(limit).build();
            let (ran, in_child, reader) = (counter(), flag(), domain.reader());
            let section = reader.read_lock();
            queue(&domain, before, ran);
            let child_domain = domain.clone();
            domain.call(move || {
                match fork_and_go_on() {
                    Some(child) => assert_eq!(child.returned(), 1),
                    None => {
                        set(in_child);
                        let pending = child_domain.stats().callbacks_pending;
                        assert_eq!(pending, u64::from(behind) + 1, "with the one that runs now");
                        end_child_beside(move || {
                            child_domain.barrier();
                            assert_eq!(ran.load(Ordering::SeqCst), before + 1 + behind);
                            assert_eq!(child_domain.stats().callbacks_pending, 0);
                            let reader = child_domain.reader();
                            let section = reader.read_lock();
                            let admitted = (0..limit * 2).filter(|_| child_domain.try_call(|| ()).is_ok());
                            assert_eq!(admitted.count(), limit as usize, "as many as the limit");
                            drop(section);
                            use_everything(&child_domain);
                            drop(reader);
                            child_domain.shutdown();
                            1
                        });
                    }
                }
                count(ran);
            });
            queue(&domain, behind, ran);
            drop(section);
            domain.barrier();
            assert!(!is_set(in_child));
            assert_eq!(ran.load(Ordering::SeqCst), before + 1 + behind);
            assert_eq!(domain.stats().callbacks_panicked, 0, "the child is well: its message is above");
            hits += 1;
        }
        report("a callback forked", hits, 100);
    });
}

#[test]
fn fork_from_the_drop_of_a_value_that_was_retired() {
    alone("forker::fork_from_the_drop_of_a_value_that_was_retired", || {
        struct Forks(&'static Domain);
        impl Drop for Forks {
            fn drop(&mut self) {
                let domain = self.0;
                match fork_and_go_on() {
                    Some(child) => assert_eq!(child.returned(), 1),
                    None => end_child_beside(|| {
                        use_everything(domain);
                        1
                    }),
                }
            }
        }
        let domain = keep(Domain::new());
        let cell = RcuCell::new_in(domain, Forks(domain));
        for _ in 0..50 {
            drop(cell.replace(Forks(domain)));
            domain.barrier();
        }
        keep(cell);
        assert_eq!(domain.stats().callbacks_panicked, 0);
        report("the drop of a retired value forked", domain.stats().callbacks_run.try_into().unwrap(), 50);
    });
}

/// The C library starts the threads of a child, and has to refuse what std refuses.
#[test]
fn child_in_which_no_thread_can_be_started_says_so_every_time() {
    alone("forker::child_in_which_no_thread_can_be_started_says_so_every_time", || {
        let domain = Domain::builder().thread_stack_size(usize::MAX).build();
        domain.init().expect_err("nobody has that much memory");
        fork(|| {
            for _ in 0..2 {
                domain.init().expect_err("nobody has that much memory");
            }
            0
        });
    });
}

/// Forks when the thread is about to be gone, inside a section or not.
struct Late {
    inside: bool,
    domain: Domain,
}

impl Drop for Late {
    fn drop(&mut self) {
        let section = self.inside.then(read_lock);
        let child = fork_and_go_on();
        assert_eq!(rcu_core::read_ongoing(), self.inside);
        drop(section);
        match child {
            None => end_child(|| {
                use_everything(&self.domain);
                // The child can make threads, which read and end.
                another_thread_reads_in_child();
                1
            }),
            Some(child) => assert_eq!(child.returned(), 1),
        }
    }
}

#[test]
fn fork_from_a_late_destructor() {
    thread_local! {
        static LATE: RefCell<Option<Late>> = const { RefCell::new(None) };
    }
    alone("forker::fork_from_a_late_destructor", || {
        let domain = Domain::new();
        use_everything(&domain);
        for round in 0..80 {
            let (inside, late, queues) = (round % 2 == 0, round % 4 < 2, round % 8 < 4);
            let domain = domain.clone();
            let exits = thread::spawn(move || {
                let use_rcu = || {
                    drop(read_lock());
                    if queues {
                        rcu_core::call(|| ());
                    }
                };
                // Destructors run in the reverse order of first uses: before or after the registration ends.
                if !late {
                    use_rcu();
                }
                LATE.set(Some(Late { inside, domain }));
                use_rcu();
            });
            exits.join().expect("its destructors return");
        }
        rcu_core::barrier();
        use_everything(&domain);
        report("a destructor of a thread-local forked", 80, 80);
    });
}
