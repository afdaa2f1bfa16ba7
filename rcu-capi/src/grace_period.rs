//! Waiting for grace periods, and polling for them.

use std::ffi::c_int;

use rcu_core::raw;

use crate::abort::or_abort;

/// `rcu_init`: see rcu.h.
#[unsafe(no_mangle)]
pub extern "C" fn rcu_capi_init() -> c_int {
    or_abort(|| match rcu_core::init() {
        Ok(()) => 0,
        Err(error) => -std::error::Error::source(&error)
            .and_then(|source| source.downcast_ref::<std::io::Error>()?.raw_os_error())
            .unwrap_or(libc::EAGAIN),
    })
}

/// `synchronize_rcu`: see rcu.h.
#[unsafe(no_mangle)]
pub extern "C" fn rcu_capi_synchronize() {
    or_abort(|| raw::synchronize("synchronize_rcu"));
}

/// `start_poll_synchronize_rcu`: see rcu.h.
#[unsafe(no_mangle)]
pub extern "C" fn rcu_capi_start_poll() -> u64 {
    or_abort(raw::start_poll)
}

/// `poll_state_synchronize_rcu`: see rcu.h.
#[unsafe(no_mangle)]
pub extern "C" fn rcu_capi_poll(number: u64) -> bool {
    or_abort(|| raw::poll("poll_state_synchronize_rcu", number))
}

/// `cond_synchronize_rcu`: see rcu.h.
#[unsafe(no_mangle)]
pub extern "C" fn rcu_capi_cond_synchronize(number: u64) {
    or_abort(|| raw::cond_synchronize("cond_synchronize_rcu", number));
}
