//! No test waits for ever: a watchdog ends the process, and says who waited for whom.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// What each thread of a test said that it waits for.
static WAITS: Mutex<BTreeMap<String, String>> = Mutex::new(BTreeMap::new());

/// Generous: these machines are shared.
const LIMIT: Duration = Duration::from_secs(60);

/// Guards a test until it is dropped.
pub struct Watchdog {
    /// Dropped, it tells the thread.
    done: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Watchdog {
    pub fn new(test: &'static str) -> Self {
        let (done, ended) = channel::<()>();
        let (up, is_up) = channel();
        let thread = thread::spawn(move || {
            up.send(()).expect("the test waits");
            if ended.recv_timeout(LIMIT) == Err(RecvTimeoutError::Timeout) {
                eprintln!("{test}: still running after {LIMIT:?}; {:?}; waiting:", rcu_core::stats());
                for (who, what) in WAITS.lock().unwrap().iter() {
                    eprintln!("  {who} waits for {what}");
                }
                std::process::abort();
            }
        });
        // What a test does to its process, the thread has started before.
        is_up.recv().expect("it starts");
        Self { done: Some(done), thread: Some(thread) }
    }
}

/// Waits for the thread, which a leak checker would find on its way out.
impl Drop for Watchdog {
    fn drop(&mut self) {
        self.done = None;
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

/// Says what the calling thread waits for, while `wait` runs.
pub fn waiting<R>(what: &str, wait: impl FnOnce() -> R) -> R {
    let current = thread::current();
    let who = format!("{:?} ({})", current.id(), current.name().unwrap_or("unnamed"));
    WAITS.lock().unwrap().insert(who.clone(), what.to_owned());
    let result = wait();
    WAITS.lock().unwrap().remove(&who);
    result
}

/// Waits until `condition` holds, under the watchdog of the test.
pub fn until(what: &str, condition: impl Fn() -> bool) {
    waiting(what, || {
        while !condition() {
            pause();
        }
    });
}

/// Lets others run, between two looks at what they are to do.
///
/// It sleeps. Some kernels' schedulers, Linux 6.18's among them, take so much from a thread that yields again and again, and give so much
/// to its neighbours, that a thread beside some of these, or a child forked by one, does not run for half a minute.
pub fn pause() {
    // By futex(2): one test refuses nanosleep(2).
    thread::park_timeout(Duration::from_micros(20));
}
