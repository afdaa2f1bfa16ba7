//! Translation caches: no block that was translated from an old snapshot stays in one.
//!
//! The cache of the models has room for one block, for one address. It keeps to loads and stores: loom gives false alarms
//! where stores and RMWs mix on one cell.

use debug_tables::Flags;
use rcu_core::sync::{Arc, AtomicU64, Ordering};
use rcu_core::{Domain, Reader};

use super::{Breakpoints, PC};
use crate::run::{EXHAUSTIVE, Model, reach, reader};

const FOUND: &str = "the invalidation found the block";
const DISCARDED: &str = "the translator saw that the table had changed";
const KEPT: &str = "the block was translated from the new snapshot";

/// See the module.
pub const MODELS: &[Model] = &[Model {
    name: "table/invalidate",
    shows: "insert, fence, look at the generation against publish, fence, invalidate: no stale block stays",
    threads: 2,
    readers: 1,
    extent: EXHAUSTIVE,
    covered_by: &[],
    long: &[],
    outcomes: &[FOUND, DISCARDED, KEPT],
    run: || translate(Translator::InsertsThenChecks, Updater::PublishesFirst),
}];

/// Protocols that are wrong, and must fail.
pub const WRONG: &[Model] = &[
    Model {
        name: "table/check-then-insert",
        shows: "a translator that checks the generation before it inserts leaves a stale block",
        threads: 2,
        readers: 1,
        extent: EXHAUSTIVE,
        covered_by: &[],
        long: &[],
        outcomes: &[],
        run: || translate(Translator::ChecksThenInserts, Updater::PublishesFirst),
    },
    Model {
        name: "table/invalidate-then-publish",
        shows: "an updater that invalidates before it publishes leaves a stale block",
        threads: 2,
        readers: 1,
        extent: EXHAUSTIVE,
        covered_by: &[],
        long: &[],
        outcomes: &[],
        run: || translate(Translator::InsertsThenChecks, Updater::InvalidatesFirst),
    },
];

enum Translator {
    InsertsThenChecks,
    ChecksThenInserts,
}

enum Updater {
    PublishesFirst,
    InvalidatesFirst,
}

// What the cache holds: none, or a block that does not, or does, stop at the address.
const NONE: u64 = 0;
const RUNS_ON: u64 = 1;
const STOPS: u64 = 2;

fn translate(translator: Translator, updater: Updater) {
    let domain = Domain::new();
    let handle = domain.reader();
    let cache = Arc::new(AtomicU64::new(NONE));
    let hooked = Arc::clone(&cache);
    let table = Breakpoints::new_in(&domain);
    let table = Arc::new(match updater {
        Updater::PublishesFirst => table.with_invalidate(move |_| invalidate(&hooked)),
        Updater::InvalidatesFirst => table,
    });
    let (read, filled) = (Arc::clone(&table), Arc::clone(&cache));
    let translator = reader(move || {
        let handle = handle;
        run_translator(&translator, &handle, &read, &filled);
        handle
    });
    if matches!(updater, Updater::InvalidatesFirst) {
        invalidate(&cache);
    }
    table.insert(PC, Flags::GDB).unwrap();
    drop(translator.join().unwrap());
    match cache.load(Ordering::Relaxed) {
        NONE => {}
        STOPS => reach(KEPT),
        _ => panic!("a stale block stays in the cache"),
    }
}

fn run_translator(order: &Translator, handle: &Reader<Domain>, table: &Breakpoints, cache: &AtomicU64) {
    let section = handle.read_lock();
    let generation = table.generation();
    let block = if table.test(&section, PC, Flags::ANY) { STOPS } else { RUNS_ON };
    drop(section);
    match order {
        Translator::InsertsThenChecks => {
            cache.store(block, Ordering::Relaxed);
            if !table.is_current(generation) {
                reach(DISCARDED);
                cache.store(NONE, Ordering::Relaxed);
            }
        }
        Translator::ChecksThenInserts => {
            if table.is_current(generation) {
                cache.store(block, Ordering::Relaxed);
            }
        }
    }
}

fn invalidate(cache: &AtomicU64) {
    if cache.load(Ordering::Relaxed) != NONE {
        reach(FOUND);
        cache.store(NONE, Ordering::Relaxed);
    }
}
