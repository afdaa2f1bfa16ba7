//! fork(2): the child can read, synchronize and call; parent and child both go on.
//!
//! Each test forks from a child process of the test binary in which nothing else runs, and counts how often the fork fell into
//! the window that it is about: never is a failure.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rcu_core::{Domain, RcuCell, Reader, read_lock};

use crate::child::{assert_passed, in_child};
use crate::keep::keep;
use crate::watchdog::{Watchdog, pause};

mod before_exec;
mod child;
mod forker;
mod hooks;
mod load;
mod others;
mod queues;
mod vanished;

/// How long a forked child may take: these machines are shared.
const LIMIT: Duration = Duration::from_secs(30);

/// Forks. In the child, runs `body` and ends the process; returns what the child returned, from 0 to 100.
fn fork(body: impl FnOnce() -> u8) -> u8 {
    match fork_and_go_on() {
        None => end_child(body),
        Some(child) => child.returned(),
    }
}

/// Forks. In the child returns none, and whoever called goes on; it ends with [`end_child`].
fn fork_and_go_on() -> Option<Child> {
    // SAFETY: children use none of the references that other threads got through their sections, and end by `_exit`.
    let child = unsafe { libc::fork() };
    assert!(child >= 0, "fork: {}", std::io::Error::last_os_error());
    if child == 0 {
        // What a parent that was killed leaves must not keep the pipes of its output open.
        #[cfg(target_os = "linux")]
        // SAFETY: no pointer is passed.
        unsafe {
            libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
        }
        return None;
    }
    Some(Child(child))
}

/// In a child: returns what `body` does to the parent, and ends the process.
fn end_child(body: impl FnOnce() -> u8) -> ! {
    let code = catch_unwind(AssertUnwindSafe(body));
    // SAFETY: ends the process.
    unsafe { libc::_exit(code.map_or(101, i32::from)) }
}

/// In a child in which the calling thread has to go on: another one does this, and ends the process.
fn end_child_beside(body: impl FnOnce() -> u8 + Send + 'static) {
    spawn_in_child(|| end_child(body));
}

/// In a child: starts a thread, and not by std, whose lock for that may have been held by another thread at the fork.
fn spawn_in_child(body: impl FnOnce() + Send + 'static) -> libc::pthread_t {
    type Body = Box<dyn FnOnce() + Send>;
    extern "C" fn run(body: *mut libc::c_void) -> *mut libc::c_void {
        // SAFETY: it is what was given up below.
        let body = *unsafe { Box::from_raw(body.cast::<Body>()) };
        // It would go by the name of the thread that forked.
        #[cfg(target_os = "linux")]
        // SAFETY: the name is a string.
        unsafe {
            libc::prctl(libc::PR_SET_NAME, c"beside".as_ptr());
        }
        body();
        std::ptr::null_mut()
    }
    let body: *mut Body = Box::into_raw(Box::new(Box::new(body)));
    let mut thread = std::mem::MaybeUninit::uninit();
    // SAFETY: `thread` may be written, and `run` takes back what is given up here.
    let created = unsafe { libc::pthread_create(thread.as_mut_ptr(), std::ptr::null(), run, body.cast()) };
    assert_eq!(created, 0, "a child may have threads");
    // SAFETY: it was written.
    unsafe { thread.assume_init() }
}

/// In a child: has a thread of its own read, queue a callback and end.
fn another_thread_reads_in_child() {
    let thread = spawn_in_child(|| {
        drop(read_lock());
        rcu_core::call(|| ());
    });
    // SAFETY: it is joinable, and joined once.
    assert_eq!(unsafe { libc::pthread_join(thread, std::ptr::null_mut()) }, 0);
}

/// A forked child.
#[must_use = "it is to be waited for"]
struct Child(libc::pid_t);

impl Child {
    /// Waits for the child, and returns what it returned.
    fn returned(self) -> u8 {
        let code = exit_code(self.0);
        assert!(code <= 100, "the child panicked: its message is above");
        u8::try_from(code).expect("asserted")
    }
}

/// Waits for a child, but not for ever.
fn exit_code(child: libc::pid_t) -> i32 {
    let begin = Instant::now();
    let mut status = 0;
    // SAFETY: `status` may be written.
    while unsafe { libc::waitpid(child, &raw mut status, libc::WNOHANG) } == 0 {
        if begin.elapsed() > LIMIT {
            say_where(child);
            // SAFETY: a child of ours that has not been waited for.
            unsafe { libc::kill(child, libc::SIGKILL) };
            panic!("the child hung");
        }
        thread::sleep(Duration::from_micros(200));
    }
    assert!(libc::WIFEXITED(status), "the child was ended by signal {}", libc::WTERMSIG(status));
    libc::WEXITSTATUS(status)
}

/// Says what a process is at: by its threads' states, and by their stacks if there is a debugger.
fn say_where(process: libc::pid_t) {
    let tasks = std::fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten();
    for task in tasks {
        let [name, stat, call] =
            ["comm", "stat", "syscall"].map(|file| std::fs::read_to_string(task.path().join(file)));
        eprintln!("child {process}: {name:?} {stat:?} {call:?}");
    }
    let process = process.to_string();
    let stacks = Command::new("gdb").args(["-p", &process, "-batch", "-ex", "thread apply all bt"]).output();
    if let Ok(output) = stacks {
        eprintln!("{}", String::from_utf8_lossy(&output.stdout));
    }
}

/// Waits until `condition` holds. The watchdog's own would say what for, with a lock that a child may find held.
fn until(_what: &str, condition: impl Fn() -> bool) {
    while !condition() {
        pause();
    }
}

fn count(ran: &AtomicU32) {
    ran.fetch_add(1, Ordering::SeqCst);
}

/// A counter that callbacks count in, whoever goes.
fn counter() -> &'static AtomicU32 {
    keep(AtomicU32::new(0))
}

/// A flag that threads and hooks share, whoever goes.
fn flag() -> &'static AtomicBool {
    keep(AtomicBool::new(false))
}

fn set(flag: &AtomicBool) {
    flag.store(true, Ordering::SeqCst);
}

fn is_set(flag: &AtomicBool) -> bool {
    flag.load(Ordering::SeqCst)
}

/// Queues so many callbacks that count.
fn queue(domain: &Domain, callbacks: u32, ran: &'static AtomicU32) {
    for _ in 0..callbacks {
        domain.call(|| count(ran));
    }
}

/// A section of a thread of its own, which lasts until it is told to leave.
struct Elsewhere {
    leave: std::sync::mpsc::Sender<()>,
    thread: thread::JoinHandle<()>,
}

impl Elsewhere {
    /// Inside a section of this handle; of the thread, if there is none.
    fn enter(handle: Option<Reader<Domain>>) -> Self {
        let (leave, told) = std::sync::mpsc::channel();
        let inside = flag();
        let thread = thread::spawn(move || match handle {
            Some(handle) => {
                let _section = handle.read_lock();
                set(inside);
                told.recv().expect("told to leave");
            }
            None => {
                let _section = read_lock();
                set(inside);
                told.recv().expect("told to leave");
            }
        });
        until("the section of another thread", || is_set(inside));
        Self { leave, thread }
    }

    fn leave(self) {
        self.leave.send(()).expect("it waits");
        self.thread.join().expect("it does nothing else");
    }
}

/// Everything that a child can do with the default domain and with `domain`.
fn use_everything(domain: &Domain) {
    let cell = RcuCell::new(1);
    assert_eq!(*cell.load(&read_lock()), 1);
    assert_eq!(cell.replace(2).wait(), 1);
    rcu_core::synchronize();
    let ran = Arc::new(AtomicU32::new(0));
    for domain in [None, Some(domain)] {
        let ran = Arc::clone(&ran);
        let callback = move || count(&ran);
        match domain {
            None => rcu_core::call(callback),
            Some(domain) => domain.call(callback),
        }
    }
    rcu_core::barrier();
    domain.barrier();
    assert_eq!(ran.load(Ordering::Relaxed), 2);
    let reader = domain.reader();
    let cell = RcuCell::new_in(domain, 3);
    assert_eq!(*cell.load(&reader.read_lock()), 3);
    domain.synchronize();
    let cookie = domain.start_poll();
    until("the cookie", || domain.poll(cookie));
}

/// Runs `test` in a child process of its own, which nothing disturbs.
fn alone(name: &'static str, test: impl FnOnce()) {
    alone_unwatched(name, || {
        let _watchdog = Watchdog::new(name);
        test();
    });
}

/// As [`alone`], for what sees to its watchdog itself.
fn alone_unwatched(name: &'static str, test: impl FnOnce()) {
    let output = in_child(&format!("forks::{name}"), test);
    assert_passed(&output);
    print!("{}", String::from_utf8_lossy(&output.stdout));
}

/// Prints how often a fork fell into its window, which has to be more than never.
fn report(window: &str, hits: u32, forks: u32) {
    println!("{hits} of {forks} forks: {window}");
    assert!(hits > 0, "no fork fell into its window: {window}");
}
