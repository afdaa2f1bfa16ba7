//! The emulator from outside: one module per topic, over the helpers of `machine`.

mod alone;
mod machine;

mod args;
mod atomics;
mod base;
mod command;
mod elf;
mod faults;
mod gdb;
mod guest;
mod scenario;
mod watch;
