//! What was done to a table, in the order of its publications, and the lists that come of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use debug_tables::{Breakpoint, CpuTables, Edit, Error, Table, Watchpoint};
use rcu_core::read_lock;
use rcu_core::sync::{AtomicU64, Mutex, Ordering, lock};

use crate::model::{List, Op, Subject, apply_all};
use crate::publication::{Log, logged, taken};

/// One update, written down under the update lock.
pub struct Done {
    /// Before it.
    generation: u64,
    ops: Vec<Op>,
    result: Result<usize, Error>,
    pub broadcast: Option<u64>,
}

/// How the broadcasts have ended: one that a member refused changed none.
#[derive(Default)]
pub struct Broadcasts {
    next: AtomicU64,
    results: Mutex<BTreeMap<u64, bool>>,
}

impl Broadcasts {
    pub fn begin(&self) -> u64 {
        // Relaxed: a name.
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    pub fn end(&self, broadcast: u64, done: bool) {
        lock(&self.results).insert(broadcast, done);
    }

    /// Whether it changed its members.
    pub fn was_done(&self, broadcast: u64) -> bool {
        lock(&self.results)[&broadcast]
    }
}

/// A table, what was done to it, and what it invalidated.
#[derive(Clone)]
pub struct Logged<E: Subject> {
    pub table: Arc<Table<E>>,
    done: Arc<Mutex<Vec<Done>>>,
    invalidated: Log,
}

impl<E: Subject> Logged<E> {
    fn new() -> Self {
        let (table, invalidated) = logged();
        Self { table: Arc::new(table), done: Arc::default(), invalidated }
    }

    /// Edits the table and writes it down.
    pub fn edit(&self, edit: &mut Edit<'_, E>, ops: Vec<Op>, broadcast: Option<u64>) -> Result<(), Error> {
        let result: Result<usize, Error> = ops.iter().map(|op| E::edit(edit, op)).sum();
        let generation = self.table.generation();
        lock(&self.done).push(Done { generation, ops, result, broadcast });
        result.map(drop)
    }

    /// Whether this range was invalidated at any time so far.
    pub fn has_invalidated(&self, range: (u64, u64)) -> bool {
        lock(&self.invalidated).iter().any(|other| (*other.start(), *other.end()) == range)
    }

    /// The lists of all generations, the last of which has to be what the table shows now. `inherited` came first.
    pub fn replay(&self, inherited: &List, broadcasts: &Broadcasts) -> Result<Vec<List>, String> {
        let mut versions = vec![List { watch: E::WATCH, items: Vec::new() }];
        versions.extend((!inherited.items.is_empty()).then(|| inherited.clone()));
        for Done { generation, ops, result, broadcast } in lock(&self.done).iter() {
            let now = versions.last().expect("the first");
            let mut next = now.clone();
            let expected = apply_all(&mut next, ops);
            if expected != *result {
                return Err(format!("{result:?} instead of {expected:?} by {ops:x?} on {now:x?}"));
            }
            if *generation != versions.len() as u64 - 1 {
                return Err(format!("generation {generation} instead of {}", versions.len() - 1));
            }
            let refused = broadcast.is_some_and(|broadcast| !broadcasts.was_done(broadcast));
            if !refused && next != *now {
                versions.push(next);
            }
        }
        let last = versions.last().expect("the first");
        let shown = E::list(self.table.read(&read_lock()));
        if shown != *last || self.table.generation() != versions.len() as u64 - 1 {
            return Err(format!("{shown:x?} instead of {last:x?}, generation {}", self.table.generation()));
        }
        Ok(versions)
    }

    /// The lists of all generations of a table that began empty.
    pub fn versions(&self, broadcasts: &Broadcasts) -> Vec<List> {
        let nothing = List { watch: E::WATCH, items: Vec::new() };
        self.replay(&nothing, broadcasts).unwrap_or_else(|why| panic!("{why}"))
    }

    /// Whatever came or went between two versions was invalidated.
    pub fn assert_invalidated(&self, versions: &[List]) {
        let told: BTreeSet<_> =
            taken(&self.invalidated).iter().map(|range| (*range.start(), *range.end())).collect();
        for pair in versions.windows(2) {
            let differ = pair[0].ranges_that_differ(&pair[1]);
            assert!(differ.iter().all(|range| told.contains(range)), "{differ:x?} is to be invalidated");
        }
    }

    /// The broadcasts that changed, or would have changed, this table at this generation or later.
    pub fn broadcasts_from(&self, generation: u64, broadcasts: &Broadcasts) -> Vec<u64> {
        let done = lock(&self.done);
        let later = done.iter().filter(|done| done.generation >= generation);
        later.filter_map(|done| done.broadcast).filter(|&broadcast| broadcasts.was_done(broadcast)).collect()
    }
}

/// The key of a CPU in the set, by which a broadcast finds the logs.
#[derive(Clone)]
pub struct Cpu {
    pub number: u64,
    pub breakpoints: Logged<Breakpoint>,
    pub watchpoints: Logged<Watchpoint>,
}

impl Cpu {
    pub fn new(number: u64) -> Self {
        Self { number, breakpoints: Logged::new(), watchpoints: Logged::new() }
    }

    pub fn tables(&self) -> CpuTables {
        let (breakpoints, watchpoints) = (&self.breakpoints.table, &self.watchpoints.table);
        CpuTables { breakpoints: Arc::clone(breakpoints), watchpoints: Arc::clone(watchpoints) }
    }
}

impl PartialEq for Cpu {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

impl Eq for Cpu {}

impl PartialOrd for Cpu {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Cpu {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.number.cmp(&other.number)
    }
}

/// Of either kind.
pub trait Kind: Subject {
    fn of(cpu: &Cpu) -> &Logged<Self>;
}

impl Kind for Breakpoint {
    fn of(cpu: &Cpu) -> &Logged<Self> {
        &cpu.breakpoints
    }
}

impl Kind for Watchpoint {
    fn of(cpu: &Cpu) -> &Logged<Self> {
        &cpu.watchpoints
    }
}
