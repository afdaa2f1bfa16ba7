//! What the crate promises, seen from outside: one module per topic, test names are sentences.
#![allow(clippy::disallowed_types, reason = "tests watch the crate from outside its own protocols")]

mod allocations;
mod callbacks;
mod cells;
mod child;
mod domains;
#[cfg(target_os = "linux")]
mod filters;
#[cfg(unix)]
mod forks;
mod grace_periods;
mod hooks;
#[cfg(target_os = "linux")]
mod idle;
mod keep;
mod kicks;
mod limits;
mod list;
mod misuse;
mod panics;
mod payloads;
mod polling;
mod producers;
mod quiescent;
mod races;
mod raw;
mod stalls;
mod start_up;
mod statistics;
mod stress;
mod threads;
mod tidy;
mod traps;
mod watchdog;
