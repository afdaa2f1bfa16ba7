//! A library that is loaded and unloaded at run time, with an rcu-core of its own inside: the thread that runs its callbacks must not
//! lose the code that it runs. `tests/it/start_up/plugin.rs` unloads it.
#![expect(clippy::disallowed_types, reason = "not the library: the models do not run this")]

use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use rcu_core::Domain;

/// What the host and the library share. It is the host's, and stays.
#[repr(C)]
#[derive(Debug, Default)]
pub struct Shared {
    /// Set by the library when a callback has begun.
    pub begun: AtomicU32,
    /// Set by the host when the callback may end.
    pub go_on: AtomicU32,
    /// Set by the library when the callback is about to end.
    pub ran: AtomicU32,
}

/// Called by the dynamic linker when it has loaded this library, which it is not yet done with: it holds its lock. What there is to do is
/// the host's, and in the environment: the address of a function.
#[cfg(target_os = "linux")]
extern "C" fn construct() {
    let Some(address) = std::env::var("RCU_CORE_PLUGIN_CONSTRUCTOR").ok().and_then(|text| text.parse().ok())
    else {
        return;
    };
    let function = std::ptr::with_exposed_provenance::<()>(address);
    // SAFETY: the host put the address of such a function there.
    let function: extern "C" fn() = unsafe { std::mem::transmute(function) };
    function();
}

#[cfg(target_os = "linux")]
#[used]
// SAFETY: the section is one of pointers to such functions.
#[unsafe(link_section = ".init_array")]
static CONSTRUCTOR: extern "C" fn() = construct;

/// Queues a callback that waits for the host, who may have unloaded this library by then.
#[unsafe(no_mangle)]
pub extern "C" fn plugin_call(shared: &'static Shared) {
    rcu_core::call(|| {
        shared.begun.store(1, Ordering::SeqCst);
        while shared.go_on.load(Ordering::SeqCst) == 0 {
            thread::yield_now();
        }
        shared.ran.store(1, Ordering::SeqCst);
    });
}

/// Runs a callback in a domain that ends, its thread included, before this returns.
#[unsafe(no_mangle)]
pub extern "C" fn plugin_come_and_go(shared: &'static Shared) {
    let domain = Domain::new();
    domain.call(|| shared.ran.store(1, Ordering::SeqCst));
    domain.shutdown();
}
