//! Tables: a snapshot is whole while a section lasts, no update is lost, nothing leaks, and no block that was translated
//! from an old snapshot stays in a cache.

pub mod cache;
pub mod locks;
pub mod look;
pub mod own;
pub mod seed;
pub mod update;

use debug_tables::{Breakpoint, Flags, Table};
use rcu_core::Domain;

type Breakpoints = Table<Breakpoint, Domain>;

const PC: u64 = 0x1000;
const MOVED: u64 = 0x2000;

/// How many breakpoints [`fill`] inserts: so many, and one more or less, make arrays that are
/// [watched](crate::arrays).
const MANY: usize = 23;

/// Who runs the callbacks of a model.
#[derive(Clone, Copy)]
enum Server {
    /// The callback thread.
    Thread,
    /// The thread that updates: one thread less, which loom can explore to the end.
    Updater,
}

impl Server {
    fn domain(self) -> Domain {
        match self {
            Self::Thread => Domain::new(),
            Self::Updater => Domain::without_thread(),
        }
    }

    /// Where the updater does it, does it now.
    fn run_callbacks(self, domain: &Domain) {
        if let Self::Updater = self {
            domain.run_callbacks();
        }
    }
}

/// Inserts [`MANY`] breakpoints from [`PC`] on, in one update.
fn fill(table: &Breakpoints) {
    let pcs = (PC..).take(MANY);
    table.update(|edit| pcs.into_iter().try_for_each(|pc| edit.insert(pc, Flags::GDB))).unwrap();
}
