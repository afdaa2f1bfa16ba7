//! One table beside its list, which have to agree: the entries, queries, the generation, and what was invalidated.

use std::collections::BTreeSet;
use std::sync::Arc;

use debug_tables::Table;
use rcu_core::read_lock;

use super::random::REFERENCES;
use super::{List, Query, Subject, Tally, query};
use crate::publication::{Log, logged, taken};

/// Queries are asked near this many addresses in a step, of those that there are in turn.
const NEAR: usize = 16;

/// See the module.
pub struct Side<E: Subject> {
    pub table: Arc<Table<E>>,
    log: Log,
    pub list: List,
    /// Before the step.
    pub before: List,
    generation: u64,
}

impl<E: Subject> Side<E> {
    pub fn new() -> Self {
        let (table, log) = logged();
        let list = List { watch: E::WATCH, items: Vec::new() };
        Self { table: Arc::new(table), log, before: list.clone(), list, generation: 0 }
    }

    pub fn begin(&mut self) {
        self.before.clone_from(&self.list);
        self.generation = self.table.generation();
    }

    /// `exactly`: no more was invalidated than has to be.
    pub fn compare(&self, exactly: bool, tally: &mut Tally) {
        let changed = self.list != self.before;
        let snapshot = E::list(self.table.read(&read_lock()));
        assert_eq!(snapshot, self.list, "the entries and their order");
        assert_eq!(
            self.table.generation(),
            self.generation + u64::from(changed),
            "a generation is one change"
        );
        assert_eq!(self.table.is_current(self.generation), !changed);
        let invalidated: BTreeSet<_> =
            taken(&self.log).iter().map(|range| (*range.start(), *range.end())).collect();
        let differ = self.before.ranges_that_differ(&self.list);
        assert!(differ.iter().all(|range| invalidated.contains(range)), "{differ:x?} is to be invalidated");
        assert!(!exactly || differ.len() == invalidated.len(), "{invalidated:x?} instead of {differ:x?}");
        if changed || tally.steps % 4 == 0 {
            self.ask(tally);
        }
        tally.longest = tally.longest.max(self.list.items.len());
    }

    fn ask(&self, tally: &mut Tally) {
        let items = self.list.items.iter().chain(&self.before.items);
        let ends = items.flat_map(|item| [item.addr, item.last()]);
        let near: BTreeSet<u64> =
            ends.flat_map(|addr| [addr.wrapping_sub(1), addr, addr.wrapping_add(1)]).collect();
        let section = read_lock();
        let skipped = (tally.steps as usize * NEAR) % near.len().max(1);
        let turn = near.iter().cycle().skip(skipped).take(near.len().min(NEAR));
        let mut ask = |query: Query| {
            let expected = self.list.ask(&query);
            tally.queries += 1;
            tally.hits += u64::from(expected.is_hit());
            assert_eq!(E::ask(self.table.read(&section), &query), expected, "{query:x?}");
            if !matches!(query, Query::Any(..)) {
                assert_eq!(E::ask_table(&self.table, &section, &query), expected, "{query:x?} of the table");
            }
        };
        ask(Query::Entries);
        (1..=REFERENCES).for_each(|reference| ask(Query::ByRef(reference)));
        turn.for_each(|&addr| query::near(E::WATCH, addr, &mut ask));
    }
}
