//! What the crate promises, seen from outside: one module per topic, test names are sentences.
#![allow(clippy::disallowed_types, reason = "tests watch the crate from outside its own protocols")]

mod callbacks;
mod cells;
mod child;
mod domains;
mod grace_periods;
mod kicks;
mod list;
mod misuse;
mod stress;
mod threads;
mod watchdog;
