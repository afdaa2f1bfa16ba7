//! Readers beside updaters: what a section sees is one snapshot, and what a CPU runs is current.

use std::sync::Arc;
use std::thread;

use debug_tables::{BreakpointTable, Flags};
use rcu_core::read_lock;
use rcu_core::sync::{AtomicU64, Ordering};

use crate::watchdog;

const ROUNDS: u64 = 5_000;

#[test]
fn readers_see_whole_publications_while_the_table_changes() {
    let _watchdog = watchdog::watch("readers_see_whole_publications_while_the_table_changes");
    let table = BreakpointTable::new();
    let done = AtomicU64::new(0);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let mut newest = 0;
                while done.load(Ordering::Relaxed) == 0 {
                    let generation = table.generation();
                    let section = read_lock();
                    let seen: Vec<u64> =
                        table.read(&section).iter().map(|breakpoint| breakpoint.pc()).collect();
                    // An update replaces both or, every tenth time, leaves none.
                    if let [high, low] = seen[..] {
                        assert_eq!(high, low + 1);
                        assert!(low >= newest, "a later section sees no older snapshot");
                        assert!(
                            low / 2 + 1 >= generation,
                            "a snapshot is at least as new as a generation read before"
                        );
                        newest = low;
                    } else {
                        assert_eq!(seen, []);
                    }
                }
            });
        }
        for round in 0..ROUNDS {
            let change = table.update(|edit| {
                edit.remove_all(Flags::GDB);
                if round % 10 != 9 {
                    edit.insert(2 * round, Flags::GDB)?;
                    edit.insert(2 * round + 1, Flags::GDB)?;
                }
                Ok(())
            });
            assert_eq!(change, Ok(()));
        }
        done.store(1, Ordering::Relaxed);
    });
    assert_eq!(table.generation(), ROUNDS);
}

/// What a translated block in the one-line cache of the test below is.
const NONE: u64 = 0;
const PLAIN: u64 = 1;
const STOPS: u64 = 2;

#[test]
fn a_block_that_is_kept_obeys_every_update_that_has_returned() {
    let _watchdog = watchdog::watch("a_block_that_is_kept_obeys_every_update_that_has_returned");
    let cache = Arc::new(AtomicU64::new(NONE));
    let hook = Arc::clone(&cache);
    // Relaxed: the fences of the protocol are what is tried here.
    let table = BreakpointTable::new().with_invalidate(move |_| hook.store(NONE, Ordering::Relaxed));
    // Odd while the breakpoint is there, for certain; even while it is not; at the limit, over.
    let state = AtomicU64::new(0);
    let between = u64::MAX;
    thread::scope(|scope| {
        scope.spawn(|| {
            loop {
                let before = state.load(Ordering::Acquire);
                if before == ROUNDS {
                    break;
                }
                let block = cache.load(Ordering::Acquire);
                if block == NONE {
                    let generation = table.generation();
                    let stops = table.test(&read_lock(), 8, Flags::ANY);
                    cache.store(if stops { STOPS } else { PLAIN }, Ordering::Relaxed);
                    if !table.is_current(generation) {
                        cache.store(NONE, Ordering::Relaxed);
                    }
                } else if before != between && state.load(Ordering::Acquire) == before {
                    assert_eq!(block == STOPS, before % 2 == 1, "round {before}");
                }
            }
        });
        for round in 1..=ROUNDS {
            // Relaxed: whoever sees the new snapshot, or the block dropped, sees this too.
            state.store(between, Ordering::Relaxed);
            let change = if round % 2 == 1 { BreakpointTable::insert } else { BreakpointTable::remove };
            change(&table, 8, Flags::GDB).unwrap();
            state.store(round, Ordering::Release);
        }
    });
}
