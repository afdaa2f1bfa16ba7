//! Updaters: of one CPU, of all, and whoever brings up children.

use debug_tables::{Breakpoint, Flags, TableSet, Watchpoint};

use super::Pace;
use super::log::{Broadcasts, Cpu, Kind};
use crate::model::{Draft, Item, List, Op, Phase, Random, draft, resolve};

/// What a child inherits: the debugger's entries.
const MASK: Flags = Flags::GDB;

pub struct Updater<'r> {
    set: &'r TableSet<Cpu>,
    pace: &'r Pace,
    broadcasts: &'r Broadcasts,
    /// Of breakpoints and of watchpoints.
    drafts: [Random<Draft>; 2],
    turn: u64,
}

impl<'r> Updater<'r> {
    pub fn new(seed: u64, set: &'r TableSet<Cpu>, pace: &'r Pace, broadcasts: &'r Broadcasts) -> Self {
        let drafts = [false, true].map(|watch| Random::new(draft(watch, Phase::Grow), seed));
        Self { set, pace, broadcasts, drafts, turn: seed }
    }

    /// One to three operations; of those on breakpoints and those on watchpoints in turn.
    fn next(&mut self) -> (bool, Vec<Draft>) {
        self.turn += 1;
        if self.turn % 4 == 0 {
            self.pace.wait();
        }
        let watch = self.turn % 2 == 0;
        (watch, (0..1 + self.turn / 2 % 3).map(|_| self.drafts[usize::from(watch)].next()).collect())
    }

    pub fn update_one(&mut self, cpu: &Cpu) {
        match self.next() {
            (false, drafts) => Self::one::<Breakpoint>(cpu, &drafts),
            (true, drafts) => Self::one::<Watchpoint>(cpu, &drafts),
        }
    }

    fn one<E: Kind>(cpu: &Cpu, drafts: &[Draft]) {
        let logged = E::of(cpu);
        let mut came = None;
        let result = logged.table.update(|edit| {
            let ops = resolve(drafts, &E::list(edit));
            if let [Op::Insert(item @ Item { reference: None, .. })] = ops[..] {
                came = Some(item);
            }
            logged.edit(edit, ops, None)
        });
        if let (Ok(()), Some(item)) = (result, came) {
            assert!(
                logged.has_invalidated((item.addr, item.last())),
                "an update invalidates before it returns"
            );
        }
    }

    pub fn broadcast(&mut self) {
        match self.next() {
            (false, drafts) => self.all::<Breakpoint>(&drafts),
            (true, drafts) => self.all::<Watchpoint>(&drafts),
        }
    }

    fn all<E: Kind>(&self, drafts: &[Draft]) {
        let broadcast = self.broadcasts.begin();
        // What the first member is told, all are.
        let mut ops = None;
        let result = E::update_everywhere(self.set, |cpu, edit| {
            let ops = ops.get_or_insert_with(|| resolve(drafts, &E::list(edit)));
            E::of(cpu).edit(edit, ops.clone(), Some(broadcast))
        });
        self.broadcasts.end(broadcast, result.is_ok());
    }

    /// A child joins, inherits, lives for a while, and leaves.
    pub fn raise(&mut self, number: u64, parent: &Cpu) -> Child {
        let cpu = Cpu::new(number);
        let now = || (parent.breakpoints.table.generation(), parent.watchpoints.table.generation());
        let before = now();
        self.set.join_inheriting(cpu.clone(), cpu.tables(), parent, MASK).expect("the parent is a member");
        let after = now();
        for _ in 0..8 {
            self.update_one(&cpu);
        }
        self.set.leave(&cpu).expect("the child is a member");
        Child { cpu, before, after }
    }
}

/// A child that has left, and the parent's generations around its joining.
pub struct Child {
    cpu: Cpu,
    before: (u64, u64),
    after: (u64, u64),
}

impl Child {
    /// The child took one version of the parent, and got every broadcast since, until it left, and no other.
    pub fn assert_inherited_once(&self, parent: &Cpu, broadcasts: &Broadcasts) {
        self.assert_of::<Breakpoint>(parent, broadcasts, self.before.0, self.after.0);
        self.assert_of::<Watchpoint>(parent, broadcasts, self.before.1, self.after.1);
    }

    fn assert_of<E: Kind>(&self, parent: &Cpu, broadcasts: &Broadcasts, before: u64, after: u64) {
        let (of_child, of_parent) = (E::of(&self.cpu), E::of(parent));
        let nothing = List { watch: E::WATCH, items: Vec::new() };
        let versions = of_parent.versions(broadcasts);
        let own = of_child.broadcasts_from(0, broadcasts);
        let mut failures = Vec::new();
        let candidates = before..=(after + 1).min(versions.len() as u64 - 1);
        let fits = candidates.clone().any(|generation| {
            let mut inherited = nothing.clone();
            inherited.inherit(&versions[generation as usize], MASK.bits());
            let history = of_child.replay(&inherited, broadcasts);
            // A broadcast that did not change the parent has the generation of the version before and after it.
            let later = of_parent.broadcasts_from(generation, broadcasts);
            let early = of_parent.broadcasts_from(generation + 1, broadcasts).len();
            let told = (0..=later.len() - early).any(|skipped| later[skipped..].starts_with(&own));
            match history {
                Ok(versions) if told => {
                    of_child.assert_invalidated(&versions);
                    return true;
                }
                Ok(_) => failures.push(format!("told {own:?}, the parent {later:?}")),
                Err(why) => failures.push(why),
            }
            false
        });
        assert!(fits, "child {} of generation {candidates:?}: {failures:#?}", self.cpu.number);
    }
}
