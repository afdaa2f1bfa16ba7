//! What an emulator is told, and the lock that it wants held around its callbacks.

use std::cell::Cell;
use std::ffi::{CString, c_char, c_int, c_void};
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

use rcu_core::Stall;

use crate::abort::or_abort;

/// `struct rcu_hooks`: see rcu.h.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Hooks {
    size: usize,
    data: *mut c_void,
    lock: Option<unsafe extern "C" fn(*mut c_void)>,
    unlock: Option<unsafe extern "C" fn(*mut c_void)>,
    is_locked: Option<unsafe extern "C" fn(*mut c_void) -> bool>,
    thread_started: Option<unsafe extern "C" fn(*mut c_void)>,
    stalled: Option<unsafe extern "C" fn(*mut c_void, *const c_char)>,
    pressure: Option<unsafe extern "C" fn(*mut c_void, u64)>,
    pressure_at: u64,
}

/// Those of the process: null until they are set, which happens once.
static HOOKS: AtomicPtr<Hooks> = AtomicPtr::new(ptr::null_mut());

thread_local! {
    /// Whether the callback thread has told that it was started.
    static TOLD: Cell<bool> = const { Cell::new(false) };
}

fn hooks() -> Option<&'static Hooks> {
    // Acquire: pairs with the exchange in rcu_capi_set_hooks.
    // SAFETY: what is stored there is leaked.
    unsafe { HOOKS.load(Ordering::Acquire).as_ref() }
}

impl Hooks {
    /// Whether all of the lock is there, or nothing.
    fn has_whole_lock(&self) -> bool {
        self.lock.is_some() == self.unlock.is_some() && self.lock.is_some() == self.is_locked.is_some()
    }

    fn lock(&self) {
        if let Some(lock) = self.lock {
            // SAFETY: `rcu_capi_set_hooks` (2).
            unsafe { lock(self.data) };
        }
    }

    fn unlock(&self) {
        if let Some(unlock) = self.unlock {
            // SAFETY: `rcu_capi_set_hooks` (2).
            unsafe { unlock(self.data) };
        }
    }

    fn is_locked(&self) -> bool {
        // SAFETY: `rcu_capi_set_hooks` (2).
        self.is_locked.is_some_and(|is_locked| unsafe { is_locked(self.data) })
    }

    /// A batch of callbacks, on the callback thread.
    fn around(&self, run: &mut dyn FnMut()) {
        if let Some(started) = self.thread_started.filter(|_| !TOLD.replace(true)) {
            // SAFETY: `rcu_capi_set_hooks` (2).
            unsafe { started(self.data) };
        }
        if let Some(pressure) = self.pressure {
            let pending = rcu_core::stats().callbacks_pending;
            if pending >= self.pressure_at {
                // SAFETY: `rcu_capi_set_hooks` (2).
                unsafe { pressure(self.data, pending) };
            }
        }
        self.lock();
        run();
        self.unlock();
    }

    fn stalled(&self, stall: &Stall) {
        // A name in it may have a NUL, which C cannot tell.
        let line = CString::new(stall.to_string().replace('\0', "?")).unwrap_or_default();
        if let Some(stalled) = self.stalled {
            // SAFETY: `rcu_capi_set_hooks` (2).
            unsafe { stalled(self.data, line.as_ptr()) };
        }
    }
}

/// Runs `wait` without the big lock, if the calling thread holds it.
pub fn without_big_lock(wait: impl FnOnce()) {
    let held = hooks().filter(|hooks| hooks.is_locked());
    if let Some(hooks) = held {
        hooks.unlock();
    }
    wait();
    if let Some(hooks) = held {
        hooks.lock();
    }
}

/// `rcu_set_hooks`: see rcu.h.
///
/// # Safety
/// 1. `hooks` is a valid `struct rcu_hooks` of the size that it says.
/// 2. Its functions may be called with its data, from any thread, for the rest of the process.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rcu_capi_set_hooks(hooks: *const Hooks) -> c_int {
    or_abort(|| {
        // SAFETY: (1): the size is the first field of every version.
        if unsafe { (*hooks).size } < size_of::<Hooks>() {
            return -libc::EINVAL;
        }
        // SAFETY: (1).
        let new = unsafe { *hooks };
        if !new.has_whole_lock() {
            return -libc::EINVAL;
        }
        let new = Box::into_raw(Box::new(new));
        // Release: pairs with the load in hooks. Relaxed: who comes second goes away.
        let set = HOOKS.compare_exchange(ptr::null_mut(), new, Ordering::Release, Ordering::Relaxed);
        if set.is_err() {
            // SAFETY: nobody else has it.
            drop(unsafe { Box::from_raw(new) });
            return -libc::EBUSY;
        }
        rcu_core::around_batches(|run| {
            if let Some(hooks) = self::hooks() {
                hooks.around(run);
            }
        });
        // SAFETY: it was leaked above.
        if unsafe { (*new).stalled }.is_some() {
            rcu_core::on_stall(|stall| {
                if let Some(hooks) = self::hooks() {
                    hooks.stalled(stall);
                }
            });
        }
        0
    })
}
