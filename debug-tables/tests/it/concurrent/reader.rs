//! Readers, and what makes their answers true.

use std::thread;

use debug_tables::{Access, Breakpoint, Watchpoint};
use rcu_core::read_lock;

use super::log::{Broadcasts, Cpu, Kind, Logged};
use super::{Pace, Seen};
use crate::model::{Answer, List, Query, near};

/// Of looks at an unchanged table, so many are remembered.
const SAME: usize = 4;

/// Answers of one snapshot, and the generations before and after.
pub struct Look {
    before: u64,
    after: u64,
    answers: Vec<(Query, Answer)>,
}

fn look<E: Kind>(logged: &Logged<E>, turn: usize) -> Look {
    let table = &logged.table;
    let before = table.generation();
    let mut answers = Vec::new();
    let section = read_lock();
    // An updater may come in between, where there is one processor too.
    let let_others_run = || {
        if turn % 4 == 0 {
            thread::yield_now();
        }
    };
    let_others_run();
    if turn % 3 == 0 {
        // One question to the table, with nothing else in its section.
        let query = match (E::WATCH, turn % 2) {
            (false, _) => Query::Test(0x1000, 0x30),
            (true, 0) => Query::Matches(0, u64::MAX),
            (true, _) => Query::Check(0x1000, 0x1000, Access::Write),
        };
        answers.push((query, E::ask_table(table, &section, &query)));
    } else {
        let snapshot = table.read(&section);
        let items = E::list(snapshot).items;
        let near_one = items.get(turn % items.len().max(1)).map_or(0x1000, |item| item.addr);
        let mut ask = |query| answers.push((query, E::ask(snapshot, &query)));
        ask(Query::Entries);
        let_others_run();
        near(E::WATCH, near_one, &mut ask);
        (1..=8).for_each(|reference| ask(Query::ByRef(reference)));
    }
    drop(section);
    Look { before, after: table.generation(), answers }
}

/// The looks at one table that are worth remembering.
struct Looks<'r, E: Kind> {
    logged: &'r Logged<E>,
    turn: usize,
    same: usize,
    kept: Vec<Look>,
}

impl<'r, E: Kind> Looks<'r, E> {
    fn new(cpu: &'r Cpu) -> Self {
        Self { logged: E::of(cpu), turn: 0, same: 0, kept: Vec::new() }
    }

    fn take(&mut self, pace: &Pace) {
        let look = look(self.logged, self.turn);
        pace.asked();
        self.turn += 1;
        let unchanged = self.kept.last().is_some_and(|last| look.after == last.before);
        self.same = if unchanged { self.same + 1 } else { 0 };
        if self.same <= SAME {
            self.kept.push(look);
        }
    }
}

/// Looks at the table until all updates are over, and once more.
pub fn read<E: Kind>(cpu: &Cpu, pace: &Pace) -> Vec<Look> {
    let mut looks = Looks::<E>::new(cpu);
    loop {
        let over = pace.is_over();
        looks.take(pace);
        if over {
            return looks.kept;
        }
    }
}

/// Looks at both tables of the CPU in turn.
pub fn read_both(cpu: &Cpu, pace: &Pace) -> (Vec<Look>, Vec<Look>) {
    let mut looks = (Looks::<Breakpoint>::new(cpu), Looks::<Watchpoint>::new(cpu));
    while !pace.is_over() {
        looks.0.take(pace);
        looks.1.take(pace);
    }
    (looks.0.kept, looks.1.kept)
}

/// Finds a version for each look: within its generations, and no older than that of the look before.
pub fn explain<E: Kind>(looks: &[Look], logged: &Logged<E>, broadcasts: &Broadcasts, seen: &mut Seen) {
    let versions = logged.versions(broadcasts);
    let mut newest = 0;
    for Look { before, after, answers } in looks {
        // What was published and not yet counted.
        let last = (*after as usize + 1).min(versions.len() - 1);
        let first = newest.max(*before as usize);
        let is_true = |list: &List| answers.iter().all(|(query, answer)| list.ask(query) == *answer);
        let version = (first..=last).find(|&version| is_true(&versions[version])).unwrap_or_else(|| {
            let lists = &versions[first.min(last)..=last];
            panic!("no version of {first}..={last} makes these answers true: {answers:x?}\n{lists:x?}")
        });
        seen.looks += 1;
        seen.versions += usize::from(version != newest);
        seen.beside_a_change += usize::from(before != after || version > *after as usize);
        seen.queries += answers.len();
        seen.hits += answers.iter().filter(|(_, answer)| answer.is_hit()).count();
        newest = version;
    }
}
