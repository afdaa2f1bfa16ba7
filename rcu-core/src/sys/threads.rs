//! Threads, as the operating system knows them: for reports about them.

/// The calling thread's number, or 0 where the host does not say.
#[cfg(target_os = "linux")]
pub fn thread_id() -> u32 {
    // SAFETY: gettid takes nothing and does not fail.
    unsafe { libc::gettid() as u32 }
}

/// The name of a thread of this process, unless it is gone.
#[cfg(target_os = "linux")]
pub fn thread_name(id: u32) -> Option<String> {
    let name = std::fs::read_to_string(format!("/proc/self/task/{id}/comm")).ok()?;
    Some(name.trim_end().to_owned())
}

/// The calling thread's number, or 0 where the host does not say.
#[cfg(not(target_os = "linux"))]
pub fn thread_id() -> u32 {
    0
}

/// The name of a thread of this process: this host does not say.
#[cfg(not(target_os = "linux"))]
pub fn thread_name(_: u32) -> Option<String> {
    None
}
