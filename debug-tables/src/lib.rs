//! CPU breakpoints and watchpoints for emulators: QEMU's API, rebuilt as copy, update, publish over [`rcu_core`].
//!
//! Each virtual CPU has one [`BreakpointTable`] and one [`WatchpointTable`]. Whoever looks at a table does so inside a
//! read-side critical section, at an immutable snapshot: no lock, no allocation, no write to shared memory. Whoever changes
//! one takes its update lock, changes a copy, publishes it, and then has what was translated or cached from the old one
//! invalidated. No CPU is stopped or asked for a change to take effect.
//!
//! ```
//! use debug_tables::{BreakpointTable, Flags};
//!
//! static TABLE: BreakpointTable = BreakpointTable::new();
//!
//! // A virtual CPU: one short section for each look.
//! let cpu = std::thread::spawn(|| {
//!     while !TABLE.test(&rcu_core::read_lock(), 0x8000_0000, Flags::ANY) {
//!         std::thread::yield_now(); // runs a block of guest code
//!     }
//! });
//! // A debugger.
//! TABLE.insert(0x8000_0000, Flags::GDB)?;
//! cpu.join().unwrap();
//! # Ok::<(), debug_tables::Error>(())
//! ```
//!
//! | look at a table | change it | change it for all CPUs |
//! |---|---|---|
//! | [`read`](Table::read), [`test`](BreakpointTable::test), [`matches`](WatchpointTable::matches), [`check`](WatchpointTable::check) | [`insert`](BreakpointTable::insert), [`remove`](BreakpointTable::remove), [`remove_all`](Table::remove_all), [`update`](Table::update), [`inherit`](Table::inherit) | [`TableSet`] |
//! | [`Breakpoints`], [`Watchpoints`]: the snapshots | [`Edit`]: many changes, one publication | [`CpuTables`]: one CPU's pair |
//! | [`generation`](Table::generation), [`is_current`](Table::is_current): for translation caches | [`with_invalidate`](Table::with_invalidate) | [`gdb`]: from packets, to stop replies |
//!
//! The [`guide`] tells how to put them into an emulator.
//!
//! # Features
//!
//! `gdbstub`, off by default: the tables as the breakpoint extension of a target of the crate gdbstub, version 0.7.

#![forbid(unsafe_code)]

#[macro_use]
mod const_fn;

mod error;
mod flags;
mod array;
mod index;
mod entry;
mod breakpoint;
mod watchpoint;
mod hit;
mod snapshot;
mod table;
mod set;
pub mod gdb;

#[doc = include_str!("../docs/guide.md")]
pub mod guide {
    // For the links of the page.
    #[cfg(doc)]
    use crate::*;
}

pub use breakpoint::Breakpoint;
pub use entry::Ref;
pub use error::Error;
pub use flags::Flags;
pub use hit::{Access, Hit};
pub use set::{CpuTables, TableSet};
pub use snapshot::{Breakpoints, Entry, Snapshot, Watchpoints};
pub use table::{BreakpointTable, Edit, Table, WatchpointTable};
pub use watchpoint::Watchpoint;
