//! Threads whose first use of the crate is in a destructor of one of the C library's keys, when all destructors of thread-locals have
//! run: none that is scheduled then is ever called.

use std::ffi::c_void;
use std::ptr;
use std::sync::{Barrier, OnceLock};
use std::thread;
use std::time::Duration;

use rcu_core::{Domain, read_lock};

use crate::child::{assert_passed, in_child};
use crate::watchdog::{Watchdog, waiting};

type Destructor = extern "C" fn(*mut c_void);

fn key(destructor: Destructor) -> libc::pthread_key_t {
    let mut key = 0;
    // SAFETY: the key may be written, and the destructor stays.
    assert_eq!(unsafe { libc::pthread_key_create(&mut key, Some(destructor)) }, 0);
    key
}

extern "C" fn body(key: *mut c_void) -> *mut c_void {
    // SAFETY: the key is one, and its values are not followed.
    assert_eq!(unsafe { libc::pthread_setspecific(key.addr() as _, ptr::dangling::<c_void>()) }, 0);
    ptr::null_mut()
}

/// Has the key's destructor called at the end of a thread that is not std's, whose stack and locals are unmapped when it is gone.
fn at_the_end_of_a_thread(key: libc::pthread_key_t) {
    let mut attributes = std::mem::MaybeUninit::uninit();
    // SAFETY: they may be written.
    assert_eq!(unsafe { libc::pthread_attr_init(attributes.as_mut_ptr()) }, 0);
    // SAFETY: they are initialised. The stack is larger than what the C library keeps for other threads.
    assert_eq!(unsafe { libc::pthread_attr_setstacksize(attributes.as_mut_ptr(), 64 << 20) }, 0);
    let mut thread = std::mem::MaybeUninit::uninit();
    let key = ptr::without_provenance_mut(key as usize);
    // SAFETY: the thread may be written, the attributes are initialised, and the body takes a key.
    let created = unsafe { libc::pthread_create(thread.as_mut_ptr(), attributes.as_ptr(), body, key) };
    assert_eq!(created, 0);
    // SAFETY: it was created, and is joined once.
    let thread = unsafe { thread.assume_init() };
    // SAFETY: it has not been joined, and what it returns is not asked for.
    let joined = unsafe { libc::pthread_join(thread, ptr::null_mut()) };
    assert_eq!(joined, 0);
}

/// Ends the process. A leak checker would find the notes of the destructors that the C library never calls.
fn end() {
    // SAFETY: it takes no pointers.
    unsafe { libc::_exit(0) };
}

#[test]
fn first_section_in_a_destructor_of_a_key_is_that_of_a_thread_that_ends() {
    extern "C" fn read(_: *mut c_void) {
        drop(read_lock());
    }
    extern "C" fn leave_open(_: *mut c_void) {
        std::mem::forget(read_lock());
    }

    const TEST: &str = "threads::keys::first_section_in_a_destructor_of_a_key_is_that_of_a_thread_that_ends";
    let output = in_child(TEST, || {
        let _watchdog = Watchdog::new(TEST);
        at_the_end_of_a_thread(key(read));
        assert_eq!(rcu_core::stats().readers, 0);
        waiting("the grace period", rcu_core::synchronize);
        at_the_end_of_a_thread(key(leave_open));
        assert_eq!(rcu_core::stats().readers, 1, "its section goes on without it");
        let cookie = rcu_core::start_poll();
        thread::sleep(Duration::from_millis(50));
        assert!(!rcu_core::poll(cookie));
        end();
    });
    assert_passed(&output);
}

/// There are 64 lists. Whether a thread has one is seen by its pacing, which goes by what was pushed to the list; threads without one count
/// together.
#[test]
fn thread_that_calls_first_in_a_destructor_of_a_key_gives_its_list_back() {
    static DOMAIN: OnceLock<Domain> = OnceLock::new();
    extern "C" fn call(_: *mut c_void) {
        DOMAIN.get().expect("it is made").call(|| ());
    }

    const TEST: &str = "threads::keys::thread_that_calls_first_in_a_destructor_of_a_key_gives_its_list_back";
    let output = in_child(TEST, || {
        let _watchdog = Watchdog::new(TEST);
        let domain = DOMAIN.get_or_init(Domain::new);
        let key = key(call);
        for _ in 0..100 {
            at_the_end_of_a_thread(key);
        }
        waiting("their callbacks", || domain.barrier());
        assert_eq!(domain.stats().callbacks_run, 100);

        let domain = Domain::builder().soft_limit(1).pace(true).build();
        let reader = domain.reader();
        let section = reader.read_lock();
        let together = Barrier::new(2);
        thread::scope(|s| {
            for _ in 0..2 {
                s.spawn(|| {
                    // One less than after which a thread looks whether it is to rest.
                    (0..63).for_each(|_| domain.call(|| ()));
                    together.wait();
                });
            }
        });
        assert_eq!(domain.stats().calls_paced, 0, "the two share a list");
        drop(section);
        end();
    });
    assert_passed(&output);
}
