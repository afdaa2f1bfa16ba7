//! A kernel that does not know of a process that registered for membarrier.
//!
//! It copies its own notes of a process before the memory: a child that is forked while another thread registers may have the memory of
//! a process that has, and the notes of one that has not. Here a handler plays that kernel: every membarrier call ends in a signal, and the
//! handler says what it returns. The register that it says it in is the processor's: other processors run without this test.

use std::mem::{self, MaybeUninit};
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use libc::{c_int, c_void, siginfo_t, ucontext_t};
use rcu_core::read_lock;

use super::in_filtered_child;
use super::membarrier::have_a_reader_that_stays;
use super::seccomp::{How, Refused, install};
use crate::child::assert_passed;
use crate::watchdog::{Watchdog, waiting};

/// Whether the kernel of this test knows of the process.
static KNOWN: AtomicBool = AtomicBool::new(false);
static REGISTRATIONS: AtomicU32 = AtomicU32::new(0);
static REFUSALS: AtomicU32 = AtomicU32::new(0);
static FENCES: AtomicU32 = AtomicU32::new(0);

/// What the call returns: 0, or a negated error number.
fn membarrier(command: c_int) -> c_int {
    match command {
        libc::MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED => {
            REGISTRATIONS.fetch_add(1, Ordering::SeqCst);
            KNOWN.store(true, Ordering::SeqCst);
            0
        }
        // Readers of this test do not run, and need no fence.
        libc::MEMBARRIER_CMD_PRIVATE_EXPEDITED if KNOWN.load(Ordering::SeqCst) => {
            FENCES.fetch_add(1, Ordering::SeqCst);
            0
        }
        libc::MEMBARRIER_CMD_PRIVATE_EXPEDITED => {
            REFUSALS.fetch_add(1, Ordering::SeqCst);
            -libc::EPERM
        }
        _ => -libc::EINVAL,
    }
}

extern "C" fn answer(_: c_int, _: *mut siginfo_t, context: *mut c_void) {
    // SAFETY: the kernel hands a handler that asked for it the state of the thread, which is the handler's until it returns.
    let registers = unsafe { &mut (*context.cast::<ucontext_t>()).uc_mcontext.gregs };
    let command = registers[libc::REG_RDI as usize];
    registers[libc::REG_RAX as usize] = membarrier(command as c_int).into();
}

/// Has every membarrier call of the process answered by [`membarrier`].
fn play_the_kernel() {
    // SAFETY: all zeros is a valid value.
    let mut action: libc::sigaction = unsafe { mem::zeroed() };
    action.sa_sigaction = answer as *const () as usize;
    action.sa_flags = libc::SA_SIGINFO;
    let mut old = MaybeUninit::uninit();
    // SAFETY: the action is initialised, `old` may be written, and the handler touches atomics and its own frame only.
    assert_eq!(unsafe { libc::sigaction(libc::SIGSYS, ptr::from_ref(&action), old.as_mut_ptr()) }, 0);
    let trap = Refused { call: libc::SYS_membarrier, first_argument: None, how: How::Trap };
    install(&[trap]).expect("the host accepts filters");
}

#[test]
fn child_whose_kernel_does_not_know_of_it_registers_again() {
    const TEST: &str = "filters::unknown::child_whose_kernel_does_not_know_of_it_registers_again";
    let _watchdog = Watchdog::new(TEST);
    let output = in_filtered_child(TEST, || {
        play_the_kernel();
        drop(read_lock());
        assert_eq!(REGISTRATIONS.load(Ordering::SeqCst), 1, "before the first section");
        have_a_reader_that_stays();
        // What a child finds that was forked too early for its kernel.
        KNOWN.store(false, Ordering::SeqCst);
        waiting("a grace period", rcu_core::synchronize);
        let counts = [&REFUSALS, &REGISTRATIONS].map(|count| count.load(Ordering::SeqCst));
        assert_eq!(counts, [1, 2], "one fence is refused, and registered for");
        assert!(FENCES.load(Ordering::SeqCst) >= 1, "and passed then");
    });
    if let Some(output) = output {
        assert_passed(&output);
    }
}
