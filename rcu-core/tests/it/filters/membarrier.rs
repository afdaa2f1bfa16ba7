//! Filters that refuse membarrier: before the first section, and after it.

use std::sync::mpsc::channel;
use std::thread;

use rcu_core::{Domain, Fences, RcuCell, read_lock};

use super::seccomp::{How, Refused, install};
use super::{in_filtered_child, membarrier};
use crate::child::{assert_aborted, assert_passed};
use crate::stress::{stress_default_domain, stress_domain};
use crate::watchdog::{Watchdog, waiting};

fn no_membarrier(how: How) -> Refused {
    Refused { call: libc::SYS_membarrier, first_argument: None, how }
}

/// A grace period that has to sleep: its reader leaves when it is kicked, which comes after the fence.
fn stay_until_kicked() {
    let (entered, inside) = channel();
    let reader = thread::spawn(move || {
        let (kick, kicked) = channel();
        // A second kick may find nobody.
        let _notifier = rcu_core::on_force(move || {
            let _ = kick.send(());
        });
        let section = read_lock();
        entered.send(()).expect("the updater waits");
        waiting("the kick", || kicked.recv()).expect("the notifier is there");
        drop(section);
    });
    waiting("the reader", || inside.recv()).expect("it enters");
    rcu_core::synchronize();
    reader.join().expect("the reader does not panic");
}

/// Registers a thread that stays outside of any section: a grace period has to reckon with its running light.
pub fn have_a_reader_that_stays() {
    let (send, registered) = channel();
    thread::spawn(move || {
        rcu_core::register_current_thread();
        send.send(()).expect("the test waits");
        loop {
            thread::park();
        }
    });
    waiting("a reader to register", || registered.recv()).expect("it registers");
}

#[test]
fn host_without_membarrier_uses_full_fences_at_run_time() {
    const TEST: &str = "filters::membarrier::host_without_membarrier_uses_full_fences_at_run_time";
    let _watchdog = Watchdog::new(TEST);
    let output = in_filtered_child(TEST, || {
        install(&[no_membarrier(How::Errno(libc::ENOSYS))]).expect("the host accepts filters");
        let register = libc::MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED;
        assert_eq!(membarrier(register), Err(Some(libc::ENOSYS)), "a host without membarrier");
        // Were membarrier relied on, its failure would abort.
        stress_default_domain();
        stress_domain(Fences::Auto);
        let cell = RcuCell::new(1);
        assert_eq!(cell.replace(2).wait(), 1);
        let before = rcu_core::stats().heavy_fences;
        stay_until_kicked();
        assert!(rcu_core::stats().heavy_fences > before, "it passed a fence before it slept");
    });
    if let Some(output) = output {
        assert_passed(&output);
    }
}

#[test]
fn filter_installed_after_the_first_section_aborts_with_a_message_that_names_cause_and_cure() {
    const TEST: &str = "filters::membarrier::filter_installed_after_the_first_section_aborts_with_a_message_that_names_cause_and_cure";
    let _watchdog = Watchdog::new(TEST);
    let output = in_filtered_child(TEST, || {
        drop(read_lock());
        install(&[no_membarrier(How::Errno(libc::EPERM))]).expect("the host accepts filters");
        have_a_reader_that_stays();
        rcu_core::synchronize();
    });
    if let Some(output) = output {
        assert_aborted(
            &output,
            "membarrier failed after readers began to rely on it: Operation not permitted",
        );
        assert_aborted(&output, "A seccomp filter installed later does this");
        assert_aborted(
            &output,
            "call init() before it and allow membarrier, or build the domain with Fences::SeqCst",
        );
    }
}

#[test]
fn fork_of_a_process_of_full_fences_makes_no_membarrier_call() {
    const TEST: &str = "filters::membarrier::fork_of_a_process_of_full_fences_makes_no_membarrier_call";
    let _watchdog = Watchdog::new(TEST);
    let output = in_filtered_child(TEST, || {
        install(&[no_membarrier(How::Kill)]).expect("the host accepts filters");
        let domain = Domain::builder().fences(Fences::SeqCst).build();
        let reader = domain.reader();
        drop(reader.read_lock());
        domain.call(|| ());
        domain.barrier();
        // SAFETY: the child ends by `_exit`.
        let child = unsafe { libc::fork() };
        domain.call(|| ());
        domain.barrier();
        drop(reader.read_lock());
        if child == 0 {
            // SAFETY: ends the process.
            unsafe { libc::_exit(0) };
        }
        let mut status = 1;
        // SAFETY: `status` may be written.
        assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
        assert_eq!(status, 0, "the child ended well");
    });
    if let Some(output) = output {
        assert_passed(&output);
    }
}
