//! Readers beside several updaters of a set, whose CPUs come and go: each answer of a reader has to be that of a table which
//! was published while it asked.
//!
//! Updaters write down what they do under the update lock, so the log of a table has the order of its publications. When all
//! have ended it is replayed on a list, and gives one list for each generation. A reader reads the generation, opens a
//! section, asks, and reads the generation again. A snapshot is published before its generation is counted, so that what it
//! saw is as new as the first number at least, and newer than the second by one at the most; and no older than what it saw before.

mod log;
mod reader;
mod updater;

use std::thread;

use debug_tables::{Breakpoint, TableSet, Watchpoint};
use rcu_core::sync::{AtomicU64, Ordering};

use crate::histories::number;
use crate::watchdog;
use log::{Broadcasts, Cpu};
use updater::Updater;

/// What one run has of everything.
const UPDATES: u64 = 240;
const CHILDREN: u64 = 8;

/// Counts what the readers of a run have asked, so that updaters do not run ahead of them.
#[derive(Default)]
pub struct Pace {
    asked: AtomicU64,
    over: AtomicU64,
}

impl Pace {
    // Relaxed, here and below: a count, and nothing is read through it.
    pub fn asked(&self) {
        self.asked.fetch_add(1, Ordering::Relaxed);
    }

    /// Returns when the readers have asked again, or will not.
    pub fn wait(&self) {
        let before = self.asked.load(Ordering::Relaxed);
        while self.asked.load(Ordering::Relaxed) == before && !self.is_over() {
            thread::yield_now();
        }
    }

    pub fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed) != 0
    }
}

/// Ends the run, also for a panic: readers would go on for ever.
struct Over<'p>(&'p Pace);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.over.store(1, Ordering::Relaxed);
    }
}

/// What readers saw change, and found.
#[derive(Debug, Default)]
pub struct Seen {
    pub looks: usize,
    /// Looks during which the table changed, or may have.
    pub beside_a_change: usize,
    pub versions: usize,
    pub hits: usize,
    pub queries: usize,
}

fn run(seed: u64) -> Seen {
    let set: TableSet<Cpu> = TableSet::new();
    let cpus = [Cpu::new(0), Cpu::new(1)];
    for cpu in &cpus {
        set.join(cpu.clone(), cpu.tables());
    }
    let (pace, broadcasts) = (Pace::default(), Broadcasts::default());
    let (set, pace, broadcasts, cpus) = (&set, &pace, &broadcasts, &cpus);
    let looks = thread::scope(|scope| {
        let over = Over(pace);
        let readers = [
            scope.spawn(move || (reader::read::<Breakpoint>(&cpus[0], pace), Vec::new())),
            scope.spawn(move || (Vec::new(), reader::read::<Watchpoint>(&cpus[1], pace))),
            scope.spawn(move || reader::read_both(&cpus[0], pace)),
        ];
        let updaters = [0, 1, 2].map(|thread| {
            scope.spawn(move || {
                let mut updater = Updater::new(4 * seed + thread, set, pace, broadcasts);
                for _ in 0..UPDATES {
                    match thread {
                        0 => updater.update_one(&cpus[0]),
                        1 => updater.update_one(&cpus[1]),
                        _ => updater.broadcast(),
                    }
                }
            })
        });
        let mut joiner = Updater::new(4 * seed + 3, set, pace, broadcasts);
        let children: Vec<_> = (0..CHILDREN).map(|number| joiner.raise(2 + number, &cpus[0])).collect();
        for updater in updaters {
            updater.join().expect("the updates");
        }
        drop(over);
        let looks = readers.map(|reader| reader.join().expect("the looks"));
        for child in children {
            child.assert_inherited_once(&cpus[0], broadcasts);
        }
        looks
    });
    let mut seen = Seen::default();
    for ((breakpoints, watchpoints), cpu) in looks.into_iter().zip([&cpus[0], &cpus[1], &cpus[0]]) {
        reader::explain(&breakpoints, &cpu.breakpoints, broadcasts, &mut seen);
        reader::explain(&watchpoints, &cpu.watchpoints, broadcasts, &mut seen);
    }
    for cpu in cpus {
        cpu.breakpoints.assert_invalidated(&cpu.breakpoints.versions(broadcasts));
        cpu.watchpoints.assert_invalidated(&cpu.watchpoints.versions(broadcasts));
    }
    seen
}

#[test]
fn every_answer_is_that_of_a_table_published_while_it_was_asked() {
    let _watchdog = watchdog::watch("every_answer_is_that_of_a_table_published_while_it_was_asked");
    let mut sum = Seen::default();
    let runs = (number("RCU_HISTORY_STEPS", 5_000) / 5_000).clamp(1, 20);
    for seed in 0..runs {
        let seen = run(seed);
        sum.looks += seen.looks;
        sum.beside_a_change += seen.beside_a_change;
        sum.versions += seen.versions;
        sum.hits += seen.hits;
        sum.queries += seen.queries;
    }
    println!("{runs} runs: {sum:?}");
    assert!(sum.versions > 20 * runs as usize, "the readers saw few versions");
    assert!(sum.beside_a_change > 10 * runs as usize, "few looks were taken beside a change");
    assert!(sum.hits * 5 > sum.queries, "few queries hit");
}
