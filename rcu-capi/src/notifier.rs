//! Force-RCU notifiers.

use std::cell::Cell;
use std::ffi::c_void;
use std::process;
use std::ptr::{self, NonNull};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use rcu_core::{NotifierHandle, raw};

use crate::abort::or_abort;

/// `struct rcu_notifier`: see rcu.h.
#[repr(C)]
#[derive(Debug)]
pub struct Notifier {
    notify: Option<unsafe extern "C" fn(NonNull<Notifier>, *mut c_void)>,
    registered: *mut Registered,
    /// [`mark`], while it is registered.
    mark: AtomicUsize,
}

/// What a registered notifier bears. It is the address's own: a copy of a registered one is not taken for registered.
fn mark(notifier: NonNull<Notifier>) -> usize {
    notifier.as_ptr().addr() ^ 0x3c6e_f372_a54f_f53a_u64 as usize
}

/// A notifier that is registered.
#[derive(Debug)]
struct Registered {
    handle: NotifierHandle,
    target: Arc<Target>,
}

/// C's notifier, which is called from any thread.
#[derive(Debug)]
struct Target {
    notifier: NonNull<Notifier>,
    /// The process, and how many calls are under way in it: one that was forked has none of its parent's.
    calls: AtomicU64,
    /// From now on nobody calls it.
    removed: AtomicBool,
}

// SAFETY: `rcu_capi_add_notifier` (1) and (2): it stays, and its function may be called from any thread.
unsafe impl Send for Target {}
// SAFETY: the same.
unsafe impl Sync for Target {}

thread_local! {
    /// The notifier that the thread is calling.
    static CALLING: Cell<*mut Notifier> = const { Cell::new(ptr::null_mut()) };
}

/// How many calls are counted, in this process.
const COUNT: u64 = u32::MAX as u64;

/// The count as it is in the process with this number.
fn in_process(calls: u64, process: u32) -> u64 {
    let none = u64::from(process) << 32;
    if calls & !COUNT == none { calls } else { none }
}

impl Target {
    fn new(notifier: NonNull<Notifier>) -> Self {
        Self { notifier, calls: AtomicU64::new(0), removed: AtomicBool::new(false) }
    }

    fn notify(&self) {
        let process = process::id();
        self.change_calls(|calls| in_process(calls, process) + 1);
        // SeqCst, with the change before it: whoever removes it either sees this call, or is seen by it.
        if !self.removed.load(Ordering::SeqCst) {
            self.call();
        }
        // The call may have forked, and this be the child.
        if process::id() == process {
            self.change_calls(|calls| calls - 1);
        }
    }

    fn call(&self) {
        // SAFETY: `rcu_capi_add_notifier` (1): C changes nothing of it while it is registered.
        let notify = unsafe { (*self.notifier.as_ptr()).notify };
        let Some(notify) = notify else { return };
        let outer = CALLING.replace(self.notifier.as_ptr());
        // SAFETY: `rcu_capi_add_notifier` (2).
        unsafe { notify(self.notifier, ptr::null_mut()) };
        CALLING.set(outer);
    }

    fn change_calls(&self, change: impl Fn(u64) -> u64) {
        // SeqCst: see notify and remove. The change never fails.
        let _ = self.calls.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |calls| Some(change(calls)));
    }

    /// Keeps it from being called, and waits for a call that is under way, unless that is the caller's. There rarely is one, and it does
    /// not last: no lock is worth it, which a fork might meet.
    fn remove(&self) {
        // SeqCst: see notify.
        self.removed.store(true, Ordering::SeqCst);
        let from_within = CALLING.get() == self.notifier.as_ptr();
        while !from_within && in_process(self.calls.load(Ordering::SeqCst), process::id()) & COUNT > 0 {
            thread::sleep(Duration::from_micros(100));
        }
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
        // SAFETY: (1): the place is there. It may never have been written: what is found is compared, and used for nothing else.
        let borne = unsafe { &(*notifier.as_ptr()).mark };
        // Relaxed: it is found only where it was left by a thread that this one follows.
        let found = borne.load(Ordering::Relaxed);
        assert!(found != mark(notifier), "rcu_add_force_rcu_notifier: the notifier is registered already");
        let target = Arc::new(Target::new(notifier));
        let kick = Arc::clone(&target);
        let handle = raw::on_force("rcu_add_force_rcu_notifier", move || kick.notify());
        let registered = Box::into_raw(Box::new(Registered { handle, target }));
        // SAFETY: (1).
        unsafe { (*notifier.as_ptr()).registered = registered };
        // Relaxed: as for the look.
        borne.store(mark(notifier), Ordering::Relaxed);
    });
}

/// `rcu_remove_force_rcu_notifier`: see rcu.h.
///
/// # Safety
/// 1. `notifier` may be read and written, and nobody else adds or removes it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rcu_capi_remove_notifier(notifier: NonNull<Notifier>) {
    or_abort(|| {
        // SAFETY: (1).
        let borne = unsafe { &(*notifier.as_ptr()).mark };
        // Relaxed: as for adding it.
        let found = borne.swap(0, Ordering::Relaxed);
        assert!(found == mark(notifier), "rcu_remove_force_rcu_notifier: the notifier is not registered");
        // SAFETY: (1).
        let registered = unsafe { (*notifier.as_ptr()).registered };
        // SAFETY: `rcu_capi_add_notifier` leaked it with the mark, which was there and is there no more.
        let Registered { handle, target } = *unsafe { Box::from_raw(registered) };
        handle.remove();
        target.remove();
    });
}
