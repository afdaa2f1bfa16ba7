//! A set of CPUs beside their lists, which have to agree after every step.

use std::sync::Arc;

use debug_tables::{Breakpoint, CpuTables, Error, TableSet, Watchpoint};

use super::random::CPUS;
use super::side::Side;
use super::subject::flags;
use super::{Draft, Item, List, Op, Step, Subject, Tally, apply_all, resolve};

type Done = Result<usize, Error>;

struct Cpu {
    member: bool,
    breakpoints: Side<Breakpoint>,
    watchpoints: Side<Watchpoint>,
}

pub struct World {
    set: TableSet<usize>,
    cpus: Vec<Cpu>,
    pub tally: Tally,
}

trait Kind: Subject {
    fn side(cpu: &mut Cpu) -> &mut Side<Self>;
}

impl Kind for Breakpoint {
    fn side(cpu: &mut Cpu) -> &mut Side<Self> {
        &mut cpu.breakpoints
    }
}

impl Kind for Watchpoint {
    fn side(cpu: &mut Cpu) -> &mut Side<Self> {
        &mut cpu.watchpoints
    }
}

impl Cpu {
    fn new() -> Self {
        Self { member: false, breakpoints: Side::new(), watchpoints: Side::new() }
    }

    fn tables(&self) -> CpuTables {
        let (breakpoints, watchpoints) = (&self.breakpoints.table, &self.watchpoints.table);
        CpuTables { breakpoints: Arc::clone(breakpoints), watchpoints: Arc::clone(watchpoints) }
    }
}

impl World {
    /// One CPU is a member of the set.
    pub fn new() -> Self {
        let mut world = Self {
            set: TableSet::new(),
            cpus: (0..CPUS).map(|_| Cpu::new()).collect(),
            tally: Tally::default(),
        };
        world.set.join(0, world.cpus[0].tables());
        world.cpus[0].member = true;
        world
    }

    /// Takes a step on both, and compares all there is.
    pub fn step(&mut self, step: &Step) {
        for cpu in &mut self.cpus {
            cpu.breakpoints.begin();
            cpu.watchpoints.begin();
        }
        self.tally.steps += 1;
        let (table, list, met) = match *step {
            Step::Clear { mask } => self.clear(mask),
            Step::Toggle { cpu, parent, fresh, mask } => self.toggle(cpu, parent, fresh, mask),
            Step::One { watch: false, .. }
            | Step::Update { watch: false, .. }
            | Step::Inherit { watch: false, .. }
            | Step::All { watch: false, .. }
            | Step::UpdateAll { watch: false, .. } => self.step_of::<Breakpoint>(step),
            _ => self.step_of::<Watchpoint>(step),
        };
        assert_eq!(table, list, "the result");
        let Self { cpus, tally, .. } = self;
        tally.met += u64::from(met);
        tally.refused += u64::from(table.is_err());
        let changed = |cpu: &Cpu| {
            cpu.breakpoints.before != cpu.breakpoints.list || cpu.watchpoints.before != cpu.watchpoints.list
        };
        tally.changed += u64::from(cpus.iter().any(changed));
        let exactly = !matches!(step, Step::Update { .. } | Step::UpdateAll { .. });
        for cpu in cpus {
            cpu.breakpoints.compare(exactly, tally);
            cpu.watchpoints.compare(exactly, tally);
        }
        assert_eq!(self.set.keys(), self.members());
    }

    fn members(&self) -> Vec<usize> {
        (0..CPUS).filter(|&cpu| self.cpus[cpu].member).collect()
    }

    /// What the tables say, what the lists say, and whether there was anything to meet.
    fn step_of<E: Kind>(&mut self, step: &Step) -> (Done, Done, bool) {
        match *step {
            Step::One { cpu, ref draft, .. } => {
                let Side { table, list, before, .. } = E::side(&mut self.cpus[cpu]);
                let op = draft.on(list);
                (E::apply(table, &op), op.apply(list), op.meets_one_of(before))
            }
            Step::Update { cpu, ref drafts, .. } => {
                let Side { table, list, before, .. } = E::side(&mut self.cpus[cpu]);
                let ops = resolve(drafts, list);
                let done = table.update(|edit| ops.iter().map(|op| E::edit(edit, op)).sum());
                (done, apply_all(list, &ops), ops.iter().any(|op| op.meets_one_of(before)))
            }
            Step::Inherit { cpu, parent, mask, .. } => {
                let Side { table, list, .. } = E::side(&mut self.cpus[parent]);
                let (parent, inherited) = (Arc::clone(table), list.clone());
                let Side { table, list, before, .. } = E::side(&mut self.cpus[cpu]);
                let counts = (Ok(table.inherit(&parent, flags(mask))), Ok(list.inherit(&inherited, mask)));
                (counts.0, counts.1, !before.items.is_empty())
            }
            Step::All { ref draft, .. } => self.broadcast::<E>(std::slice::from_ref(draft), true),
            Step::UpdateAll { ref drafts, .. } => self.broadcast::<E>(drafts, false),
            Step::Clear { .. } | Step::Toggle { .. } => unreachable!("these are of both kinds"),
        }
    }

    /// All members take the operations, or none does.
    fn broadcast<E: Kind>(&mut self, drafts: &[Draft], by_own_call: bool) -> (Done, Done, bool) {
        let members = self.members();
        let mut lists: Vec<List> =
            members.iter().map(|&cpu| E::side(&mut self.cpus[cpu]).list.clone()).collect();
        let drawn_from = lists.first().cloned().unwrap_or(List { watch: E::WATCH, items: Vec::new() });
        let ops = resolve(drafts, &drawn_from);
        let own = |op: &Op| match op {
            Op::Insert(item @ Item { reference: None, .. }) => Some(E::insert_everywhere(&self.set, item)),
            Op::Remove(item) => Some(E::remove_everywhere(&self.set, item)),
            _ => None,
        };
        let done = ops.first().filter(|_| by_own_call).and_then(own);
        // An empty set refuses what is invalid by the set's own calls only: in an update nobody says it.
        let refused = done.is_some() && lists.is_empty();
        let done = done.unwrap_or_else(|| {
            E::update_everywhere(&self.set, |_, edit| {
                ops.iter().try_for_each(|op| E::edit(edit, op).map(drop))
            })
        });
        let met = lists.iter().any(|list| ops.iter().any(|op| op.meets_one_of(list)));
        if refused {
            return (done.map(|()| 0), apply_all(&mut drawn_from.clone(), &ops).or_else(not_found), met);
        }
        let expected = lists.iter_mut().try_for_each(|list| apply_all(list, &ops).map(drop));
        if expected.is_ok() {
            for (&cpu, list) in members.iter().zip(lists) {
                E::side(&mut self.cpus[cpu]).list = list;
            }
        }
        (done.map(|()| 0), expected.map(|()| 0), met)
    }

    fn clear(&mut self, mask: u32) -> (Done, Done, bool) {
        let done = self.set.clear(flags(mask));
        let members = self.cpus.iter_mut().filter(|cpu| cpu.member);
        let removed = members
            .map(|cpu| cpu.breakpoints.list.remove_all(mask) + cpu.watchpoints.list.remove_all(mask))
            .sum();
        (Ok(done), Ok(removed), removed > 0)
    }

    fn toggle(&mut self, cpu: usize, parent: Option<usize>, fresh: bool, mask: u32) -> (Done, Done, bool) {
        if self.cpus[cpu].member {
            let tables = self.set.leave(&cpu).expect("a member");
            assert!(Arc::ptr_eq(&tables.watchpoints, &self.cpus[cpu].watchpoints.table));
            self.cpus[cpu].member = false;
            return (Ok(0), Ok(0), true);
        }
        if fresh {
            self.cpus[cpu] = Cpu::new();
        }
        let tables = self.cpus[cpu].tables();
        let Some(parent) = parent else {
            self.set.join(cpu, tables);
            self.cpus[cpu].member = true;
            return (Ok(0), Ok(0), false);
        };
        let done = self.set.join_inheriting(cpu, tables, &parent, flags(mask));
        if !self.cpus[parent].member {
            return (done, Err(Error::NotFound), false);
        }
        let Cpu { breakpoints, watchpoints, .. } = &self.cpus[parent];
        let (breakpoints, watchpoints) = (breakpoints.list.clone(), watchpoints.list.clone());
        let child = &mut self.cpus[cpu];
        child.member = true;
        let inherited = child.breakpoints.list.inherit(&breakpoints, mask)
            + child.watchpoints.list.inherit(&watchpoints, mask);
        (done, Ok(inherited), inherited > 0)
    }
}

/// Nobody is there to lack anything.
fn not_found(error: Error) -> Done {
    if error == Error::NotFound { Ok(0) } else { Err(error) }
}
