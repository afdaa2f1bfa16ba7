//! A multi-hart RV32IMA emulator: each hart is a host thread over one shared guest RAM.
//!
//! The modules stand in layer order, lowest first; each uses only those above it. [`ram`] holds the guest's
//! memory as atomic cells, [`elf`] fills it, [`cpu`] runs one hart over it and tells a [`cpu::Watch`] of
//! every data access, and [`guest`] is the contract with the built-in guest program. [`machine`] runs harts on threads, with
//! breakpoints and watchpoints from `debug-tables`; [`scenario`] debugs them, [`compare`] measures what that costs, and
//! [`gdb`] lets GDB do it.
#![forbid(unsafe_code)]

pub mod sys;
pub mod error;
pub mod ram;
pub mod elf;
pub mod cpu;
pub mod guest;
pub mod options;
pub mod failure;
pub mod output;
pub mod machine;
pub mod scenario;
pub mod compare;
pub mod gdb;
pub mod args;

pub use error::Error;
pub use failure::Failure;

/// The example of the README is compiled and run with this crate's, which sees both libraries.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
