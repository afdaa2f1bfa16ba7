//! Two servers for GDB: one by which it debugs harts while others run, and one, by the crate `gdbstub`, that stops all at once.
//!
//! The modules stand in layer order. [`hex`], [`frame`] and [`command`] read what a client sends, whatever that is; they know of
//! no hart. `tables` is what a client's requests change, and counts how many changes were made while a hart ran; `harts` is the
//! harts as a client sees them. [`NonStop`] and [`AllStop`] are sessions, [`serve`] brings them to a socket, and
//! [`run`] to a machine.
//!
//! Invariants: (1) no byte from a client makes a server panic, or hold more than a fixed amount for it; (2) no hart waits for a
//! server, unless it stopped for a client; (3) when a session ends, in whatever way, nothing of the client is left in a table,
//! and every hart runs.

pub mod hex;
pub mod frame;
pub mod command;
mod document;
mod tables;
mod event;
mod harts;
mod monitor;
mod session;
mod nonstop;
mod allstop;
mod serve;
mod run;

pub use allstop::AllStop;
pub use nonstop::NonStop;
pub use run::run;
pub use serve::serve;
pub use session::{End, Session};
