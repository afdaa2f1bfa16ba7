//! `QuiescentReader`: always inside, except offline.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use rcu_core::{Domain, Fences, RcuCell, RcuOption};

use crate::keep::keep;
use crate::watchdog::{Watchdog, until, waiting};

const A_WHILE: Duration = Duration::from_millis(30);

fn domains() -> [Domain; 2] {
    [Domain::new(), Domain::builder().fences(Fences::SeqCst).build()]
}

/// Runs `pass` on the main thread while another waits for a grace period, which must not end before.
fn lets_a_grace_period_end(domain: &Domain, pass: impl FnOnce()) {
    let over = AtomicBool::new(false);
    thread::scope(|s| {
        s.spawn(|| {
            waiting("the quiescent reader", || domain.synchronize());
            over.store(true, Ordering::SeqCst);
        });
        thread::sleep(A_WHILE);
        assert!(!over.load(Ordering::SeqCst), "the reader is inside");
        pass();
        until("the grace period", || over.load(Ordering::SeqCst));
    });
}

#[test]
fn quiescent_state_lets_a_grace_period_end() {
    let _watchdog = Watchdog::new("quiescent_state_lets_a_grace_period_end");
    for domain in domains() {
        let mut cpu = domain.reader().into_quiescent();
        lets_a_grace_period_end(&domain, || cpu.quiescent());
        lets_a_grace_period_end(&domain, || cpu.quiescent());
    }
}

#[test]
fn reader_that_ends_or_turns_back_lets_a_grace_period_end() {
    let _watchdog = Watchdog::new("reader_that_ends_or_turns_back_lets_a_grace_period_end");
    for domain in domains() {
        let cpu = domain.reader().into_quiescent();
        lets_a_grace_period_end(&domain, || drop(cpu));
        let cpu = domain.reader().into_quiescent();
        let mut reader = None;
        lets_a_grace_period_end(&domain, || reader = Some(cpu.into_reader()));
        let reader = reader.expect("it turned back");
        assert!(!reader.read_ongoing());
        let section = reader.read_lock();
        lets_a_grace_period_end(&domain, || drop(section));
    }
}

#[test]
fn offline_reader_does_not_delay_a_grace_period() {
    let _watchdog = Watchdog::new("offline_reader_does_not_delay_a_grace_period");
    for domain in domains() {
        let mut cpu = domain.reader().into_quiescent();
        cpu.offline(|| waiting("nobody", || domain.synchronize()));
        lets_a_grace_period_end(&domain, || cpu.quiescent());
    }
}

#[test]
fn reader_goes_online_again_when_offline_unwinds() {
    let _watchdog = Watchdog::new("reader_goes_online_again_when_offline_unwinds");
    for domain in domains() {
        let mut cpu = domain.reader().into_quiescent();
        let unwound = catch_unwind(AssertUnwindSafe(|| cpu.offline(|| panic!("on purpose"))));
        assert!(unwound.is_err());
        lets_a_grace_period_end(&domain, || cpu.quiescent());
    }
}

#[test]
fn waiting_while_online_panics() {
    let domain = Domain::new();
    let mut cpu = domain.reader().into_quiescent();
    let refused = catch_unwind(AssertUnwindSafe(|| domain.synchronize())).expect_err("online");
    let message = refused.downcast_ref::<String>().expect("a message");
    assert!(message.starts_with("Domain::synchronize called from a read-side critical section"), "{message}");
    cpu.offline(|| domain.synchronize());
}

#[test]
fn reader_that_leaked_a_guard_does_not_become_quiescent() {
    // Its section never ends, so neither does its record.
    let domain = keep(Domain::new());
    let reader = domain.reader();
    std::mem::forget(reader.read_lock());
    let refused = catch_unwind(AssertUnwindSafe(|| reader.into_quiescent())).expect_err("a leaked guard");
    let message = refused.downcast_ref::<String>().expect("a message");
    assert!(message.starts_with("Reader::into_quiescent called after a guard"), "{message}");
    assert_eq!(domain.stats().readers, 1, "its section never ends");
}

#[test]
fn section_of_another_instance_is_refused() {
    let (one, other) = (Domain::new(), Domain::new());
    let cell = RcuCell::new_in(&one, 1);
    let cpu = other.reader().into_quiescent();
    assert!(catch_unwind(AssertUnwindSafe(|| *cell.load(&cpu))).is_err());
}

#[test]
fn kick_of_a_reader_stays_with_it() {
    let _watchdog = Watchdog::new("kick_of_a_reader_stays_with_it");
    let domain = Domain::new();
    let mut reader = domain.reader();
    let kicked = Arc::new(AtomicBool::new(false));
    let kick = Arc::clone(&kicked);
    let _kick = reader.on_force(move || kick.store(true, Ordering::SeqCst));
    let mut cpu = reader.into_quiescent();
    thread::scope(|s| {
        s.spawn(|| waiting("the kicked reader", || domain.synchronize()));
        until("the kick", || kicked.load(Ordering::SeqCst));
        cpu.quiescent();
    });
}

#[test]
fn grace_period_passes_no_heavy_fence_while_every_other_reader_is_away() {
    let _watchdog = Watchdog::new("grace_period_passes_no_heavy_fence_while_every_other_reader_is_away");
    let domain = Domain::new();
    let heavy = |f: &mut dyn FnMut()| {
        let before = domain.stats().heavy_fences;
        f();
        domain.stats().heavy_fences - before
    };
    assert_eq!(heavy(&mut || domain.synchronize()), 0, "no reader is registered");
    let mut reader = domain.reader();
    assert_eq!(heavy(&mut || reader.synchronize()), 0, "the only reader is the caller's own");
    assert_eq!(heavy(&mut || domain.synchronize()), 1, "a registered reader outside is online");
    let mut cpu = reader.into_quiescent();
    cpu.offline(|| assert_eq!(heavy(&mut || domain.synchronize()), 0, "the only reader is offline"));
    let reader = cpu.into_reader();
    assert_eq!(heavy(&mut || domain.synchronize()), 1, "it is online again");
    drop(reader);
    assert_eq!(heavy(&mut || domain.synchronize()), 0, "it is unregistered");
}

/// Readers that come and go online, quiescent or offline at random, against an updater that frees.
#[test]
fn value_is_intact_until_quiescent_readers_have_passed() {
    let _watchdog = Watchdog::new("value_is_intact_until_quiescent_readers_have_passed");
    const UPDATES: u32 = 3_000;
    for domain in domains() {
        let cell = RcuOption::<AtomicU32, Domain>::none_in(&domain);
        drop(cell.swap(Some(AtomicU32::new(1).into())));
        let done = AtomicBool::new(false);
        thread::scope(|s| {
            for seed in 1..3_u32 {
                let (reader, cell, done) = (domain.reader(), &cell, &done);
                s.spawn(move || {
                    let mut cpu = reader.into_quiescent();
                    let mut random = seed;
                    while !done.load(Ordering::Relaxed) {
                        let value = cell.load(&cpu).expect("never none");
                        assert_eq!(
                            value.load(Ordering::Relaxed),
                            1,
                            "a reader holds a value that was given up"
                        );
                        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                        match random >> 29 {
                            0 => cpu.offline(thread::yield_now),
                            1 => (),
                            2 => cpu = cpu.into_reader().into_quiescent(),
                            _ => cpu.quiescent(),
                        }
                    }
                });
            }
            for _ in 0..UPDATES {
                let old = cell.swap(Some(AtomicU32::new(1).into())).expect("never none");
                waiting("the readers", || domain.synchronize());
                old.store(0, Ordering::Relaxed);
            }
            done.store(true, Ordering::Relaxed);
        });
    }
}
