//! membarrier(2) and futex(2).

use std::io;
use std::marker::PhantomData;
use std::ptr;
use std::time::Duration;

use crate::sync::AtomicU32;

fn membarrier_command(command: libc::c_int) -> io::Result<()> {
    // SAFETY: membarrier takes no pointers; an unknown command is an error, not undefined behaviour.
    let result = unsafe { libc::syscall(libc::SYS_membarrier, command, 0, 0) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Registers the process for [`membarrier`]. An error means that the kernel has none, or that a filter hides it.
pub fn register_membarrier() -> io::Result<()> {
    membarrier_command(libc::MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED)
}

/// A full fence on every running thread of the process: each is ordered at whatever point it has reached.
pub fn membarrier() -> io::Result<()> {
    membarrier_command(libc::MEMBARRIER_CMD_PRIVATE_EXPEDITED)
}

/// A word on which threads sleep until it changes.
#[derive(Debug)]
pub struct Futex {
    /// The word. Its meaning is the caller's.
    pub value: AtomicU32,
}

impl Futex {
    pub const fn new(value: u32) -> Self {
        Self { value: AtomicU32::new(value) }
    }

    /// Sleeps while the word is `expected`, for at most `timeout`, until [`wake`](Self::wake). May return early.
    pub fn wait(&self, expected: u32, timeout: Option<Duration>) {
        let timeout = timeout.map(|timeout| libc::timespec {
            tv_sec: timeout.as_secs().try_into().unwrap_or(libc::time_t::MAX),
            tv_nsec: timeout.subsec_nanos() as _,
        });
        let timeout = timeout.as_ref().map_or(ptr::null(), ptr::from_ref);
        let op = libc::FUTEX_WAIT | libc::FUTEX_PRIVATE_FLAG;
        // SAFETY: the word and the time-out, null or not, are borrowed for the whole call, and the kernel only reads.
        // A time-out, a signal and a changed word are all early returns, which the caller expects.
        unsafe { libc::syscall(libc::SYS_futex, self.value.as_ptr(), op, expected, timeout) };
    }

    /// Wakes every sleeper.
    pub fn wake(&self) {
        let op = libc::FUTEX_WAKE | libc::FUTEX_PRIVATE_FLAG;
        // SAFETY: the kernel uses the address as a key and does not follow it.
        unsafe { libc::syscall(libc::SYS_futex, self.value.as_ptr(), op, libc::c_int::MAX) };
    }

    /// Keeps the word's own lock from being held, for a fork: there is none.
    pub fn freeze(&self) -> Frozen<'_> {
        Frozen(PhantomData)
    }
}

/// See [`Futex::freeze`].
#[derive(Debug)]
pub struct Frozen<'a>(PhantomData<&'a Futex>);
