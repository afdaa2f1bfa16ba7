//! The C interface of [`rcu_core`] and [`debug_tables`], for emulators in C.
//!
//! The interface is what the headers in `include/` say: `rcu.h` has QEMU's names, `rcu_queue.h` the operations on its lists,
//! `urcu_compat.h` liburcu's names, and `debug_tables.h` breakpoints and watchpoints. Readers are inlined from the header, on the same
//! record that [`rcu_core::read_lock`] uses: C and Rust nest in each other. Everything here is the default domain's.
//!
//! Every symbol begins with `rcu_capi_`; what an inlined reader relies on bears the version of the layout, so that an object made with
//! another header does not link.
//!
//! Whatever panics in Rust aborts the process here, with the same message, under the name of the C function.

mod abort;
mod sys;
mod hooks;
mod thread;
mod section;
mod grace_period;
mod callback;
mod notifier;
mod stats;
mod table;
mod breakpoint;
mod watchpoint;
