//! Threads as readers: registered by themselves in their first section, or by `rcu_register_thread` only; and what must not be open when
//! one ends.

use std::cell::Cell;
use std::ffi::c_void;
use std::sync::atomic::{AtomicBool, Ordering};

use rcu_core::raw;

use crate::abort::or_abort;
use crate::sys::at_thread_end;

/// Whether a thread is registered by its first section.
static AUTOMATIC: AtomicBool = AtomicBool::new(true);

thread_local! {
    /// Whether `rcu_register_thread` was called, and `rcu_unregister_thread` not yet. No destructor: it is readable until the thread is gone.
    static BY_CALL: Cell<bool> = const { Cell::new(false) };
    /// Whether the end of the thread is watched.
    static WATCHED: Cell<bool> = const { Cell::new(false) };
}

/// Registers the calling thread, which is about to enter a section by `call`, unless it is or may not be.
///
/// # Panics
/// If it is not registered, and nobody but `rcu_register_thread` may do that.
pub fn see_to_registration(call: &str) {
    if !raw::is_registered() {
        // Relaxed: a setting.
        let automatic = AUTOMATIC.load(Ordering::Relaxed);
        assert!(automatic, "{call}: the thread is not registered; call rcu_register_thread first");
    }
    watch_end();
}

/// Has the end of the calling thread looked at.
fn watch_end() {
    if !WATCHED.replace(true) {
        at_thread_end(thread_ends);
    }
}

extern "C" fn thread_ends(_: *mut c_void) {
    WATCHED.set(false);
    or_abort(|| {
        assert!(
            !rcu_core::read_ongoing(),
            "a thread ends inside a read-side critical section: rcu_read_unlock is missing"
        );
    });
}

/// `rcu_set_auto_register`: see rcu.h.
#[unsafe(no_mangle)]
pub extern "C" fn rcu_capi_set_auto_register(automatic: bool) {
    // Relaxed: a setting.
    AUTOMATIC.store(automatic, Ordering::Relaxed);
}

/// `rcu_register_thread`: see rcu.h.
#[unsafe(no_mangle)]
pub extern "C" fn rcu_capi_register_thread() {
    or_abort(|| {
        assert!(!BY_CALL.replace(true), "rcu_register_thread: the thread is registered already");
        raw::register("rcu_register_thread");
        watch_end();
    });
}

/// `rcu_unregister_thread`: see rcu.h.
#[unsafe(no_mangle)]
pub extern "C" fn rcu_capi_unregister_thread() {
    or_abort(|| {
        assert!(
            BY_CALL.replace(false),
            "rcu_unregister_thread: the thread was not registered by rcu_register_thread"
        );
        raw::unregister("rcu_unregister_thread");
    });
}
