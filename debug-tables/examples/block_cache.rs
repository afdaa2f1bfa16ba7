//! An interpreter that caches blocks of decoded instructions, while a debugger inserts and removes breakpoints.
//!
//! A block runs without a look for breakpoints, so none may have one inside: it ends before it. Each CPU has its table and its
//! cache, and is the only one to put blocks there and to run them. The cache stays coherent by the generation rule: read the
//! generation, then the table; insert the block; take it out again unless the generation is still current, which passes a
//! fence. The debugger publishes, passes a fence, and then has the cache searched, by the table's hook.
//!
//! ```console
//! $ cargo run --release -p debug-tables --example block_cache
//! $ cargo run --release -p debug-tables --example block_cache -- check-then-insert
//! ```
//!
//! The second command asks whether the generation is current before it inserts, and has to fail: a block that comes into the
//! cache after the search stays there, and runs over its breakpoint.
#![expect(clippy::disallowed_types, reason = "not the library: the models do not run this")]

use std::ops::{Range, RangeInclusive};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use std::{array, env, hint, ptr, thread};

use debug_tables::{Breakpoint, BreakpointTable, Breakpoints, CpuTables, Flags, TableSet};
use rcu_core::{RcuBox, RcuOption, Section, read_lock, synchronize};

const BLOCK: usize = 8; // instructions, of which the last is a jump
const PROGRAM: usize = 8 * BLOCK;
/// Blocks that are run in one section.
const RUN: u64 = 16;

#[derive(Clone, Copy)]
enum Op {
    Mix(u64),
    Jump([usize; 2]),
}

fn fetch(pc: usize) -> Op {
    let targets = [pc + 1, pc + 1 + 2 * BLOCK].map(|target| target % PROGRAM);
    if (pc + 1) % BLOCK == 0 { Op::Jump(targets) } else { Op::Mix(pc as u64) }
}

struct Block {
    pcs: Range<usize>,
    ops: Vec<Op>,
}

/// Decodes the block at `pc`, unless there is a breakpoint. Called from RCU critical section.
fn decode(pc: usize, breakpoints: &Breakpoints) -> Result<Block, Breakpoint> {
    let breakpoint_at = |pc: usize| breakpoints.first_match(pc as u64, Flags::ANY);
    if let Some(breakpoint) = breakpoint_at(pc) {
        return Err(*breakpoint); // a copy, which may leave the section
    }
    let end = (pc / BLOCK + 1) * BLOCK;
    let pcs = pc..(pc..end).find(|&pc| breakpoint_at(pc).is_some()).unwrap_or(end);
    Ok(Block { ops: pcs.clone().map(fetch).collect(), pcs })
}

/// The blocks of one CPU, by their first instruction. One that is taken out is freed when no section can be running it.
struct Cache([RcuOption<Block>; PROGRAM]);

impl Cache {
    /// The hook of the CPU's table, which has published a change: takes out every block that can reach it.
    fn invalidate(&self, changed: RangeInclusive<u64>) {
        let earliest = (*changed.start() as usize).saturating_sub(BLOCK - 1);
        self.0[earliest..=*changed.end() as usize].iter().for_each(|slot| drop(slot.swap(None)));
    }
}

/// What the debugger says to be so, for the CPUs to check.
enum Promise {
    /// `insert` has returned: no block that is found runs over the breakpoint.
    Inserted(usize),
    /// `remove` has, and a grace period is over: nobody meets it, and no block that was cut short for it runs.
    Removed(usize),
}

impl Promise {
    fn is_broken_by(&self, found: Result<&Block, Breakpoint>) -> bool {
        match (self, found) {
            (Self::Inserted(pc), Ok(block)) => block.pcs.contains(pc),
            (Self::Inserted(_), Err(_)) => false,
            (Self::Removed(pc), Ok(block)) => block.pcs.end == *pc && pc % BLOCK > 0,
            (Self::Removed(pc), Err(breakpoint)) => breakpoint.pc() == *pc as u64,
        }
    }
}

static PROMISE: RcuOption<Promise> = RcuOption::none();
static STOP: AtomicBool = AtomicBool::new(false);
static HITS: AtomicU64 = AtomicU64::new(0);
static CHECKS: AtomicU64 = AtomicU64::new(0);
static STALE: AtomicU64 = AtomicU64::new(0);

struct Cpu {
    tables: CpuTables,
    cache: Arc<Cache>,
    sections: AtomicU64,
    check_then_insert: bool,
}

impl Cpu {
    /// The block at `pc`, or the breakpoint there. Called from RCU critical section.
    fn find<'g>(&'g self, pc: usize, section: &'g impl Section) -> Result<&'g Block, Breakpoint> {
        let slot = &self.cache.0[pc];
        loop {
            if let Some(block) = slot.load(section) {
                return Ok(block);
            }
            let generation = self.tables.breakpoints.generation();
            let block = RcuBox::new(decode(pc, self.tables.breakpoints.read(section))?);
            let is_current = || self.tables.breakpoints.is_current(generation);
            let inserts = !self.check_then_insert || is_current();
            (0..50).for_each(|_| hint::spin_loop()); // code generation takes longer than decoding
            if inserts {
                drop(slot.swap(Some(block)));
            }
            if !self.check_then_insert && !is_current() {
                drop(slot.swap(None));
            }
        }
    }

    fn run(&self) {
        let (mut pc, mut state) = (0, 1);
        while !STOP.load(Ordering::Relaxed) {
            let section = read_lock();
            for _ in 0..RUN {
                let promise = PROMISE.load(&section);
                let found = self.find(pc, &section);
                let now = PROMISE.load(&section);
                // What held before and holds still, held meanwhile: in one section no address is used twice.
                if let Some(promise) = promise.filter(|before| now.is_some_and(|now| ptr::eq(*before, now))) {
                    CHECKS.fetch_add(1, Ordering::Relaxed);
                    STALE.fetch_add(promise.is_broken_by(found).into(), Ordering::Relaxed);
                }
                // A hit is stepped over: here, the debugger has nothing to say.
                HITS.fetch_add(found.is_err().into(), Ordering::Relaxed);
                let step_over = [fetch(pc)];
                for op in found.map_or(&step_over[..], |block| &block.ops) {
                    match op {
                        Op::Mix(value) => {
                            pc += 1;
                            state = (state ^ value).wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                        }
                        Op::Jump(targets) => pc = targets[(state >> 63) as usize],
                    }
                }
            }
            // There is little room: a block has to go, and is decoded anew when it is needed.
            drop(self.cache.0[(state >> 32) as usize % PROGRAM / BLOCK * BLOCK].swap(None));
            self.sections.fetch_add(1, Ordering::Release);
        }
    }
}

fn main() {
    let check_then_insert = env::args().any(|argument| argument == "check-then-insert");
    // What is wrong is looked for until it is found.
    let duration = Duration::from_millis(if check_then_insert { 60_000 } else { 1500 });
    let set = TableSet::new();
    let cpus = [0, 1].map(|cpu| {
        let cache = Arc::new(Cache(array::from_fn(|_| RcuOption::none())));
        let searched = Arc::clone(&cache);
        let table = BreakpointTable::new().with_invalidate(move |changed| searched.invalidate(changed));
        let tables = CpuTables { breakpoints: Arc::new(table), ..CpuTables::new() };
        set.join(cpu, tables.clone());
        Cpu { tables, cache, sections: AtomicU64::new(0), check_then_insert }
    });
    // Until every CPU has run a whole section that began after the promise was made.
    let keep = |promise| {
        drop(PROMISE.swap(Some(RcuBox::new(promise))));
        for (cpu, before) in cpus.each_ref().map(|cpu| (cpu, cpu.sections.load(Ordering::Acquire))) {
            while cpu.sections.load(Ordering::Acquire) < before + 2 {
                thread::yield_now();
            }
        }
        drop(PROMISE.swap(None));
    };
    let mut changes = 0;
    thread::scope(|s| {
        cpus.iter().for_each(|cpu| drop(s.spawn(|| cpu.run())));
        let start = Instant::now();
        while start.elapsed() < duration && STALE.load(Ordering::Relaxed) == 0 {
            let pc = changes / 2 * 29 % PROGRAM;
            set.insert_all(pc as u64, Flags::GDB).expect("known flags");
            keep(Promise::Inserted(pc));
            set.remove_all(pc as u64, Flags::GDB).expect("all tables have it");
            synchronize();
            keep(Promise::Removed(pc));
            changes += 2;
        }
        STOP.store(true, Ordering::Relaxed);
    });

    let blocks: u64 = cpus.iter().map(|cpu| RUN * cpu.sections.load(Ordering::Relaxed)).sum();
    let [hits, checks, stale] = [&HITS, &CHECKS, &STALE].map(|count| count.load(Ordering::Relaxed));
    println!("{blocks} blocks, {hits} hits, {changes} changes, {checks} checks, {stale} stale blocks");
    assert!(hits > 0 && checks > 0);
    assert_eq!(stale, 0, "a block ran that was made before a breakpoint came or went");
}
