//! A process that has no memory for another stack, and later has: callbacks wait for it and are not lost.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use std::{fs, io, thread};

use rcu_core::{Culprit, Domain, RcuBox};

use super::Counted;
use crate::child::{assert_passed, in_child};
use crate::watchdog::{Watchdog, until, waiting};

/// Limits the address space of this process until it is dropped.
struct Limit(libc::rlimit);

impl Limit {
    /// Allows `bytes` more than what is in use.
    fn to_use(bytes: u64) -> Self {
        let status = fs::read_to_string("/proc/self/statm").expect("Linux has it");
        let pages: u64 = status.split(' ').next().expect("the size").parse().expect("a number");
        // SAFETY: sysconf takes no pointers.
        let page_size = unsafe { libc::sysconf(libc::_SC_PAGESIZE) } as u64;
        let mut before = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
        // SAFETY: `before` may be written.
        assert_eq!(unsafe { libc::getrlimit(libc::RLIMIT_AS, &raw mut before) }, 0);
        // The soft limit alone: that can be raised again.
        set(libc::rlimit { rlim_cur: pages * page_size + bytes, ..before });
        Self(before)
    }
}

impl Drop for Limit {
    fn drop(&mut self) {
        set(self.0);
    }
}

fn set(limit: libc::rlimit) {
    // SAFETY: the kernel reads the limit, which is borrowed for the call.
    let result = unsafe { libc::setrlimit(libc::RLIMIT_AS, &raw const limit) };
    assert_eq!(result, 0, "{}", io::Error::last_os_error());
}

/// The stack of a callback thread here, and what is left of the address space: too little for that, and enough for the thread that watches
/// callbacks, with what the C library sets aside for a new thread.
const STACK: usize = 512 << 20;
const LEFT: u64 = 384 << 20;

#[test]
fn callbacks_queued_while_no_thread_can_be_started_run_once_a_later_call_starts_it() {
    const TEST: &str =
        "start_up::memory::callbacks_queued_while_no_thread_can_be_started_run_once_a_later_call_starts_it";
    let output = in_child(TEST, || {
        let _watchdog = Watchdog::new(TEST);
        let options = Domain::builder().thread_stack_size(STACK);
        for domain in [options.clone().build(), options.hard_limit(2).build()] {
            let (dropped, ran) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
            let callback = || {
                let ran = Arc::clone(&ran);
                move || {
                    ran.fetch_add(1, Ordering::SeqCst);
                }
            };
            let limit = Limit::to_use(LEFT);
            domain.init().expect_err("no memory");
            for _ in 0..10 {
                // Nobody waits for a thread that is not there, whatever the limit.
                waiting("nobody", || domain.call(callback()));
                domain.retire(RcuBox::new(Counted(Arc::clone(&dropped))));
            }
            let cookie = domain.start_poll();
            assert_eq!((domain.stats().callbacks_pending, ran.load(Ordering::SeqCst)), (20, 0));
            drop(limit);
            domain.call(callback());
            until("all callbacks", || ran.load(Ordering::SeqCst) == 11);
            waiting("all callbacks", || domain.barrier());
            assert_eq!(dropped.load(Ordering::SeqCst), 10);
            until("the cookie", || domain.poll(cookie));
            assert_eq!((domain.stats().callbacks_run, domain.stats().callbacks_pending), (21, 0));
            // The stack goes with the thread, before the next limit is set.
            waiting("the callback thread", || domain.shutdown());
        }
    });
    assert_passed(&output);
}

/// Whoever waits for callbacks, and the last handle, start the thread too.
#[test]
fn barrier_and_the_drop_of_the_last_handle_retry_to_start_the_thread() {
    const TEST: &str = "start_up::memory::barrier_and_the_drop_of_the_last_handle_retry_to_start_the_thread";
    let output = in_child(TEST, || {
        let _watchdog = Watchdog::new(TEST);
        for wait in [true, false] {
            let dropped = Arc::new(AtomicU32::new(0));
            let domain = Domain::builder().thread_stack_size(STACK).build();
            let limit = Limit::to_use(LEFT);
            domain.defer_drop(Counted(Arc::clone(&dropped)));
            domain.init().expect_err("no memory");
            drop(limit);
            if wait {
                waiting("the callback", || domain.barrier());
                assert_eq!(dropped.load(Ordering::SeqCst), 1);
                // The stack goes with the thread, before the next limit is set.
                waiting("the callback thread", || domain.shutdown());
            } else {
                drop(domain);
                until("the callback of a domain that is gone", || dropped.load(Ordering::SeqCst) == 1);
            }
        }
    });
    assert_passed(&output);
}

#[test]
fn default_domain_accepts_callbacks_without_a_thread_and_starts_it_later() {
    const TEST: &str =
        "start_up::memory::default_domain_accepts_callbacks_without_a_thread_and_starts_it_later";
    let output = in_child(TEST, || {
        let _watchdog = Watchdog::new(TEST);
        let ran = Arc::new(AtomicU32::new(0));
        // Less than a stack.
        let limit = Limit::to_use(1 << 20);
        let refused = thread::Builder::new().spawn(|| ()).map(drop);
        let init = rcu_core::init();
        let callback = Arc::clone(&ran);
        rcu_core::call(move || {
            callback.fetch_add(1, Ordering::SeqCst);
        });
        let pending = rcu_core::stats().callbacks_pending;
        // What fails here needs memory to say so.
        drop(limit);
        refused.expect_err("no thread can be started");
        assert!(init.expect_err("nor can this").source().is_some());
        assert_eq!((pending, ran.load(Ordering::SeqCst)), (1, 0));
        rcu_core::init().expect("there is memory again");
        until("the callback", || ran.load(Ordering::SeqCst) == 1);
    });
    assert_passed(&output);
}

/// The thread that watches callbacks is started again too.
#[test]
fn callback_that_hangs_is_named_though_its_watcher_could_not_be_started_at_first() {
    const TEST: &str =
        "start_up::memory::callback_that_hangs_is_named_though_its_watcher_could_not_be_started_at_first";
    let output = in_child(TEST, || {
        let _watchdog = Watchdog::new(TEST);
        let named = Arc::new(AtomicU32::new(0));
        let hook = Arc::clone(&named);
        let builder = Domain::builder().stall_timeout(Duration::from_millis(1)).on_stall(move |stall| {
            hook.fetch_add(u32::from(matches!(stall.culprit, Culprit::Callback { .. })), Ordering::SeqCst);
        });
        let domain = builder.build();
        // Less than a stack.
        let limit = Limit::to_use(1 << 20);
        let refused = domain.init();
        drop(limit);
        refused.expect_err("no thread can be started");
        let hangs = Arc::clone(&named);
        domain.call(move || until("the report", || hangs.load(Ordering::SeqCst) > 0));
        waiting("the callback", || domain.barrier());
    });
    assert_passed(&output);
}
