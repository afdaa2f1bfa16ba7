//! `loom`'s types, and the two things this crate's models add to them.
//!
//! **Membarrier.** `loom` has no barrier that one thread imposes on another. In [`Fences::Membarrier`] mode each reader
//! thread of a model ([`as_reader`]) owns a cell on which it does an acquire-release RMW before each of its accesses,
//! and a heavy fence does the same RMW on every reader's cell: wherever the reader was, the updater is then ordered
//! after what the reader had done and before what it does next. One cell a reader, so that no order between readers
//! is invented.
//!
//! **Fences.** `loom`'s reduction does not treat `fence(SeqCst)` as a point at which the order of threads matters, and
//! so does not explore both orders of two fences. A Relaxed RMW on one shared cell right before each makes it.
//!
//! **Mutants.** The orderings of the sources are literal. To show that one carries weight, a run of the models is told
//! by the environment to weaken the one at a given place: `RCU_MUTANT=file:line:operation:ordering`, the line being the
//! caller's for an operation in a function that is `track_caller`. To show that the RMW before fences is needed,
//! `RCU_LOOM_STOCK_FENCES` leaves it out.

use std::cell::{Cell, RefCell};
use std::panic::Location;
use std::rc::Rc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool as StdBool, AtomicUsize as StdUsize};
use std::sync::{LockResult, PoisonError};
use std::time::Duration;

pub use loom::cell::UnsafeCell;
pub use loom::sync::{Mutex, MutexGuard};
pub use loom::{thread, thread_local};
pub use std::sync::atomic::Ordering;

use loom::sync::atomic as lo;

/// How fences are modelled. Chosen before the first execution, for the whole process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fences {
    /// Both sides are `fence(SeqCst)`.
    SeqCst,
    /// The light fence is nothing, the heavy one reaches every reader thread.
    Membarrier,
}

// All threads of a model run on one thread of the process: these are of one run of a model.
std::thread_local! {
    static FENCES: Cell<Fences> = const { Cell::new(Fences::SeqCst) };
    static READERS: Cell<usize> = const { Cell::new(0) };
    static SLEEPS: Cell<u64> = const { Cell::new(0) };
    // Not a lazy static of loom's: those are gone when a model's main thread ends, and the callback thread may end later.
    static CELLS: RefCell<Option<Rc<Cells>>> = const { RefCell::new(None) };
}

/// Chooses how the models that the calling thread runs from now on see fences, and how many of their threads are reader
/// threads.
pub fn configure(fences: Fences, readers: usize) {
    FENCES.set(fences);
    READERS.set(readers);
}

/// The mode chosen.
pub fn fences() -> Fences {
    FENCES.get()
}

struct Cells {
    /// Ordered with every SeqCst fence.
    fence: lo::AtomicUsize,
    /// One for each reader thread.
    readers: Vec<lo::AtomicUsize>,
    taken: Cell<usize>,
}

impl Cells {
    fn new() -> Self {
        let readers = if fences() == Fences::Membarrier { READERS.get() } else { 0 };
        Self {
            fence: lo::AtomicUsize::new(0),
            readers: (0..readers).map(|_| lo::AtomicUsize::new(0)).collect(),
            taken: Cell::new(0),
        }
    }
}

loom::thread_local! {
    static READER: Cell<Option<usize>> = Cell::new(None);
}

/// Makes the shared cells of one execution. To be called by the main thread of a model before it spawns: a cell made later
/// would hand its maker's causality to every user, and hide what the models look for.
pub fn prepare() {
    CELLS.set(Some(Rc::new(Cells::new())));
}

fn cells() -> Rc<Cells> {
    CELLS.with_borrow(|cells| {
        Rc::clone(cells.as_ref().expect("the main thread of a model calls prepare first"))
    })
}

/// Declares the calling thread one that a heavy fence interrupts.
pub fn as_reader() {
    if fences() == Fences::Membarrier {
        let cells = cells();
        let index = cells.taken.replace(cells.taken.get() + 1);
        assert!(index < cells.readers.len(), "more reader threads than the model was prepared for");
        READER.with(|reader| reader.set(Some(index)));
    }
}

/// The point before an access at which a heavy fence of another thread may fall.
fn interruptible() {
    // Destructors of thread-locals run when this one is gone: no section is entered in them.
    if let Ok(Some(index)) = READER.try_with(Cell::get) {
        cells().readers[index].fetch_add(0, Ordering::AcqRel);
    }
}

/// `fence(SeqCst)`, in a form of which `loom` explores both orders.
#[track_caller]
pub fn fence(order: Ordering) {
    assert_eq!(order, Ordering::SeqCst, "the sources use no other fence");
    match weakened("fence", order) {
        Ordering::Relaxed => {}
        Ordering::SeqCst => {
            if !stock_fences() {
                cells().fence.fetch_add(0, Ordering::Relaxed);
            }
            lo::fence(Ordering::SeqCst);
        }
        other => lo::fence(other),
    }
}

fn stock_fences() -> bool {
    static STOCK: OnceLock<bool> = OnceLock::new();
    *STOCK.get_or_init(|| std::env::var_os("RCU_LOOM_STOCK_FENCES").is_some())
}

/// The light fence of the mode.
#[track_caller]
pub fn light_fence() {
    if fences() == Fences::SeqCst {
        fence(Ordering::SeqCst);
    }
}

/// The heavy fence of the mode.
#[track_caller]
pub fn heavy_fence() {
    if fences() == Fences::Membarrier && weakened("fence", Ordering::SeqCst) != Ordering::Relaxed {
        for reader in &cells().readers {
            reader.fetch_add(0, Ordering::AcqRel);
        }
    }
    fence(Ordering::SeqCst);
}

/// The ordering that the environment asks to weaken, if this run has one.
struct Mutant {
    file: String,
    line: u32,
    operation: String,
    order: Ordering,
}

fn mutant() -> Option<&'static Mutant> {
    static MUTANT: OnceLock<Option<Mutant>> = OnceLock::new();
    let parse = |text: String| {
        let [order, operation, line, file] = text.rsplitn(4, ':').collect::<Vec<_>>()[..] else {
            panic!("RCU_MUTANT: file:line:operation:ordering")
        };
        let order = match order {
            "Relaxed" => Ordering::Relaxed,
            "Acquire" => Ordering::Acquire,
            "Release" => Ordering::Release,
            other => panic!("RCU_MUTANT: unknown ordering {other:?}"),
        };
        let line = line.parse().expect("RCU_MUTANT: a line number");
        Mutant { file: file.to_owned(), line, operation: operation.to_owned(), order }
    };
    MUTANT.get_or_init(|| std::env::var("RCU_MUTANT").ok().map(parse)).as_ref()
}

static MUTANT_MET: StdBool = StdBool::new(false);

/// Whether an execution came by the place that the environment asks to weaken: a mutant that no model meets survives for
/// the wrong reason.
pub fn mutant_was_met() -> bool {
    MUTANT_MET.load(Ordering::Relaxed)
}

#[track_caller]
fn weakened(operation: &str, order: Ordering) -> Ordering {
    let Some(mutant) = mutant() else { return order };
    let caller = Location::caller();
    let here = mutant.line == caller.line() && mutant.operation == operation;
    if !here || !caller.file().ends_with(&mutant.file) {
        return order;
    }
    MUTANT_MET.store(true, Ordering::Relaxed);
    mutant.order
}

/// The condition variable of the same name, which counts its sleepers: models assert that both outcomes, a sleep and none,
/// are reached. It never times out.
#[derive(Debug)]
pub struct Condvar(loom::sync::Condvar);

impl Condvar {
    #[expect(clippy::new_without_default, reason = "the face of std's, as far as it is used")]
    pub fn new() -> Self {
        Self(loom::sync::Condvar::new())
    }
    pub fn wait<'a, T>(&self, guard: MutexGuard<'a, T>) -> LockResult<MutexGuard<'a, T>> {
        let guard = self.0.wait(guard);
        SLEEPS.set(SLEEPS.get() + 1);
        guard
    }
    pub fn wait_timeout<'a, T>(
        &self,
        guard: MutexGuard<'a, T>,
        _: Duration,
    ) -> LockResult<(MutexGuard<'a, T>, bool)> {
        let timed_out = false;
        match self.wait(guard) {
            Ok(guard) => Ok((guard, timed_out)),
            Err(poisoned) => Err(PoisonError::new((poisoned.into_inner(), timed_out))),
        }
    }
    pub fn notify_all(&self) {
        self.0.notify_all();
    }
}

/// How often a thread of the models that the calling thread runs has slept, on any condition variable.
pub fn sleeps() -> u64 {
    SLEEPS.get()
}

macro_rules! atomic {
    ($name:ident $(<$param:ident>)?, $inner:ty, $value:ty) => {
        /// The atomic of the same name, interruptible and weakenable.
        #[derive(Debug)]
        pub struct $name $(<$param>)? ($inner);

        impl $(<$param>)? $name $(<$param>)? {
            #[track_caller]
            pub fn new(value: $value) -> Self {
                Self(<$inner>::new(value))
            }
            #[track_caller]
            pub fn load(&self, order: Ordering) -> $value {
                interruptible();
                self.0.load(weakened("load", order))
            }
            #[track_caller]
            pub fn store(&self, value: $value, order: Ordering) {
                interruptible();
                self.0.store(value, weakened("store", order));
            }
            #[track_caller]
            pub fn swap(&self, value: $value, order: Ordering) -> $value {
                interruptible();
                self.0.swap(value, weakened("swap", order))
            }
            #[track_caller]
            pub fn compare_exchange(
                &self, current: $value, new: $value, success: Ordering, failure: Ordering,
            ) -> Result<$value, $value> {
                interruptible();
                self.0.compare_exchange(current, new, weakened("compare_exchange", success), failure)
            }
        }
    };
}

atomic!(AtomicU32, lo::AtomicU32, u32);
atomic!(AtomicU64, lo::AtomicU64, u64);
atomic!(AtomicPtr<T>, lo::AtomicPtr<T>, *mut T);

impl AtomicU64 {
    #[track_caller]
    pub fn fetch_add(&self, value: u64, order: Ordering) -> u64 {
        interruptible();
        self.0.fetch_add(value, weakened("fetch_add", order))
    }
}

/// Reads a word that only the calling thread writes: no point at which threads could be reordered.
pub fn load_own(word: &AtomicU64) -> u64 {
    // SAFETY: only the calling thread writes the word, so no write is concurrent with this read.
    unsafe { word.0.unsync_load() }
}

/// Reads a pointer that nobody else can reach.
pub fn load_mut<T>(pointer: &mut AtomicPtr<T>) -> *mut T {
    pointer.0.with_mut(|pointer| *pointer)
}

/// A number that this process has not had before, from 1. It orders nothing: the models need not explore it.
pub fn unique() -> u64 {
    static NEXT: StdUsize = StdUsize::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed) as u64
}
