//! Thousands of forks while everything is done at once.

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use rcu_core::{Domain, RcuCell, read_lock};

use super::{alone_unwatched, flag, fork, is_set, report, set, use_everything};
use crate::watchdog::Watchdog;

/// How many forks there are, and how many of them one watchdog watches.
const FORKS: u32 = 2_000;
const WATCHED: u32 = 50;

/// What the threads of the load share.
struct Load {
    domain: Domain,
    cells: (RcuCell<[u64; 4]>, RcuCell<[u64; 4], Domain>),
    stop: &'static std::sync::atomic::AtomicBool,
    /// How often each has gone round: a child sees how far they were.
    rounds: [AtomicU64; 5],
}

impl Load {
    fn work(&self, kind: usize) {
        while !is_set(self.stop) {
            match kind {
                0 => self.read(),
                1 => self.replace(),
                2 => drop(
                    thread::spawn(|| {
                        drop(read_lock());
                        rcu_core::call(|| ());
                    })
                    .join(),
                ),
                3 => self.wait(),
                _ => make_and_drop_a_domain(),
            }
            self.rounds[kind].fetch_add(1, Ordering::Relaxed);
            if kind > 0 {
                // A little time for the children.
                thread::sleep(Duration::from_micros(50));
            }
        }
    }

    fn read(&self) {
        let reader = self.domain.reader();
        for _ in 0..100 {
            let [a, b, ..] = *self.cells.0.load(&read_lock());
            assert_eq!(a, b);
            let [a, b, ..] = *self.cells.1.load(&reader.read_lock());
            assert_eq!(a, b);
        }
    }

    fn replace(&self) {
        drop(self.cells.0.replace([1; 4]));
        drop(self.cells.1.replace([2; 4]));
    }

    fn wait(&self) {
        rcu_core::synchronize();
        self.domain.synchronize();
        rcu_core::barrier();
        self.domain.barrier();
        let cookie = self.domain.start_poll();
        self.domain.cond_synchronize(cookie);
    }
}

fn make_and_drop_a_domain() {
    let domain = Domain::builder().hard_limit(4).build();
    for _ in 0..8 {
        domain.call(|| ());
    }
    drop(domain.reader().read_lock());
}

#[test]
fn thousands_of_forks_under_load() {
    const TEST: &str = "load::thousands_of_forks_under_load";
    alone_unwatched(TEST, || {
        let domain = Domain::new();
        let cells = (RcuCell::new([0; 4]), RcuCell::new_in(&domain, [0; 4]));
        let load = Load { domain, cells, stop: flag(), rounds: Default::default() };
        let [mut pending, mut queued, mut driven] = [0, 0, 0];
        thread::scope(|scope| {
            for kind in 0..5 {
                let load = &load;
                scope.spawn(move || load.work(kind));
            }
            let mut watchdog = Watchdog::new(TEST);
            for number in 1..=FORKS {
                if number % WATCHED == 0 {
                    watchdog = Watchdog::new(TEST);
                }
                let seen = fork(|| {
                    let [global, own] = [rcu_core::stats(), load.domain.stats()];
                    load.read();
                    use_everything(&load.domain);
                    make_and_drop_a_domain();
                    assert_eq!(load.domain.stats().callbacks_pending, 0);
                    let [global_now, own_now] = [rcu_core::stats(), load.domain.stats()];
                    assert_eq!(own_now.callbacks_run, own_now.callbacks_queued);
                    // Whatever was pending at the fork has run here, unless it was under way.
                    assert!(global_now.callbacks_run >= global.callbacks_queued);
                    assert!(own_now.callbacks_run >= own.callbacks_queued);
                    let bits = [global.callbacks_pending > 0, own.callbacks_pending > 0, own.readers > 0];
                    bits.iter().enumerate().map(|(bit, set)| u8::from(*set) << bit).sum()
                });
                pending += u32::from(seen & 1 != 0);
                queued += u32::from(seen & 2 != 0);
                driven += u32::from(seen & 4 != 0);
            }
            set(load.stop);
            drop(watchdog);
        });
        println!("rounds of the load: {:?}", load.rounds);
        report("callbacks of the default domain were pending", pending, FORKS);
        report("callbacks of a domain were pending", queued, FORKS);
        report("a handle of another thread was registered", driven, FORKS);
    });
}
