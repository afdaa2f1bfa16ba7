//! Two readers whose object code `ci/object-code.sh` reads: what a section costs, and in which order its accesses stand.
//!
//! ```console
//! $ bash ci/object-code.sh
//! ```

use std::hint::black_box;

use rcu_core::{RcuOption, read_lock};

static VALUE: RcuOption<u64> = RcuOption::none();

/// Called outside.
#[inline(never)]
fn section() -> u64 {
    let section = read_lock();
    VALUE.load(&section).copied().unwrap_or(0)
}

/// The same, in a section that is nested in another.
#[inline(never)]
fn nested_section() -> u64 {
    let _outer = read_lock();
    let inner = read_lock();
    VALUE.load(&inner).copied().unwrap_or(0)
}

fn main() {
    VALUE.swap(Some(7.into()));
    assert_eq!(black_box(section)() + black_box(nested_section)(), 14);
}
