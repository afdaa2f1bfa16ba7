//! A library with an rcu-core of its own that is unloaded while its threads live: `examples/plugin.rs`.
//!
//! With glibc these hold without the pin, too, but for the moment before a new thread has scheduled its first destructor: std has one in
//! each thread, and glibc keeps a library for as long as it owns any.

use std::ffi::{CStr, CString, c_void};
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use std::{fs, mem, thread};

use rcu_core::Domain;

use crate::child::{assert_passed, in_child};
use crate::watchdog::{Watchdog, until, waiting};

/// As the library declares it.
#[repr(C)]
#[derive(Default)]
struct Shared {
    begun: AtomicU32,
    go_on: AtomicU32,
    ran: AtomicU32,
}

/// Builds the library as this test was built, and returns where it is.
fn build() -> PathBuf {
    let own = std::env::current_exe().expect("a test binary has a path");
    let profile = own.ancestors().nth(2).expect("target/profile/deps/test");
    let target = profile.parent().expect("target/profile");
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--package", "rcu-core", "--example", "plugin", "--target-dir"]).arg(target);
    if profile.file_name().is_some_and(|name| name == "release") {
        cargo.arg("--release");
    }
    let built = cargo.current_dir(env!("CARGO_MANIFEST_DIR")).output().expect("cargo runs");
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    profile.join("examples/libplugin.so")
}

/// The library, loaded.
struct Plugin(*mut c_void);

impl Plugin {
    fn load() -> Self {
        let path = CString::new(build().into_os_string().into_encoded_bytes()).expect("no NUL in a path");
        // SAFETY: what the library runs when it is loaded is what a test has asked for, if any has.
        let handle = unsafe { libc::dlopen(path.as_ptr(), libc::RTLD_NOW | libc::RTLD_LOCAL) };
        assert!(!handle.is_null(), "{path:?} cannot be loaded");
        Self(handle)
    }

    /// Calls a function of the library on a thread that ends before this returns: what the library keeps for a thread goes with it.
    fn call(&self, name: &CStr, shared: &'static Shared) {
        // SAFETY: the handle is open.
        let function = unsafe { libc::dlsym(self.0, name.as_ptr()) };
        assert!(!function.is_null(), "{name:?} is exported");
        // SAFETY: it is declared so there.
        let function: extern "C" fn(&'static Shared) = unsafe { mem::transmute(function) };
        thread::spawn(move || function(shared)).join().expect("it does not panic");
    }

    fn unload(self) {
        // SAFETY: the handle is open, and nothing here uses the library after this.
        assert_eq!(unsafe { libc::dlclose(self.0) }, 0);
    }
}

fn is_mapped() -> bool {
    fs::read_to_string("/proc/self/maps").expect("Linux has it").contains("libplugin.so")
}

#[test]
fn library_that_is_unloaded_while_its_callback_runs_stays() {
    const TEST: &str = "start_up::plugin::library_that_is_unloaded_while_its_callback_runs_stays";
    let output = in_child(TEST, || {
        let _watchdog = Watchdog::new(TEST);
        let shared: &'static Shared = Box::leak(Box::default());
        let plugin = Plugin::load();
        plugin.call(c"plugin_call", shared);
        until("the callback to run", || shared.begun.load(Ordering::SeqCst) == 1);
        plugin.unload();
        assert!(is_mapped(), "the library is gone and its thread is not");
        shared.go_on.store(1, Ordering::SeqCst);
        until("the callback to end", || shared.ran.load(Ordering::SeqCst) == 1);
        // It can be loaded again, and is the same.
        let shared: &'static Shared = Box::leak(Box::default());
        shared.go_on.store(1, Ordering::SeqCst);
        let plugin = Plugin::load();
        plugin.call(c"plugin_call", shared);
        until("the second callback", || shared.ran.load(Ordering::SeqCst) == 1);
    });
    assert_passed(&output);
}

/// The callback thread is gone, but the one that watches callbacks is the process's, and stays.
#[test]
fn library_that_is_unloaded_when_its_domains_are_gone_stays_too() {
    const TEST: &str = "start_up::plugin::library_that_is_unloaded_when_its_domains_are_gone_stays_too";
    let output = in_child(TEST, || {
        let _watchdog = Watchdog::new(TEST);
        let shared: &'static Shared = Box::leak(Box::default());
        let plugin = Plugin::load();
        plugin.call(c"plugin_come_and_go", shared);
        assert_eq!(shared.ran.load(Ordering::SeqCst), 1);
        plugin.unload();
        assert!(is_mapped(), "the library is gone and one of its threads is not");
    });
    assert_passed(&output);
}

#[test]
fn library_that_was_not_used_can_be_unloaded() {
    const TEST: &str = "start_up::plugin::library_that_was_not_used_can_be_unloaded";
    let output = in_child(TEST, || {
        let plugin = Plugin::load();
        assert!(is_mapped());
        plugin.unload();
        assert!(!is_mapped());
    });
    assert_passed(&output);
}

/// The linker's lock is held around constructors, and who starts a callback thread takes it: in the meantime it must have no lock that a
/// constructor meets.
#[cfg(target_os = "linux")]
#[test]
fn constructor_of_a_library_may_call_while_another_thread_starts_the_callback_thread() {
    const TEST: &str =
        "start_up::plugin::constructor_of_a_library_may_call_while_another_thread_starts_the_callback_thread";
    static CONSTRUCTING: AtomicU32 = AtomicU32::new(0);
    static CALLING: AtomicU32 = AtomicU32::new(0);
    static RAN: AtomicU32 = AtomicU32::new(0);
    fn callback() {
        RAN.fetch_add(1, Ordering::SeqCst);
    }
    extern "C" fn constructor() {
        CONSTRUCTING.store(1, Ordering::SeqCst);
        until("the other thread", || CALLING.load(Ordering::SeqCst) == 1);
        // It is about to wait for the linker's lock.
        thread::sleep(Duration::from_millis(50));
        drop(rcu_core::read_lock());
        waiting("nobody", || rcu_core::call(callback));
        rcu_core::start_poll();
        let domain = Domain::new();
        domain.call(callback);
        drop(domain);
        // SAFETY: the child does nothing but end.
        let child = waiting("nobody, to fork", || unsafe { libc::fork() });
        if child == 0 {
            // SAFETY: as above.
            unsafe { libc::_exit(0) };
        }
        let mut status = -1;
        // SAFETY: `status` may be written.
        assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
        assert_eq!(status, 0);
    }
    let output = in_child(TEST, || {
        let _watchdog = Watchdog::new(TEST);
        let address = (constructor as extern "C" fn() as *const ()).expose_provenance();
        // SAFETY: nobody else uses the environment meanwhile.
        unsafe { std::env::set_var("RCU_CORE_PLUGIN_CONSTRUCTOR", address.to_string()) };
        thread::scope(|s| {
            s.spawn(|| {
                until("the constructor", || CONSTRUCTING.load(Ordering::SeqCst) == 1);
                CALLING.store(1, Ordering::SeqCst);
                rcu_core::call(callback);
                waiting("the callbacks", rcu_core::barrier);
            });
            waiting("the library", Plugin::load);
        });
        until("the callbacks", || RAN.load(Ordering::SeqCst) == 3);
    });
    assert_passed(&output);
}
