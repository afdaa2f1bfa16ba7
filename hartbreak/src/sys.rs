//! What is asked of the operating system beside threads, files and sockets.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// How long the calling thread has run on a processor (`CLOCK_THREAD_CPUTIME_ID`). A system call.
pub fn thread_cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    // The clock starts at zero and only goes on.
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec.unsigned_abs() as u32)
}
