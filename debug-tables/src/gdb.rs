//! What stands between a GDB stub and the tables: `Z` and `z` packets become changes of tables, hits become stop replies.
//!
//! | a stub | here |
//! |---|---|
//! | hears `Z0`-`Z4`, `z0`-`z4` | [`Request`], [`Debugger::insert`], [`Debugger::remove`] |
//! | speaks of all CPUs, of one, of some | [`Cpus`]: a [`TableSet`](crate::TableSet), [`CpuTables`](crate::CpuTables), anything else that has tables |
//! | is told of hits by the CPUs | [`Stops::push`] |
//! | has to stop, or resume | [`Debugger::next_stop`] |
//! | ends a session | [`Debugger::detach`] |
//!
//! None of that needs a particular stub. With the feature `gdbstub`, `TargetBreakpoints` is the breakpoint extension of that
//! crate, and `Report::stop_reason` makes its stop reasons.
//!
//! ```
//! use debug_tables::gdb::{Debugger, Request, Stops};
//! use debug_tables::{CpuTables, Flags, TableSet};
//! use rcu_core::read_lock;
//!
//! static CPUS: TableSet<u32> = TableSet::new();
//! static STOPS: Stops<u32> = Stops::new();
//!
//! // Two CPUs, and a debugger that sends Z0,1000,4.
//! let tables = [CpuTables::new(), CpuTables::new()];
//! (0..).zip(&tables).for_each(|(cpu, tables)| CPUS.join(cpu, tables.clone()));
//! let mut debugger = Debugger::new(&CPUS);
//! let request = Request::from_packet(0, 0x1000, 4).expect("a packet of a known type");
//! debugger.insert(request)?;
//!
//! // Both CPUs meet it, and stop.
//! for (cpu, tables) in (0..).zip(&tables) {
//!     let section = read_lock();
//!     let met = tables.breakpoints.read(&section).first_match(0x1000, Flags::GDB);
//!     STOPS.push(cpu, *met.expect("the breakpoint is in both tables"));
//! }
//!
//! // The debugger hears of the first. It removes the breakpoint and resumes: the other stop is not reported any more.
//! let report = debugger.next_stop(&STOPS, &read_lock(), |_| {}).expect("a stop");
//! assert_eq!((report.cpu, report.request), (0, request));
//! debugger.remove(request)?;
//! let mut resumed = vec![];
//! assert_eq!(debugger.next_stop(&STOPS, &read_lock(), |cpu| resumed.push(cpu)), None);
//! assert_eq!(resumed, [1]);
//! # Ok::<(), debug_tables::Error>(())
//! ```
//!
//! # Rules
//!
//! 1. The entries of a debugger have [`Flags::GDB`](crate::Flags::GDB) and nothing else of who they belong to. Whoever else inserts
//!    such entries shares them with it.
//! 2. A table has each of them once, however often it is asked for, and a removal takes every one that is equal: those that
//!    a CPU inherited twice, too.
//! 3. A stop is reported if the tables of its CPU would stop it again, now; and as what was asked for: an access watchpoint
//!    that a read has met as an access watchpoint, at the address that was registered.

mod request;
mod stop;
mod stops;
mod cpus;
mod debugger;
#[cfg(feature = "gdbstub")]
mod target;

pub use cpus::Cpus;
pub use debugger::Debugger;
pub use request::{Request, WatchKind};
pub use stop::{Report, Stop};
pub use stops::Stops;
#[cfg(feature = "gdbstub")]
pub use target::TargetBreakpoints;
