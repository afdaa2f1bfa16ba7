//! What the operations of `rcu-core` cost, each by itself.
//!
//! | group | measures |
//! |---|---|
//! | `lone-callback` | from `call` on an idle domain, whose callback thread sleeps, until the callback runs |
//! | `read` | a section and a load in it: entered through the thread, and through a handle; in another section; a load and a quiescent state |
//! | `update` | a value replaced, the old one retired: by one thread that does nothing else |
//! | `barrier` | a callback, and a barrier that waits for it |
//! | `synchronize` | a grace period beside another reader: registered but outside, running sections; and beside none |
//! | `enqueue` | `call` of a closure, and `retire` of a value, on each of one or two threads that do nothing else |
//!
//! ```console
//! $ cargo bench -p benches
//! $ cargo bench -p benches -- --quick lone-callback
//! ```
//!
//! All but one of `lone-callback` are of the default domain.

use std::hint::black_box;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion};
use rcu_core::{Domain, RcuBox, RcuCell, barrier, read_lock, reader, register_current_thread, synchronize};

/// Runs one callback at a time, and adds up how long each took to run.
fn one_at_a_time(count: u64, call: impl Fn(Box<dyn FnOnce() + Send>)) -> Duration {
    /// Long enough for a callback thread that has nothing to do to go to sleep.
    const IDLE: Duration = Duration::from_millis(1);

    let (send, ran) = channel();
    let one = |_| {
        thread::sleep(IDLE);
        let send = send.clone();
        let callback = Box::new(move || send.send(Instant::now()).expect("the bench waits"));
        let called = Instant::now();
        call(callback);
        ran.recv().expect("the callback runs") - called
    };
    (0..count).map(one).sum()
}

fn lone_callback(c: &mut Criterion) {
    let mut group = c.benchmark_group("lone-callback");
    // Most of the time passes asleep.
    group.sample_size(20);
    rcu_core::init().expect("the callback thread starts");
    group.bench_function("default-domain", |b| {
        b.iter_custom(|count| one_at_a_time(count, rcu_core::call));
    });
    let domain = Domain::new();
    domain.init().expect("the callback thread starts");
    group.bench_function("domain", |b| {
        b.iter_custom(|count| one_at_a_time(count, |callback| domain.call(callback)));
    });
    group.finish();
}

fn read(c: &mut Criterion) {
    let mut group = c.benchmark_group("read");
    let cell = RcuCell::new(1_u64);
    group.bench_function("thread", |b| {
        b.iter(|| {
            let section = read_lock();
            *black_box(&cell).load(&section)
        });
    });
    group.bench_function("nested", |b| {
        b.iter(|| {
            let _outer = read_lock();
            let section = read_lock();
            *black_box(&cell).load(&section)
        });
    });
    let reader = reader();
    group.bench_function("handle", |b| {
        b.iter(|| {
            let section = black_box(&reader).read_lock();
            *black_box(&cell).load(&section)
        });
    });
    let mut cpu = reader.into_quiescent();
    group.bench_function("quiescent", |b| {
        b.iter(|| {
            let value = *black_box(&cell).load(&cpu);
            black_box(&mut cpu).quiescent();
            value
        });
    });
    group.finish();
}

fn update(c: &mut Criterion) {
    let cell = RcuCell::new(1_u64);
    c.bench_function("update", |b| b.iter(|| drop(cell.replace(2))));
    barrier();
}

fn wait_for_callbacks(c: &mut Criterion) {
    c.bench_function("barrier", |b| {
        b.iter(|| {
            rcu_core::call(|| ());
            barrier();
        });
    });
}

/// Runs `measured` while another thread is registered, which does `turn` over and over.
fn beside_a_reader(turn: fn(), measured: impl FnOnce()) {
    let registered = Barrier::new(2);
    let stop = AtomicBool::new(false);
    thread::scope(|s| {
        let other = s.spawn(|| {
            register_current_thread();
            registered.wait();
            while !stop.load(Ordering::Relaxed) {
                turn();
            }
        });
        registered.wait();
        measured();
        stop.store(true, Ordering::Relaxed);
        other.thread().unpark();
    });
}

fn grace_period(c: &mut Criterion) {
    let mut group = c.benchmark_group("synchronize");
    let mut measure = |name, turn| {
        beside_a_reader(turn, || {
            group.bench_function(name, |b| b.iter(synchronize));
        });
    };
    measure("idle", thread::park);
    measure("reader", || drop(read_lock()));
    group.bench_function("alone", |b| b.iter(synchronize));
    group.finish();
}

/// Has each of some threads consume `count` values, made beforehand, and returns how long that took one of them, on average.
fn consumed<T: Send>(
    producers: u32,
    count: u64,
    make: impl Fn() -> T,
    consume: impl Fn(T) + Sync,
) -> Duration {
    /// At most so many callbacks of one thread wait to be run: bounds the memory.
    const PENDING: u64 = 10_000;

    let mut total = Duration::ZERO;
    let mut left = count;
    while left > 0 {
        let each = left.min(PENDING);
        left -= each;
        let start = Barrier::new(producers as usize);
        let producer = |values: Vec<T>| {
            start.wait();
            let began = Instant::now();
            values.into_iter().for_each(&consume);
            began.elapsed()
        };
        thread::scope(|s| {
            let spawn = |_| {
                let values = (0..each).map(|_| make()).collect();
                s.spawn(|| producer(values))
            };
            let threads: Vec<_> = (0..producers).map(spawn).collect();
            total += threads.into_iter().map(|thread| thread.join().expect("no panic")).sum::<Duration>();
        });
        barrier();
    }
    total / producers
}

fn enqueue(c: &mut Criterion) {
    let mut group = c.benchmark_group("enqueue");
    for producers in [1, 2] {
        group.bench_function(BenchmarkId::new("call", producers), |b| {
            let call = |n: u64| {
                rcu_core::call(move || {
                    black_box(n);
                });
            };
            b.iter_custom(|count| consumed(producers, count, || 1, call));
        });
        group.bench_function(BenchmarkId::new("retire", producers), |b| {
            b.iter_custom(|count| consumed(producers, count, || RcuBox::new(1_u64), rcu_core::retire));
        });
    }
    group.finish();
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    lone_callback(&mut criterion);
    read(&mut criterion);
    update(&mut criterion);
    wait_for_callbacks(&mut criterion);
    grace_period(&mut criterion);
    enqueue(&mut criterion);
    criterion.final_summary();
}
