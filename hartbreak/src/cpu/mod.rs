//! One hart: its registers, and the step that executes one instruction.
//!
//! A host thread owns a [`Hart`] and calls [`Hart::step`] in a loop, over the [`Ram`](crate::ram::Ram) that
//! all harts share. `rrs-lib` decodes RV32IM and calls back into `table`, which says what each instruction
//! does in terms of `base` and `access`; the A extension (`atomics`) and the SYSTEM opcode (`system`), which
//! it does not know, are decoded here. Invariants: (1) every data access of the guest is made in `access` or
//! `atomics`, which tell the [`Watch`] of it; (2) an instruction that faults has changed nothing: not memory,
//! not a register, not the pc; (3) register x0 is zero between instructions.

mod fault;
mod watch;
mod hart;
mod step;
mod base;
mod access;
mod atomics;
mod system;
mod table;

pub use atomics::RESERVATION_LIFE;
pub use fault::{Cause, Fault};
pub use hart::{A0, A7, Hart, Registers};
pub use step::Step;
pub use watch::{Access, AccessKind, Unwatched, Watch};
