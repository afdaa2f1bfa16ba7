//! `Table`: the one place where entries are published, and the only layer that names `rcu_core`.
//!
//! A table is an immutable snapshot behind a protected pointer, a working copy of it behind the update lock, a generation,
//! and perhaps an invalidation hook. The working copy shares memory with what is published until it is changed, so one copy
//! is made for each publication.
//!
//! ```text
//! updater                                        translator
//!   lock; change the working copy
//!   swap in a clone of it (rcu-core's [publish])   read the generation, Acquire [generation]
//!   generation + 1, Release [generation]           read the snapshot, translate a block
//!   unlock                                         insert the block into the cache
//!   fence(SeqCst) [invalidate]                     fence(SeqCst) [invalidate]
//!   the hook looks for blocks to drop              read the generation again; has it changed,
//!   hand the old snapshot to call                    drop the block
//! ```
//!
//! If the translator's fence comes first, the hook finds the block; if ours comes first, the translator finds another
//! generation. The generation follows the snapshot: whoever reads the new number reads the new snapshot, so a block made
//! from the old one never bears the new number. (Check-then-insert has no such pair of fences, and invalidating before
//! publishing lets a block be made from the old snapshot after the hook has looked.)
//!
//! Invariants:
//! 1. Under the update lock the working copy equals what is published; `Edit` restores it if the update comes to nothing.
//! 2. An empty table publishes none.
//! 3. The update lock is not held while a hook runs or a snapshot is handed to `call`, and nobody holds the update locks of
//!    two tables but `set`, in the order of the tables' addresses.

mod breakpoints;
mod edit;
mod editing;
mod update;
mod watchpoints;

pub use breakpoints::BreakpointTable;
pub use edit::Edit;
pub use editing::{Editing, assert_not_editing};
pub use watchpoints::WatchpointTable;

// For the layers above.
pub use rcu_core::sync::{Mutex, MutexGuard, lock};
pub use rcu_core::{Global, Scope, Section};

use std::fmt;
use std::ops::RangeInclusive;

use rcu_core::RcuOption;
use rcu_core::sync::{AtomicU64, Ordering, fence};

use crate::entry::Ref;
use crate::snapshot::{Entry, Snapshot};

type Hook = Box<dyn Fn(RangeInclusive<u64>) + Send + Sync>;

/// The breakpoints ([`BreakpointTable`]) or watchpoints ([`WatchpointTable`]) of one virtual CPU.
///
/// Readers take no lock and see, for as long as their section lasts, one snapshot. Updaters of a table exclude one another.
/// An update copies the table once, to publish it; one that changes nothing, or fails, publishes nothing. Updating is
/// allowed inside sections and from an invalidation hook.
///
/// A snapshot that was replaced is freed after a grace period; the last one is freed with its table, which nobody can then
/// be reading.
pub struct Table<E: Entry, S: Scope = Global> {
    published: RcuOption<Snapshot<E>, S>,
    /// How often something was published.
    generation: AtomicU64,
    /// The update lock, and the copy that it protects.
    working: Mutex<Snapshot<E>>,
    invalidate: Option<Hook>,
}

impl<E: Entry> Table<E> {
    const_fn! {
        /// An empty table of the default domain.
        pub fn new() -> Self {
            Self {
                published: RcuOption::none(),
                generation: AtomicU64::new(0),
                working: Mutex::new(Snapshot::new()),
                invalidate: None,
            }
        }
    }
}

impl<E: Entry, S: Scope> Table<E, S> {
    /// An empty table of the domain.
    pub fn new_in(scope: &S) -> Self {
        Self {
            published: RcuOption::none_in(scope),
            generation: AtomicU64::new(0),
            working: Mutex::new(Snapshot::new()),
            invalidate: None,
        }
    }

    /// The table with a hook that drops what was translated or cached for a range of addresses.
    ///
    /// It is called on the updating thread, after publication and before the updating call returns: once for the range of
    /// each entry that came or went, and for the old and the new one if an entry moved. The update lock is not held, so hooks
    /// of two updates may run at the same time, and a hook may read and update any table. It replaces one set before.
    ///
    /// A panic in it leaves the updating call, whose change stays published, and skips the ranges that are left.
    ///
    /// ```
    /// use std::sync::Mutex;
    /// use std::sync::Arc;
    /// use debug_tables::{BreakpointTable, Flags};
    ///
    /// let blocks = Arc::new(Mutex::new(vec![0x1000, 0x2000]));
    /// let cache = blocks.clone();
    /// let table = BreakpointTable::new()
    ///     .with_invalidate(move |range| cache.lock().unwrap().retain(|pc| !range.contains(pc)));
    /// table.insert(0x1000, Flags::GDB)?;
    /// assert_eq!(*blocks.lock().unwrap(), [0x2000]);
    /// # Ok::<(), debug_tables::Error>(())
    /// ```
    #[must_use]
    pub fn with_invalidate(mut self, hook: impl Fn(RangeInclusive<u64>) + Send + Sync + 'static) -> Self {
        self.invalidate = Some(Box::new(hook));
        self
    }

    /// The snapshot now. Called from RCU critical section. One pointer load; of an empty table, a static empty snapshot.
    ///
    /// # Panics
    /// If the section is of another instance of [`Domain`](rcu_core::Domain) than the table.
    ///
    /// # Examples
    /// Nothing in a snapshot outlives its section:
    ///
    /// ```compile_fail,E0597
    /// # use debug_tables::{BreakpointTable, Flags};
    /// # let table = BreakpointTable::new();
    /// # table.insert(0x1000, Flags::GDB)?;
    /// let first;
    /// {
    ///     let section = rcu_core::read_lock();
    ///     first = table.read(&section).iter().next();
    /// }
    /// assert_eq!(first.unwrap().pc(), 0x1000);
    /// # Ok::<(), debug_tables::Error>(())
    /// ```
    ///
    /// Entries are small, so they are copied out:
    ///
    /// ```
    /// # use debug_tables::{BreakpointTable, Flags};
    /// # let table = BreakpointTable::new();
    /// # table.insert(0x1000, Flags::GDB)?;
    /// let first;
    /// {
    ///     let section = rcu_core::read_lock();
    ///     first = table.read(&section).iter().next().copied();
    /// }
    /// assert_eq!(first.unwrap().pc(), 0x1000);
    /// # Ok::<(), debug_tables::Error>(())
    /// ```
    #[inline]
    pub fn read<'g>(&'g self, section: &'g impl Section<S>) -> &'g Snapshot<E> {
        self.published.load(section).unwrap_or(E::EMPTY)
    }

    /// The entry with this reference now. Called from RCU critical section.
    ///
    /// # Panics
    /// As [`read`](Self::read).
    pub fn get_by_ref<'g>(&'g self, section: &'g impl Section<S>, reference: Ref) -> Option<&'g E> {
        self.read(section).get_by_ref(reference)
    }

    /// A number that is different after every change of the table. It never restarts, not when the table becomes empty
    /// either.
    ///
    /// Whoever reads it, then the table, read a table at least that new: what is derived from it is good for as long as the
    /// number [is current](Self::is_current).
    pub fn generation(&self) -> u64 {
        // Acquire [generation]: pairs with the addition in publish; the snapshot that is read next is at least that new.
        self.generation.load(Ordering::Acquire)
    }

    /// Whether the table has not changed since [`generation`](Self::generation) returned this number. For a translation
    /// cache: read the generation, read the table and translate, insert the block, and drop it again unless this says that
    /// the generation is current. A block that is kept is then found by the invalidation of every later change.
    ///
    /// Costs a full fence, which comes first: what the caller stored before is visible to an invalidation that this misses.
    ///
    /// ```
    /// # use debug_tables::{BreakpointTable, Flags};
    /// # let table = BreakpointTable::new();
    /// let generation = table.generation();
    /// // ... translate, insert the block ...
    /// assert!(table.is_current(generation));
    /// table.insert(0x1000, Flags::GDB)?;
    /// assert!(!table.is_current(generation)); // drop the block
    /// # Ok::<(), debug_tables::Error>(())
    /// ```
    pub fn is_current(&self, generation: u64) -> bool {
        // SeqCst [invalidate]: pairs with the fence in finish, between publication and the search for blocks.
        fence(Ordering::SeqCst);
        // Relaxed: the fence orders it after the caller's insertion, and nothing is read through it.
        self.generation.load(Ordering::Relaxed) == generation
    }
}

impl<E: Entry> Default for Table<E> {
    fn default() -> Self {
        Self::new()
    }
}

/// Shows no entries: that would take a section.
impl<E: Entry, S: Scope> fmt::Debug for Table<E, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table").field("generation", &self.generation()).finish_non_exhaustive()
    }
}
