//! Runs a model: in a mode of fences, to completion, with its executions counted.
//!
//! loom returns as if a model had passed when a time or execution limit cut it short, so none is set here; what limits
//! there are make it panic. What all executions together must have shown, a model declares as outcomes.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rcu_core::sync::model::{self, Fences};
use rcu_core::sync::thread;

use crate::arrays;

/// Scheduling points of one execution beyond which a model is taken to loop for ever.
const MAX_BRANCHES: usize = 20_000;

/// How fences are modelled: see `sync::model`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mode {
    /// Both sides are `fence(SeqCst)`.
    Fence,
    /// The light fence is nothing, the heavy one reaches every reader thread.
    Membarrier,
}

impl Mode {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Fence, Self::Membarrier];

    /// By its name on the command line.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.to_string() == name)
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Fence => "fence",
            Self::Membarrier => "membarrier",
        })
    }
}

/// How much of a model's state space is explored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// Every execution that loom's reduction tells apart.
    Exhaustive,
    /// Those with at most so many preemptions.
    Bound(usize),
}

impl fmt::Display for Extent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exhaustive => f.write_str("exhaustive"),
            Self::Bound(preemptions) => write!(f, "bound {preemptions}"),
        }
    }
}

/// A small concurrent program and what it shows.
#[derive(Debug)]
pub struct Model {
    /// `protocol/name`.
    pub name: &'static str,
    /// What holds in every execution.
    pub shows: &'static str,
    /// How many threads run, the main one included.
    pub threads: usize,
    /// How many of them are started by [`reader`].
    pub readers: usize,
    /// How much is explored in each mode, [`Mode::Fence`] first.
    pub extent: [Extent; 2],
    /// Where a bound is set: models without one, which come by the same pairs of orderings, each with less around it.
    pub covered_by: &'static [&'static str],
    /// In which modes it takes too long for the test suite: then only `models all` runs it.
    pub long: &'static [Mode],
    /// What some execution must [`reach`].
    pub outcomes: &'static [&'static str],
    /// The main thread's program.
    pub run: fn(),
}

/// Both modes without a bound.
pub const EXHAUSTIVE: [Extent; 2] = [Extent::Exhaustive; 2];

impl Model {
    /// How much is explored in this mode.
    pub fn extent(&self, mode: Mode) -> Extent {
        self.extent[mode as usize]
    }

    /// Whether nothing is left out in this mode.
    pub fn is_exhaustive(&self, mode: Mode) -> bool {
        self.extent(mode) == Extent::Exhaustive
    }

    /// Whether the test suite runs it in this mode.
    pub fn is_quick(&self, mode: Mode) -> bool {
        !self.long.contains(&mode)
    }
}

/// A completed run.
#[derive(Clone, Copy, Debug)]
pub struct Completed {
    /// How many executions there were.
    pub executions: u64,
    /// How long they took.
    pub time: Duration,
}

/// As a child prints it, and [`Completed::parse`] reads it.
impl fmt::Display for Completed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} executions, {:.2} s", self.executions, self.time.as_secs_f64())
    }
}

impl Completed {
    /// From a text that ends with one.
    pub fn parse(text: &str) -> Option<Self> {
        let (before, time) = text.trim().strip_suffix(" s")?.rsplit_once(" executions, ")?;
        let executions = before.rsplit(' ').next()?.parse().ok()?;
        Some(Self { executions, time: Duration::try_from_secs_f64(time.parse().ok()?).ok()? })
    }
}

// All threads of a model run on the thread of the process that called `run`.
std::thread_local! {
    static DEBTS: Cell<i64> = const { Cell::new(0) };
    static REACHED: RefCell<BTreeSet<&'static str>> = const { RefCell::new(BTreeSet::new()) };
}

/// Says that something must have happened by the end of the execution: [`pay`] says that it has.
pub fn owe() {
    DEBTS.set(DEBTS.get() + 1);
}

/// See [`owe`].
pub fn pay() {
    DEBTS.set(DEBTS.get() - 1);
    assert!(DEBTS.get() >= 0, "something ran twice");
}

fn assert_paid() {
    assert_eq!(DEBTS.get(), 0, "something never ran");
}

/// Says that this execution shows one of the model's outcomes.
pub fn reach(outcome: &'static str) {
    REACHED.with_borrow_mut(|reached| reached.insert(outcome));
}

/// Starts a thread that heavy fences reach: one that enters sections.
pub fn reader<T: 'static>(f: impl FnOnce() -> T + 'static) -> thread::JoinHandle<T> {
    thread::spawn(move || {
        model::as_reader();
        f()
    })
}

/// Of the model that the process runs. Not a thread-local of loom's threads: it outlives an execution.
static EXECUTIONS: AtomicU64 = AtomicU64::new(0);

/// How many executions the model that runs, or ran last, has begun. A process runs one at a time.
pub fn executions() -> u64 {
    EXECUTIONS.load(Ordering::Relaxed)
}

/// Runs a model to completion. Panics, as loom does, at the first execution that fails.
pub fn run(model: &'static Model, mode: Mode) -> Completed {
    let completed = explore(model, mode, None);
    for outcome in model.outcomes {
        assert!(REACHED.with_borrow(|reached| reached.contains(outcome)), "no execution shows: {outcome}");
    }
    completed
}

/// Runs the first so many executions of a model, to see by which places they come. Shows nothing else: this is no pass.
pub fn survey(model: &'static Model, mode: Mode, executions: usize) {
    explore(model, mode, Some(executions));
}

fn explore(model: &'static Model, mode: Mode, executions: Option<usize>) -> Completed {
    let fences = match mode {
        Mode::Fence => Fences::SeqCst,
        Mode::Membarrier => Fences::Membarrier,
    };
    model::configure(fences, model.readers);
    REACHED.take();
    let mut builder = loom::model::Builder::new();
    builder.max_branches = MAX_BRANCHES;
    // Not from the environment: a run that any of these cuts short would look complete.
    builder.max_permutations = executions;
    // loom looks at the limit only so often.
    builder.checkpoint_interval = executions.unwrap_or(builder.checkpoint_interval);
    builder.max_duration = None;
    builder.checkpoint_file = None;
    builder.preemption_bound = match model.extent(mode) {
        Extent::Exhaustive => None,
        Extent::Bound(preemptions) => Some(preemptions),
    };
    EXECUTIONS.store(0, Ordering::Relaxed);
    let start = Instant::now();
    builder.check(move || {
        EXECUTIONS.fetch_add(1, Ordering::Relaxed);
        assert_paid();
        arrays::watch(false);
        model::prepare();
        (model.run)();
    });
    let time = start.elapsed();
    arrays::watch(false);
    assert_paid();
    Completed { executions: self::executions(), time }
}
