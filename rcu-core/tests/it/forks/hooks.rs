//! Forks from what the crate calls: hooks and kicks.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use rcu_core::{Culprit, Domain};

use super::{Child, Elsewhere, alone, counter, end_child_beside, flag, fork_and_go_on};
use super::{end_child, is_set, queue, report, set, until, use_everything};

/// How often each of these forks.
const ROUNDS: u32 = 50;

#[test]
fn fork_from_a_batch_hook_before_and_after_the_batch() {
    alone("hooks::fork_from_a_batch_hook_before_and_after_the_batch", || {
        static DOMAIN: Mutex<Option<Domain>> = Mutex::new(None);
        let (forks, armed) = (counter(), flag());
        let fork = move |pending: u64| {
            let domain = DOMAIN.lock().unwrap().clone().unwrap();
            match fork_and_go_on() {
                Some(child) => assert_eq!(child.returned(), 1),
                None => {
                    armed.store(false, Ordering::SeqCst);
                    assert_eq!(domain.stats().callbacks_pending, pending, "none runs now");
                    end_child_beside(move || {
                        domain.barrier();
                        assert_eq!(domain.stats().callbacks_pending, 0);
                        // The limit is one: if the child counted one that is not there, nothing would be let in.
                        domain.call(|| ());
                        use_everything(&domain);
                        1
                    });
                }
            }
            forks.fetch_add(1, Ordering::SeqCst);
        };
        let hook = move |run: &mut dyn FnMut()| {
            if armed.swap(false, Ordering::SeqCst) {
                fork(1);
                run();
                fork(0);
            }
        };
        let domain = Domain::builder().hard_limit(1).around_batches(hook).build();
        *DOMAIN.lock().unwrap() = Some(domain.clone());
        let ran = counter();
        for _ in 0..ROUNDS {
            set(armed);
            queue(&domain, 1, ran);
            domain.barrier();
        }
        assert_eq!(ran.load(Ordering::SeqCst), ROUNDS);
        report("a batch hook forked", forks.load(Ordering::SeqCst), 2 * ROUNDS);
    });
}

/// What the thread that drives a grace period does when its kick, or its stall hook, has forked.
fn drive_through_a_fork(domain: &Domain, reader: rcu_core::Reader<Domain>, forked: &Mutex<Option<Child>>) {
    let in_child = flag();
    let section = Elsewhere::enter(Some(reader));
    let parent = std::process::id();
    thread::scope(|scope| {
        let driver = scope.spawn(|| {
            // In the child, the section is not there.
            domain.synchronize();
            if std::process::id() != parent {
                set(in_child);
                end_child(|| {
                    use_everything(domain);
                    1
                });
            }
        });
        until("the fork", || forked.lock().unwrap().is_some());
        let child = forked.lock().unwrap().take().unwrap();
        assert_eq!(child.returned(), 1);
        section.leave();
        driver.join().unwrap();
    });
}

/// Forks once, for a hook, and says so in the parent.
fn fork_once(forked: &Mutex<Option<Child>>, done: &std::sync::atomic::AtomicBool) {
    if !done.swap(true, Ordering::SeqCst) {
        if let Some(child) = fork_and_go_on() {
            *forked.lock().unwrap() = Some(child);
        }
    }
}

#[test]
fn fork_from_a_kick_on_the_thread_that_waits() {
    alone("hooks::fork_from_a_kick_on_the_thread_that_waits", || {
        let domain = Domain::new();
        for _ in 0..ROUNDS {
            let (forked, done) = (Arc::new(Mutex::new(None)), flag());
            let mut reader = domain.reader();
            let _kick = reader.on_force({
                let forked = Arc::clone(&forked);
                move || fork_once(&forked, done)
            });
            drive_through_a_fork(&domain, reader, &forked);
        }
        report("a kick forked", ROUNDS, ROUNDS);
    });
}

#[test]
fn fork_from_a_stall_hook_on_the_thread_that_waits() {
    alone("hooks::fork_from_a_stall_hook_on_the_thread_that_waits", || {
        for _ in 0..ROUNDS {
            let (forked, done) = (Arc::new(Mutex::new(None)), flag());
            let hook = {
                let forked = Arc::clone(&forked);
                move |_: &_| fork_once(&forked, done)
            };
            let domain = Domain::builder().stall_timeout(Duration::from_millis(1)).on_stall(hook).build();
            drive_through_a_fork(&domain, domain.reader(), &forked);
        }
        report("a stall hook forked", ROUNDS, ROUNDS);
    });
}

#[test]
fn fork_from_a_kick_on_the_callback_thread() {
    alone("hooks::fork_from_a_kick_on_the_callback_thread", || {
        let domain = Domain::builder().hard_limit(10).build();
        for _ in 0..ROUNDS {
            let (ran, forks, armed) = (counter(), counter(), flag());
            let mut reader = domain.reader();
            let in_child = domain.clone();
            let _kick = reader.on_force(move || {
                if !armed.swap(false, Ordering::SeqCst) {
                    return;
                }
                let domain = in_child.clone();
                match fork_and_go_on() {
                    Some(child) => {
                        assert_eq!(child.returned(), 1);
                        forks.fetch_add(1, Ordering::SeqCst);
                    }
                    None => end_child_beside(move || {
                        domain.barrier();
                        assert_eq!(ran.load(Ordering::SeqCst), 10);
                        assert_eq!(domain.stats().callbacks_pending, 0);
                        use_everything(&domain);
                        1
                    }),
                }
            });
            let section = Elsewhere::enter(Some(reader));
            queue(&domain, 10, ran);
            // It is kicked again every 10 ms.
            set(armed);
            until("the fork", || forks.load(Ordering::SeqCst) == 1);
            section.leave();
            domain.barrier();
            assert_eq!(ran.load(Ordering::SeqCst), 10);
        }
        report("a kick forked on the callback thread", ROUNDS, ROUNDS);
    });
}

/// The thread that watches callback threads, by its name.
#[cfg(target_os = "linux")]
fn monitors() -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let name = |task: std::io::Result<std::fs::DirEntry>| {
        std::fs::read_to_string(task.unwrap().path().join("comm")).unwrap_or_default()
    };
    tasks.map(name).filter(|name| name.trim() == "rcu-stall").count()
}

#[cfg(target_os = "linux")]
#[test]
fn fork_from_the_stall_hook_of_a_callback_leaves_one_monitor() {
    alone("hooks::fork_from_the_stall_hook_of_a_callback_leaves_one_monitor", || {
        let mut hits = 0;
        for _ in 0..ROUNDS {
            let (forks, done) = (counter(), flag());
            let hook = move |stall: &rcu_core::Stall| {
                assert!(matches!(stall.culprit, Culprit::Callback { .. }), "{stall}");
                if done.swap(true, Ordering::SeqCst) {
                    return;
                }
                match fork_and_go_on() {
                    Some(child) => {
                        assert_eq!(child.returned(), 1);
                        forks.fetch_add(1, Ordering::SeqCst);
                    }
                    None => end_child_beside(|| {
                        use_everything(&Domain::new());
                        assert_eq!(monitors(), 1);
                        1
                    }),
                }
            };
            let domain = Domain::builder().stall_timeout(Duration::from_millis(1)).on_stall(hook).build();
            domain.call(move || until("the fork", || forks.load(Ordering::SeqCst) == 1));
            domain.barrier();
            hits += forks.load(Ordering::SeqCst);
        }
        report("the monitor forked", hits, ROUNDS);
    });
}

#[cfg(target_os = "linux")]
#[test]
fn callback_that_hangs_in_the_child_is_reported_there() {
    alone("hooks::callback_that_hangs_in_the_child_is_reported_there", || {
        let mut hits = 0;
        for _ in 0..ROUNDS {
            let reported = counter();
            let hook = move |stall: &rcu_core::Stall| {
                if let Culprit::Callback { thread, .. } | Culprit::BatchHook { thread, .. } = &stall.culprit {
                    // The thread that forked has the number of its process.
                    if thread.id == std::process::id() {
                        reported.fetch_add(1, Ordering::SeqCst);
                    }
                }
            };
            let domain = Domain::builder().stall_timeout(Duration::from_millis(1)).on_stall(hook).build();
            let in_child = flag();
            let reader = domain.reader();
            let section = reader.read_lock();
            let domain_there = domain.clone();
            domain.call(move || match fork_and_go_on() {
                Some(child) => assert_eq!(child.returned(), 1),
                None => {
                    set(in_child);
                    // A round of its own: that of the fork has no monitor, unless another thread starts it.
                    domain_there.call(move || {
                        until("the report", || reported.load(Ordering::SeqCst) > 0);
                        end_child(|| 1);
                    });
                }
            });
            drop(section);
            domain.barrier();
            assert_eq!(domain.stats().callbacks_panicked, 0);
            hits += 1;
        }
        report("a callback hung in a child that a callback had forked", hits, ROUNDS);
    });
}

#[test]
fn fork_from_the_drop_of_a_stall_hook() {
    alone("hooks::fork_from_the_drop_of_a_stall_hook", || {
        /// What the hook captured.
        struct Forks(&'static std::sync::atomic::AtomicU32);
        impl Drop for Forks {
            fn drop(&mut self) {
                match fork_and_go_on() {
                    Some(child) => assert_eq!(child.returned(), 1),
                    None => end_child_beside(|| {
                        use_everything(&Domain::new());
                        1
                    }),
                }
                self.0.fetch_add(1, Ordering::SeqCst);
            }
        }
        let forks = counter();
        for round in 1..=ROUNDS {
            let (go_on, called, dropped) = (flag(), flag(), counter());
            let captured = Forks(forks);
            struct Drops(&'static std::sync::atomic::AtomicU32);
            impl Drop for Drops {
                fn drop(&mut self) {
                    self.0.fetch_add(1, Ordering::SeqCst);
                }
            }
            let engine_ends = Drops(dropped);
            let hook = move |_: &_| {
                let _captured = &captured;
                set(called);
                until("the end of the domain", || dropped.load(Ordering::SeqCst) == 1);
            };
            let around = move |run: &mut dyn FnMut()| {
                let _goes_with_the_domain = &engine_ends;
                run();
            };
            let builder = Domain::builder().stall_timeout(Duration::from_millis(1)).on_stall(hook);
            let domain = builder.around_batches(around).build();
            domain.call(move || until("the stall", || is_set(go_on)));
            drop(domain);
            until("the report", || is_set(called));
            // The callback ends, and with it the domain: the hook that is being called is the last of it.
            set(go_on);
            until("the drop of the hook", || forks.load(Ordering::SeqCst) == round);
        }
        report("the last drop of a stall hook forked", forks.load(Ordering::SeqCst), ROUNDS);
    });
}
