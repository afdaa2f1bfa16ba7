//! seccomp filters: before the first section, after it, and after `init`.
//!
//! A filter cannot be taken back, so each of these is a process of its own. A host that refuses filters makes a test say so, past
//! the harness, which hides what passing tests print.

use std::io::{self, Write as _};
use std::process::Output;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::{hint, thread};

use libc::c_int;
use rcu_core::{Domain, RcuCell, read_lock};

use crate::child::{assert_passed, in_child};
use crate::filters::seccomp::{How, Refused, install};
use crate::keep::keep;
use crate::stress::Payload;
use crate::watchdog::{Watchdog, waiting};

// The portable mode has no use for it.
#[cfg(not(rcu_portable))]
mod membarrier;
mod seccomp;
mod sleeps;
#[cfg(all(not(rcu_portable), target_arch = "x86_64"))]
mod unknown;

const SKIPPED: &str = "skipped: ";

/// Runs `body` in a child process, and returns how that ended: none if the host refuses what it needs.
fn in_filtered_child(test: &str, body: impl FnOnce()) -> Option<Output> {
    let output = in_child(test, || {
        // Refuses nothing, so that a refusal is the host's, and no mistake in a filter of the tests.
        match install(&[]) {
            Err(error) => println!("{SKIPPED}this host refuses seccomp filters: {error}"),
            #[cfg(not(rcu_portable))]
            Ok(()) if membarrier(libc::MEMBARRIER_CMD_QUERY).is_err() => {
                println!("{SKIPPED}this host has no membarrier")
            }
            Ok(()) => body(),
        }
    });
    let stdout = String::from_utf8_lossy(&output.stdout);
    let skipped = stdout.lines().find(|line| line.starts_with(SKIPPED));
    if let Some(line) = skipped {
        writeln!(io::stderr(), "{test}: {line}").expect("stderr is open");
        return None;
    }
    Some(output)
}

/// A membarrier of the test's own, or the error number that it fails with.
fn membarrier(command: c_int) -> Result<(), Option<i32>> {
    // SAFETY: membarrier takes no pointers.
    let result = unsafe { libc::syscall(libc::SYS_membarrier, command, 0, 0) };
    if result >= 0 { Ok(()) } else { Err(io::Error::last_os_error().raw_os_error()) }
}

/// Whatever `init` does so that it need not be done later: starting threads, registering for membarrier.
fn what_init_has_done() -> [Refused; 3] {
    let refuse = |call, first_argument| Refused { call, first_argument, how: How::Errno(libc::EPERM) };
    let register = libc::MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED;
    [
        refuse(libc::SYS_clone, None),
        refuse(libc::SYS_clone3, None),
        refuse(libc::SYS_membarrier, Some(register)),
    ]
}

#[test]
fn init_before_a_filter_is_enough() {
    const TEST: &str = "filters::init_before_a_filter_is_enough";
    let _watchdog = Watchdog::new(TEST);
    let output = in_filtered_child(TEST, || {
        let domain = Domain::new();
        rcu_core::init().and_then(|()| domain.init()).expect("the callback threads start");
        // Kept, not scoped: a check that fails ends the process, whatever the readers do.
        let shared: &Shared = keep(Shared {
            cell: RcuCell::new(Payload::new()),
            registered: Barrier::new(READERS + 1),
            filtered: Barrier::new(READERS + 1),
            stop: AtomicBool::new(false),
        });
        let readers = [(); READERS].map(|()| thread::spawn(|| read(shared)));
        waiting("the readers to register", || shared.registered.wait());

        install(&what_init_has_done()).expect("the host accepts filters");
        let spawned = thread::Builder::new().spawn(|| ());
        assert_eq!(spawned.expect_err("refused").raw_os_error(), Some(libc::EPERM));
        let register = libc::MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED;
        assert_eq!(membarrier(register), Err(Some(libc::EPERM)));
        #[cfg(not(rcu_portable))]
        assert_eq!(membarrier(libc::MEMBARRIER_CMD_PRIVATE_EXPEDITED), Ok(()), "init has registered");

        shared.filtered.wait();
        waiting("grace periods and callbacks", || update(&shared.cell, &domain));
        shared.stop.store(true, Ordering::Relaxed);
        for reader in readers {
            reader.join().expect("a reader saw nothing freed");
        }
    });
    if let Some(output) = output {
        assert_passed(&output);
    }
}

const READERS: usize = 2;

/// Between the test that installs a filter and the threads that read.
struct Shared {
    cell: RcuCell<Payload>,
    registered: Barrier,
    filtered: Barrier,
    stop: AtomicBool,
}

/// A reader that registers before the filter, and reads after it.
fn read(shared: &Shared) {
    rcu_core::register_current_thread();
    shared.registered.wait();
    shared.filtered.wait();
    while !shared.stop.load(Ordering::Relaxed) {
        let section = read_lock();
        let is_alive = shared.cell.load(&section).witness();
        (0..32).for_each(|_| hint::spin_loop());
        assert!(is_alive(), "a payload was freed while a section used it");
    }
}

/// Everything that waits for readers, beside some that read.
fn update(cell: &RcuCell<Payload>, domain: &Domain) {
    const ROUNDS: usize = 1000;
    let ran = Arc::new(AtomicUsize::new(0));
    for round in 0..ROUNDS {
        drop(cell.replace(Payload::new()));
        let count = || {
            let ran = Arc::clone(&ran);
            move || {
                ran.fetch_add(1, Ordering::Relaxed);
            }
        };
        rcu_core::call(count());
        domain.call(count());
        match round % 50 {
            0 => rcu_core::synchronize(),
            1 => domain.synchronize(),
            2 => drop(cell.replace(Payload::new()).wait()),
            3 => rcu_core::barrier(),
            _ => drop(read_lock()),
        }
    }
    rcu_core::barrier();
    domain.barrier();
    assert_eq!(ran.load(Ordering::Relaxed), 2 * ROUNDS);
}
