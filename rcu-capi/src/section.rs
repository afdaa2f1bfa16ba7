//! Read-side critical sections: what the inlined readers of rcu.h share with rcu-core, and what they call when something is rare.

use std::ptr::NonNull;

use rcu_core::raw;
use static_assertions::const_assert_eq;

use crate::abort::or_abort;
use crate::thread::see_to_registration;

/// The layout as the header says it. `rcu_capi_layout` is how the two are compared: by the tests, and by whoever loads the library.
#[repr(C)]
#[derive(Debug)]
pub struct Layout {
    version: u32,
    reader_size: u32,
    word: u32,
    waiting: u32,
    nest: u64,
    slow: u64,
    head_size: u32,
    fence_is_full: u32,
}

// What rcu.h says: one that changes here changes there, and so does the version in the names of the symbols.
const_assert_eq!(raw::WORD, 0);
const_assert_eq!(raw::WAITING, 8);
const_assert_eq!(raw::NEST, 0x7fff);
const_assert_eq!(raw::SLOW, 0x8000);

/// See [`Layout`].
#[unsafe(no_mangle)]
pub static rcu_capi_layout: Layout = Layout {
    version: 1,
    reader_size: size_of::<raw::Reader>() as u32,
    word: raw::WORD as u32,
    waiting: raw::WAITING as u32,
    nest: raw::NEST,
    slow: raw::SLOW,
    head_size: size_of::<crate::callback::RcuHead>() as u32,
    fence_is_full: raw::LIGHT_FENCE_IS_FULL as u32,
};

/// What a thread that has not read yet takes for its record. The name says which fence an inlined reader passes.
#[cfg_attr(any(not(target_os = "linux"), rcu_portable), unsafe(export_name = "rcu_capi_nobody_full_v1"))]
#[cfg_attr(not(any(not(target_os = "linux"), rcu_portable)), unsafe(export_name = "rcu_capi_nobody_v1"))]
pub static NOBODY: raw::Reader = raw::Reader::nobody();

/// Where the grace-period counter is.
#[unsafe(no_mangle)]
pub static rcu_capi_counter_v1: raw::Counter = raw::counter();

/// Enters or nests for an inlined `rcu_read_lock`, and returns the thread's record.
#[unsafe(no_mangle)]
pub extern "C" fn rcu_capi_read_lock_slow_v1() -> NonNull<raw::Reader> {
    or_abort(|| {
        see_to_registration("rcu_read_lock");
        raw::lock();
        raw::reader()
    })
}

/// Leaves or un-nests for an inlined `rcu_read_unlock`.
///
/// # Safety
/// 1. If the thread is inside a section, this is the one unlock for its innermost lock, and that was C's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rcu_capi_read_unlock_slow_v1() {
    or_abort(|| {
        // SAFETY: (1).
        let was_inside = unsafe { raw::unlock() };
        assert!(
            was_inside,
            "rcu_read_unlock called outside a read-side critical section: rcu_read_lock is missing"
        );
    });
}

/// Wakes who waits for the section that an inlined `rcu_read_unlock` has ended.
#[unsafe(no_mangle)]
pub extern "C" fn rcu_capi_wake_v1() {
    or_abort(raw::wake);
}

/// `rcu_read_ongoing`: see rcu.h.
#[unsafe(no_mangle)]
pub extern "C" fn rcu_capi_read_ongoing() -> bool {
    rcu_core::read_ongoing()
}
