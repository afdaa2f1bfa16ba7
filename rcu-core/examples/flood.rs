//! Queues callbacks as fast as one thread can, beside a reader, and says what that took.
//!
//! ```text
//! cargo run --release -p rcu-core --example flood -- --callbacks 10000000 [--pace] [--stall] [--limit 100000]
//! ```
//!
//! Each callback frees a heap node of 32 bytes, and adds the node's number to a sum that shows whether each ran once. The reader
//! enters and leaves; with `--stall` it first stays inside for a second longer than the stall detector waits. With `--limit`,
//! the producer waits while so many callbacks are pending.

#![expect(clippy::disallowed_types, reason = "not the library: the models do not run this")]

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use lexopt::prelude::*;
use rcu_core::{Domain, RcuBox, RcuCell, Reader};

const STALL_TIMEOUT: Duration = Duration::from_secs(2);

struct Options {
    callbacks: u64,
    pace: bool,
    stall: bool,
    limit: Option<u64>,
}

impl Options {
    fn parse() -> Result<Self, lexopt::Error> {
        let mut options = Self { callbacks: 1_000_000, pace: false, stall: false, limit: None };
        let mut parser = lexopt::Parser::from_env();
        while let Some(arg) = parser.next()? {
            match arg {
                Long("callbacks") => options.callbacks = parser.value()?.parse()?,
                Long("pace") => options.pace = true,
                Long("stall") => options.stall = true,
                Long("limit") => options.limit = Some(parser.value()?.parse()?),
                _ => return Err(arg.unexpected()),
            }
        }
        Ok(options)
    }
}

static FREED: AtomicU64 = AtomicU64::new(0);
static SUM: AtomicU64 = AtomicU64::new(0);

/// With the two words of its callback head, 32 bytes on the heap.
struct Node {
    number: u64,
    _payload: u64,
}

impl Drop for Node {
    fn drop(&mut self) {
        // Only the callback thread frees nodes: no other processor has these lines.
        FREED.store(FREED.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
        SUM.store(SUM.load(Ordering::Relaxed).wrapping_add(self.number), Ordering::Relaxed);
    }
}

/// Reads until it is told to stop.
fn read(reader: &Reader<Domain>, cell: &RcuCell<u64, Domain>, stop: &AtomicBool) {
    while !stop.load(Ordering::Relaxed) {
        for _ in 0..1_000 {
            let section = reader.read_lock();
            assert_eq!(*cell.load(&section), 7);
        }
    }
}

/// The most memory that the process has had, in MiB.
fn peak_rss() -> f64 {
    // SAFETY: a zeroed rusage is a valid one: it is made of numbers.
    let mut usage = unsafe { std::mem::zeroed::<libc::rusage>() };
    // SAFETY: `usage` may be written.
    let result = unsafe { libc::getrusage(libc::RUSAGE_SELF, &raw mut usage) };
    assert_eq!(result, 0, "getrusage fails only for a bad argument");
    usage.ru_maxrss as f64 / 1024.0
}

fn main() -> ExitCode {
    let options = match Options::parse() {
        Ok(options) => options,
        Err(error) => {
            eprintln!("flood: {error}\nusage: flood --callbacks N [--pace] [--stall] [--limit N]");
            return ExitCode::from(2);
        }
    };
    let mut builder = Domain::builder().pace(options.pace).stall_timeout(STALL_TIMEOUT);
    if let Some(limit) = options.limit {
        builder = builder.hard_limit(limit);
    }
    let domain = builder.build();
    let reader = domain.reader();
    let cell = Arc::new(RcuCell::new_in(&domain, 7));
    let stop = Arc::new(AtomicBool::new(false));
    let (inside, entered) = std::sync::mpsc::channel();
    let reading = {
        let (cell, stop) = (Arc::clone(&cell), Arc::clone(&stop));
        let body = move || {
            let section = reader.read_lock();
            inside.send(()).expect("the producer waits");
            if options.stall {
                thread::sleep(STALL_TIMEOUT + Duration::from_secs(1));
            }
            drop(section);
            read(&reader, &cell, &stop);
        };
        thread::Builder::new().name("flood-reader".to_owned()).spawn(body).expect("a thread can be made")
    };
    entered.recv().expect("the reader enters");

    let begin = Instant::now();
    for number in 0..options.callbacks {
        domain.retire(RcuBox::new(Node { number, _payload: number }));
    }
    domain.barrier();
    let seconds = begin.elapsed().as_secs_f64();
    stop.store(true, Ordering::Relaxed);
    reading.join().expect("the reader does not panic");

    let stats = domain.stats();
    let n = options.callbacks;
    let sum = if n % 2 == 0 { (n / 2).wrapping_mul(n.wrapping_sub(1)) } else { n.wrapping_mul((n - 1) / 2) };
    if (FREED.load(Ordering::Relaxed), SUM.load(Ordering::Relaxed)) != (n, sum) {
        eprintln!("flood: callbacks were lost, or ran twice: {stats:?}");
        return ExitCode::FAILURE;
    }
    println!(
        "flood callbacks {n} seconds {seconds:.2} peak_rss_mib {:.1} waited_for_gp {}",
        peak_rss(),
        stats.calls_waited
    );
    ExitCode::SUCCESS
}
