//! fork(2): the child can read, synchronize and call; parent and child both go on.
//!
//! Each test forks from a child process of the test binary in which nothing else runs, and counts how often the fork fell into
//! the window that it is about: never is a failure.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rcu_core::{Domain, RcuCell, read_lock};

use crate::child::{assert_passed, in_child};
use crate::watchdog::{Watchdog, until};

/// How long a forked child may take: these machines are shared.
const LIMIT: Duration = Duration::from_secs(30);

/// Forks. In the child, runs `body` and ends the process; returns what the child returned, from 0 to 100.
fn fork(body: impl FnOnce() -> u8) -> u8 {
    // SAFETY: the child goes on in this function alone, uses none of the references that other threads got through their
    // sections, and ends by `_exit`.
    let child = unsafe { libc::fork() };
    assert!(child >= 0, "fork: {}", std::io::Error::last_os_error());
    if child == 0 {
        let code = catch_unwind(AssertUnwindSafe(body));
        // SAFETY: ends the process.
        unsafe { libc::_exit(code.map_or(101, i32::from)) };
    }
    let code = exit_code(child);
    assert!(code <= 100, "the child panicked: its message is above");
    u8::try_from(code).expect("asserted")
}

/// Waits for a child, but not for ever.
fn exit_code(child: libc::pid_t) -> i32 {
    let begin = Instant::now();
    let mut status = 0;
    // SAFETY: `status` may be written.
    while unsafe { libc::waitpid(child, &raw mut status, libc::WNOHANG) } == 0 {
        if begin.elapsed() > LIMIT {
            // SAFETY: a child of ours that has not been waited for.
            unsafe { libc::kill(child, libc::SIGKILL) };
            panic!("the child hung");
        }
        thread::sleep(Duration::from_micros(200));
    }
    assert!(libc::WIFEXITED(status), "the child was ended by signal {}", libc::WTERMSIG(status));
    libc::WEXITSTATUS(status)
}

fn count(ran: &AtomicU32) {
    ran.fetch_add(1, Ordering::Relaxed);
}

/// Everything that a child can do with the default domain and with `domain`.
fn use_everything(domain: &Domain) {
    let cell = RcuCell::new(1);
    assert_eq!(*cell.load(&read_lock()), 1);
    assert_eq!(cell.replace(2).wait(), 1);
    rcu_core::synchronize();
    let ran = Arc::new(AtomicU32::new(0));
    for domain in [None, Some(domain)] {
        let ran = Arc::clone(&ran);
        let callback = move || count(&ran);
        match domain {
            None => rcu_core::call(callback),
            Some(domain) => domain.call(callback),
        }
    }
    rcu_core::barrier();
    domain.barrier();
    assert_eq!(ran.load(Ordering::Relaxed), 2);
    let reader = domain.reader();
    let cell = RcuCell::new_in(domain, 3);
    assert_eq!(*cell.load(&reader.read_lock()), 3);
    domain.synchronize();
    let cookie = domain.start_poll();
    until("the cookie", || domain.poll(cookie));
}

/// Runs `test` in a child process of its own, which nothing disturbs.
fn alone(name: &'static str, test: impl FnOnce()) {
    let output = in_child(&format!("forks::{name}"), || {
        let _watchdog = Watchdog::new(name);
        test();
    });
    assert_passed(&output);
    print!("{}", String::from_utf8_lossy(&output.stdout));
}

/// Prints how often a fork fell into its window, which has to be more than never.
fn report(window: &str, hits: u32, forks: u32) {
    println!("{hits} of {forks} forks: {window}");
    assert!(hits > 0, "no fork fell into its window: {window}");
}

#[test]
fn child_of_a_plain_thread_can_do_everything() {
    alone("child_of_a_plain_thread_can_do_everything", || {
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

#[test]
fn callbacks_that_are_queued_run_in_parent_and_child() {
    alone("callbacks_that_are_queued_run_in_parent_and_child", || {
        let domain = Domain::new();
        let reader = domain.reader();
        let mut hits = 0;
        for _ in 0..200 {
            let ran = Arc::new(AtomicU32::new(0));
            let section = reader.read_lock();
            for _ in 0..100 {
                let ran = Arc::clone(&ran);
                domain.call(move || count(&ran));
            }
            let pending = domain.stats().callbacks_pending;
            assert_eq!(pending, 100, "the section holds them up");
            let in_child = fork(|| {
                assert_eq!(domain.stats().callbacks_pending, 100);
                assert_eq!(ran.load(Ordering::Relaxed), 0, "the section is open in the child, too");
                drop(section);
                domain.barrier();
                assert_eq!(domain.stats().callbacks_pending, 0);
                u8::try_from(ran.load(Ordering::Relaxed)).unwrap()
            });
            assert_eq!(in_child, 100);
            hits += 1;
            domain.barrier();
            assert_eq!(ran.load(Ordering::Relaxed), 100);
        }
        report("callbacks were queued", hits, 200);
    });
}
