//! Force-RCU notifiers.

use std::cell::Cell;
use std::ffi::c_void;
use std::mem;
use std::process;
use std::ptr::{self, NonNull};
use std::sync::atomic::{Ordering, fence};
use std::sync::{Arc, Weak};
use std::thread;
use std::time::Duration;

use rcu_core::{NotifierHandle, raw};

use crate::abort::or_abort;

/// `struct rcu_notifier`: see rcu.h.
#[repr(C)]
#[derive(Debug)]
pub struct Notifier {
    notify: Option<unsafe extern "C" fn(NonNull<Notifier>, *mut c_void)>,
    /// Null while it is not registered.
    registered: *mut Registered,
}

/// A notifier that is registered.
#[derive(Debug)]
struct Registered {
    handle: NotifierHandle,
    /// There for as long as a call of it may come or is under way.
    target: Weak<Target>,
    /// A process that was forked later does not have the threads that may be in a call.
    process: u32,
}

/// The address of C's notifier, which is called from any thread.
#[derive(Debug)]
struct Target(NonNull<Notifier>);

// SAFETY: `rcu_capi_add_notifier` (1) and (2): it stays, and its function may be called from any thread.
unsafe impl Send for Target {}
// SAFETY: the same.
unsafe impl Sync for Target {}

thread_local! {
    /// The notifier that the thread is calling.
    static CALLING: Cell<*mut Notifier> = const { Cell::new(ptr::null_mut()) };
}

impl Target {
    fn notify(&self) {
        // SAFETY: `rcu_capi_add_notifier` (1): C changes nothing of it while it is registered.
        let notify = unsafe { (*self.0.as_ptr()).notify };
        let Some(notify) = notify else { return };
        let outer = CALLING.replace(self.0.as_ptr());
        // SAFETY: `rcu_capi_add_notifier` (2).
        unsafe { notify(self.0, ptr::null_mut()) };
        CALLING.set(outer);
    }
}

/// `rcu_add_force_rcu_notifier`: see rcu.h.
///
/// # Safety
/// 1. `notifier` is valid, and stays so unchanged, until it has been removed.
/// 2. Its function may be called with it from any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rcu_capi_add_notifier(notifier: NonNull<Notifier>) {
    or_abort(|| {
        let target = Arc::new(Target(notifier));
        let (weak, process) = (Arc::downgrade(&target), process::id());
        let handle = raw::on_force("rcu_add_force_rcu_notifier", move || target.notify());
        let registered = Box::into_raw(Box::new(Registered { handle, target: weak, process }));
        // SAFETY: (1).
        unsafe { (*notifier.as_ptr()).registered = registered };
    });
}

/// `rcu_remove_force_rcu_notifier`: see rcu.h.
///
/// # Safety
/// 1. `notifier` was added or is zeroed, and nobody else removes it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rcu_capi_remove_notifier(notifier: NonNull<Notifier>) {
    or_abort(|| {
        // SAFETY: (1).
        let registered = unsafe { &mut (*notifier.as_ptr()).registered };
        let registered = mem::replace(registered, ptr::null_mut());
        assert!(!registered.is_null(), "rcu_remove_force_rcu_notifier: the notifier is not registered");
        // SAFETY: (1): `rcu_capi_add_notifier` leaked it, and it is taken back once.
        let Registered { handle, target, process } = *unsafe { Box::from_raw(registered) };
        handle.remove();
        let from_within = CALLING.get() == notifier.as_ptr();
        if !from_within && process == process::id() {
            wait_until_dropped(&target);
        }
    });
}

/// Waits for a call that is under way. There rarely is one, and it does not last: no lock is worth it, which a fork might meet.
fn wait_until_dropped(target: &Weak<Target>) {
    while target.strong_count() > 0 {
        thread::sleep(Duration::from_micros(100));
    }
    // Acquire: pairs with the drop of the last reference, after the call.
    fence(Ordering::Acquire);
}
