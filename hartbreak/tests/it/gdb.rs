//! The servers for GDB without a GDB: sessions over a machine whose harts run, and what they answer.

pub mod feed;
mod hostile;
mod nonstop;
mod socket;
