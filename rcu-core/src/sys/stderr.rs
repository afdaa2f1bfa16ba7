//! Standard error, without the lock of std's: a thread that a fork left behind may hold that for ever.

/// Writes a line to standard error. That it may be closed changes nothing.
#[cfg(unix)]
pub fn write_error(line: &str) {
    // One call: lines of several threads do not mix. What a short write leaves out has nobody to miss it.
    // SAFETY: the bytes are borrowed for the whole call, and the kernel only reads them.
    unsafe { libc::write(libc::STDERR_FILENO, line.as_ptr().cast(), line.len()) };
}

/// Writes a line to standard error. That it may be closed changes nothing.
#[cfg(not(unix))]
pub fn write_error(line: &str) {
    use std::io::Write;
    let _ = std::io::stderr().write_all(line.as_bytes());
}
