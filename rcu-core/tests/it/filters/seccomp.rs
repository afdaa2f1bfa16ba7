//! seccomp filters: system calls that fail, for every thread of the process, from now on.

use std::io;
use std::mem::offset_of;

use libc::{c_int, c_long, sock_filter, sock_fprog};

/// A system call to refuse.
pub struct Refused {
    pub call: c_long,
    /// Only with this first argument, if any; otherwise with all.
    pub first_argument: Option<c_int>,
    /// What happens then.
    pub how: How,
}

/// How a system call is refused.
#[derive(Clone, Copy)]
#[cfg_attr(rcu_portable, expect(dead_code, reason = "a build without membarrier has fewer tests"))]
pub enum How {
    /// With this error number.
    Errno(c_int),
    /// With a SIGSYS, whose handler may say what the call returns.
    Trap,
    /// With the end of the process.
    Kill,
}

/// Installs a filter that refuses these system calls and allows all others. It holds for every thread of the process, and cannot
/// be taken back.
///
/// The architecture is not looked at: this process makes only native system calls.
pub fn install(refused: &[Refused]) -> io::Result<()> {
    let mut program: Vec<sock_filter> = refused.iter().flat_map(instructions).collect();
    program.push(statement(libc::BPF_RET | libc::BPF_K, libc::SECCOMP_RET_ALLOW));
    let len = program.len().try_into().expect("a short program");
    let program = sock_fprog { len, filter: program.as_mut_ptr() };
    // SAFETY: no pointer is passed.
    check(unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) }.into())?;
    let (mode, flags) = (libc::SECCOMP_SET_MODE_FILTER, libc::SECCOMP_FILTER_FLAG_TSYNC);
    // SAFETY: the kernel reads a program of `len` instructions, which live until after the call.
    check(unsafe { libc::syscall(libc::SYS_seccomp, mode, flags, &raw const program) })
}

/// For the seccomp call a positive result is an error too: the thread that could not be made to follow.
fn check(result: c_long) -> io::Result<()> {
    match result {
        0 => Ok(()),
        -1 => Err(io::Error::last_os_error()),
        thread => Err(io::Error::other(format!("thread {thread} has a filter of its own"))),
    }
}

/// Returns an error from the system call if it is the refused one; otherwise goes on behind these.
fn instructions(refused: &Refused) -> Vec<sock_filter> {
    // Of the argument's 64 bits, the low word.
    let argument = offset_of!(libc::seccomp_data, args) + if cfg!(target_endian = "big") { 4 } else { 0 };
    let number = refused.call.try_into().expect("system calls have small numbers");
    let mut conditions = vec![(offset_of!(libc::seccomp_data, nr), number)];
    conditions.extend(refused.first_argument.map(|first| (argument, first as u32)));

    let action = match refused.how {
        How::Errno(errno) => libc::SECCOMP_RET_ERRNO | errno as u32,
        How::Trap => libc::SECCOMP_RET_TRAP,
        How::Kill => libc::SECCOMP_RET_KILL_PROCESS,
    };
    let mut program = vec![statement(libc::BPF_RET | libc::BPF_K, action)];
    // From the last to the first, because each jumps over all that follows it.
    for (offset, expected) in conditions.into_iter().rev() {
        let behind = program.len().try_into().expect("a few instructions");
        let load = statement(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, offset as u32);
        let compare = statement(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, expected);
        program.splice(..0, [load, sock_filter { jf: behind, ..compare }]);
    }
    program
}

/// An instruction that does not jump.
fn statement(code: u32, k: u32) -> sock_filter {
    sock_filter { code: code.try_into().expect("codes have 16 bits"), jt: 0, jf: 0, k }
}
