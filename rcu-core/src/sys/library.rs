//! The library that holds this code.

/// Keeps the library that holds this code in memory for the rest of the process: a thread of its own runs in it.
#[cfg(unix)]
pub fn pin_library() {
    use std::mem::MaybeUninit;

    let mut info = MaybeUninit::<libc::Dl_info>::uninit();
    // SAFETY: dladdr only compares the address, and writes `info`.
    let found = unsafe { libc::dladdr(pin_library as *const libc::c_void, info.as_mut_ptr()) };
    if found == 0 {
        return;
    }
    // SAFETY: dladdr returned non-zero, so it has filled `info` in.
    let info = unsafe { info.assume_init() };
    let flags = libc::RTLD_LAZY | libc::RTLD_NOLOAD | libc::RTLD_NODELETE;
    // An executable is not found by its name: it needs no pin.
    // SAFETY: the name is a string of the dynamic linker's, which is loaded already: no code of it is run.
    unsafe { libc::dlopen(info.dli_fname, flags) };
}

/// Keeps the library that holds this code in memory: left to the application on this host.
#[cfg(not(unix))]
pub fn pin_library() {}
