//! What has been done so far, as numbers.

use std::ffi::c_int;
use std::ptr;

use crate::abort::or_abort;

/// `struct rcu_stats`: see rcu.h. New numbers come at the end.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Stats {
    version: u32,
    size: u32,
    grace_periods: u64,
    heavy_fences: u64,
    callbacks_queued: u64,
    callbacks_run: u64,
    callbacks_pending: u64,
    callbacks_peak: u64,
    calls_paced: u64,
    wakeups: u64,
    stalls: u64,
    readers: u64,
}

/// Which numbers there are.
const VERSION: u32 = 1;

/// `rcu_get_stats`: see rcu.h.
///
/// # Safety
/// 1. `stats` is valid and may be written, for as many bytes as its size says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rcu_capi_get_stats(stats: *mut Stats) -> c_int {
    or_abort(|| {
        // SAFETY: (1): version and size are the first fields of every version.
        let size = unsafe { (*stats).size };
        if (size as usize) < size_of::<u64>() {
            return -libc::EINVAL;
        }
        let size = size.min(size_of::<Stats>() as u32);
        let now = rcu_core::stats();
        let numbers = Stats {
            version: VERSION,
            size,
            grace_periods: now.grace_periods,
            heavy_fences: now.heavy_fences,
            callbacks_queued: now.callbacks_queued,
            callbacks_run: now.callbacks_run,
            callbacks_pending: now.callbacks_pending,
            callbacks_peak: now.callbacks_peak,
            calls_paced: now.calls_paced,
            wakeups: now.wakeups,
            stalls: now.stalls,
            readers: now.readers as u64,
        };
        // SAFETY: (1): at most as many bytes as the caller has, and as there are.
        unsafe { ptr::copy_nonoverlapping((&raw const numbers).cast::<u8>(), stats.cast(), size as usize) };
        0
    })
}
