//! A configuration that is replaced while threads serve requests with it.
//!
//! Each request loads the configuration once, and serves with that version whatever the reloader does meanwhile. The
//! reloader waits for nobody: what it replaced is dropped when no request uses it any more. Every request checks that
//! the parts of its configuration belong together; at the end, every version but the last has been dropped.
//!
//! ```console
//! $ cargo run --release -p rcu-core --example config_reload
//! ```
#![expect(clippy::disallowed_types, reason = "not the library: the models do not run this")]

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rcu_core::{RcuCell, barrier, read_lock};

const SERVERS: usize = 2;
const DURATION: Duration = Duration::from_secs(1);

/// How many versions have been dropped.
static DROPPED: AtomicU64 = AtomicU64::new(0);

/// All of it is made from the version, so that a mixture of two would show.
struct Config {
    version: u64,
    greeting: String,
    limits: Vec<u64>,
}

impl Config {
    fn new(version: u64) -> Self {
        Self { version, greeting: format!("hello from {version}"), limits: vec![version; 8] }
    }

    fn is_whole(&self) -> bool {
        self.limits.iter().all(|limit| *limit == self.version)
            && self.greeting.strip_prefix("hello from ") == Some(&self.version.to_string())
    }
}

impl Drop for Config {
    fn drop(&mut self) {
        self.version = u64::MAX; // whoever still looks sees that it is not whole
        DROPPED.fetch_add(1, Ordering::Relaxed);
    }
}

/// What a server did.
#[derive(Default)]
struct Served {
    requests: u64,
    versions: u64,
    whole: u64,
}

fn serve(config: &RcuCell<Config>, stop: &AtomicBool) -> Served {
    let mut served = Served::default();
    let mut last = None;
    while !stop.load(Ordering::Relaxed) {
        let section = read_lock();
        let config = config.load(&section);
        served.requests += 1;
        served.whole += u64::from(config.is_whole());
        served.versions += u64::from(last.replace(config.version) != Some(config.version));
    }
    served
}

/// Replaces the configuration until the time is up, and returns how often.
fn reload(config: &RcuCell<Config>) -> u64 {
    let start = Instant::now();
    let mut version = 0;
    while start.elapsed() < DURATION {
        version += 1;
        // What is returned, the old version, is retired by its drop.
        drop(config.replace(Config::new(version)));
        thread::sleep(Duration::from_micros(100));
    }
    version
}

fn main() {
    let config = RcuCell::new(Config::new(0));
    let stop = AtomicBool::new(false);

    let (reloads, served) = thread::scope(|s| {
        let servers = [(); SERVERS].map(|()| s.spawn(|| serve(&config, &stop)));
        let reloads = reload(&config);
        stop.store(true, Ordering::Relaxed);
        (reloads, servers.map(|server| server.join().expect("a server does not panic")))
    });
    barrier(); // what was retired has been dropped

    let requests: u64 = served.iter().map(|served| served.requests).sum();
    let whole: u64 = served.iter().map(|served| served.whole).sum();
    let versions = served.iter().map(|served| served.versions).max().unwrap_or(0);
    println!(
        "{SERVERS} servers: {requests} requests, {whole} of them with a whole configuration; {reloads} reloads, of which \
         one server met {versions}; {} versions dropped",
        DROPPED.load(Ordering::Relaxed)
    );
    assert_eq!(whole, requests, "a request saw parts of two configurations, or one that was dropped");
    assert_eq!(DROPPED.load(Ordering::Relaxed), reloads, "every version but the last is dropped, once");
    assert!(requests > 0 && reloads > 0);
}
