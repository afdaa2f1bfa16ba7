//! `loom`'s types, and what this crate's models add to them.
//!
//! **Membarrier.** `loom` has no barrier that one thread imposes on another. In [`Fences::Membarrier`] mode each reader
//! thread of a model ([`as_reader`]) owns a cell on which it does an acquire-release RMW before each of its accesses,
//! and a remote fence does the same RMW on every reader's cell: wherever the reader was, the updater is then ordered
//! after what the reader had done and before what it does next. One cell a reader, so that no order between readers
//! is invented. To weaken a heavy fence to Relaxed leaves these RMWs out; to Release or Acquire, it leaves them in, and they order
//! light readers by themselves: one-sided heavy fences are judged in the other mode, and beside readers on the slow path.
//!
//! **Fences.** `loom`'s reduction does not treat `fence(SeqCst)` as a point at which the order of threads matters, and
//! so does not explore both orders of two fences. A Relaxed RMW on one shared cell right before each makes it.
//!
//! **Mutants.** See [`mutant`].

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::ops::Deref;
use std::rc::Rc;
use std::sync::atomic::AtomicUsize as StdUsize;
use std::sync::{LockResult, PoisonError};
use std::time::Duration;

pub use loom::cell::UnsafeCell;
pub use loom::sync::{Mutex, MutexGuard};
pub use loom::{thread, thread_local};
pub use std::sync::atomic::Ordering;

use loom::sync::atomic as lo;

use mutant::{stock_fences, weakened};

pub mod met;
pub mod mutant;

/// How fences are modelled.
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
    static ORDINALS: Cell<usize> = const { Cell::new(0) };
    // Not a lazy static of loom's: those are gone when a model's main thread ends, and the callback thread may end later.
    static CELLS: RefCell<Option<Rc<Cells>>> = const { RefCell::new(None) };
    static STATICS: RefCell<Vec<(usize, Box<dyn Any>)>> = const { RefCell::new(Vec::new()) };
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

/// Runs `f` in every execution, in [`Fences::SeqCst`] mode, with no limit but a bound of preemptions that the environment may set.
pub fn check(f: impl Fn() + Send + Sync + 'static) {
    configure(Fences::SeqCst, 0);
    let mut builder = loom::model::Builder::new();
    builder.max_branches = 20_000;
    builder.max_permutations = None;
    builder.max_duration = None;
    builder.checkpoint_file = None;
    builder.check(move || {
        prepare();
        f();
    });
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
    static ORDINAL: usize = ORDINALS.replace(ORDINALS.get() + 1);
}

/// Makes the shared cells of one execution. To be called by the main thread of a model before it spawns: a cell made later
/// would hand its maker's causality to every user, and hide what the models look for.
pub fn prepare() {
    STATICS.take();
    ORDINALS.set(0);
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

/// The light fence of the mode.
#[track_caller]
pub fn light_fence() {
    met::meet("fence");
    if fences() == Fences::SeqCst {
        fence(Ordering::SeqCst);
    }
}

/// The fence that the mode's heavy one imposes on every reader thread.
#[track_caller]
pub fn remote_fence() {
    if fences() == Fences::Membarrier && weakened("fence", Ordering::SeqCst) != Ordering::Relaxed {
        for reader in &cells().readers {
            reader.fetch_add(0, Ordering::AcqRel);
        }
    }
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
    pub fn notify_one(&self) {
        self.0.notify_one();
    }
    pub fn notify_all(&self) {
        self.0.notify_all();
    }
}

/// How often a thread of the models that the calling thread runs has slept, on any condition variable.
pub fn sleeps() -> u64 {
    SLEEPS.get()
}

/// A static that lives as long as one execution: one of the process would outlive it, and loom's own are gone when the
/// main thread of the model ends, while destructors of thread-locals of other threads still run.
#[derive(Debug)]
pub struct PerExecution<T: 'static>(fn() -> T);

impl<T: 'static> PerExecution<T> {
    pub const fn new(make: fn() -> T) -> Self {
        Self(make)
    }
}

impl<T: 'static> Deref for PerExecution<T> {
    type Target = T;

    fn deref(&self) -> &T {
        let key = std::ptr::from_ref(self).addr();
        let find = || {
            STATICS.with_borrow(|statics| {
                let made = statics.iter().find(|(of, _)| *of == key)?.1.downcast_ref::<T>()?;
                Some(std::ptr::from_ref(made))
            })
        };
        let made = find().unwrap_or_else(|| {
            let made = Box::new((self.0)());
            STATICS.with_borrow_mut(|statics| statics.push((key, made)));
            find().expect("made just now")
        });
        // SAFETY: the box stays where it is until the next execution is prepared, when no thread of this one is left.
        unsafe { &*made }
    }
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

/// Gives way: models do not go by the clock.
pub fn pause(_: Duration) {
    thread::yield_now();
}

/// A number that this process has not had before, from 1. It orders nothing: the models need not explore it.
pub fn unique() -> u64 {
    static NEXT: StdUsize = StdUsize::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed) as u64
}

/// A number of the calling thread, counted from 0 in each execution, in the order in which threads ask.
pub fn ordinal() -> usize {
    // Destructors of thread-locals run when this one is gone.
    ORDINAL.try_with(|ordinal| *ordinal).unwrap_or(0)
}
