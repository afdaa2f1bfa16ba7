//! A filter that refuses to sleep for a time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use rcu_core::{Domain, Reader};

use super::in_filtered_child;
use super::seccomp::{How, Refused, install};
use crate::child::assert_passed;
use crate::watchdog::{Watchdog, until, waiting};

fn refuse(call: libc::c_long) -> Refused {
    Refused { call, first_argument: None, how: How::Errno(libc::EPERM) }
}

/// Sections that follow one another at once, until told to stop.
fn be_busy(reader: Reader<Domain>, stop: &AtomicBool) {
    while !stop.load(Ordering::Relaxed) {
        let _section = reader.read_lock();
        (0..1000).for_each(|_| std::hint::spin_loop());
    }
}

/// Who waits for a reader is woken by it: nobody sleeps for a fixed time and looks again, with busy readers or with lone callbacks.
#[test]
fn nobody_sleeps_for_a_fixed_time_when_a_grace_period_meets_a_busy_reader() {
    const TEST: &str =
        "filters::sleeps::nobody_sleeps_for_a_fixed_time_when_a_grace_period_meets_a_busy_reader";
    let _watchdog = Watchdog::new(TEST);
    let output = in_filtered_child(TEST, || {
        let domain = Domain::new();
        let [busy, slow] = [domain.reader(), domain.reader()];
        install(&[refuse(libc::SYS_nanosleep), refuse(libc::SYS_clock_nanosleep)])
            .expect("the host accepts filters");
        let slept = thread::spawn(|| thread::sleep(Duration::from_millis(1)));
        slept.join().expect_err("refused");
        let (stop, ran) = (AtomicBool::new(false), Arc::new(AtomicU32::new(0)));
        thread::scope(|s| {
            let stop = &stop;
            s.spawn(move || be_busy(busy, stop));
            for round in 1..=50 {
                waiting("the busy reader", || domain.synchronize());
                // Long enough for the callback thread to have gone to sleep.
                let section = slow.read_lock();
                let callback = Arc::clone(&ran);
                domain.call(move || {
                    callback.fetch_add(1, Ordering::SeqCst);
                });
                (0..100).for_each(|_| thread::yield_now());
                drop(section);
                until("a lone callback", || ran.load(Ordering::SeqCst) == round);
            }
            waiting("the busy reader", || domain.barrier());
            stop.store(true, Ordering::Relaxed);
        });
        assert_eq!(domain.stats().callbacks_panicked, 0);
    });
    if let Some(output) = output {
        assert_passed(&output);
    }
}
