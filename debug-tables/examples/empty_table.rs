//! Looks at tables whose object code `ci/object-code.sh` reads: what they cost while the table is empty.
//!
//! ```console
//! $ bash ci/object-code.sh
//! ```

use std::hint::black_box;

use debug_tables::{Access, BreakpointTable, Flags, WatchpointTable};
use rcu_core::{ReadGuard, read_lock};

static BREAKPOINTS: BreakpointTable = BreakpointTable::new();
static WATCHPOINTS: WatchpointTable = WatchpointTable::new();

/// For each instruction, or each block.
#[inline(never)]
fn test(section: &ReadGuard<'static>, pc: u64) -> bool {
    BREAKPOINTS.test(section, pc, Flags::ANY)
}

/// For each access.
#[inline(never)]
fn check(section: &ReadGuard<'static>, addr: u64) -> bool {
    WATCHPOINTS.check(section, addr, 8, Access::Write, |_| true).is_some()
}

/// For each page that is mapped.
#[inline(never)]
fn matches(section: &ReadGuard<'static>, addr: u64) -> u32 {
    WATCHPOINTS.matches(section, addr, 4096).bits()
}

/// More than there has to be, for the check to notice: a look at the empty snapshot.
#[inline(never)]
fn snapshot(section: &ReadGuard<'static>, pc: u64) -> bool {
    BREAKPOINTS.read(section).test(pc, Flags::ANY)
}

fn main() -> Result<(), debug_tables::Error> {
    let looks = || {
        let section = read_lock();
        let address = black_box(8);
        assert_eq!(test(&section, address), snapshot(&section, address));
        (test(&section, address), check(&section, address), matches(&section, address))
    };
    assert_eq!(looks(), (false, false, 0));
    BREAKPOINTS.insert(8, Flags::GDB)?;
    WATCHPOINTS.insert(8, 8, Flags::MEM_WRITE)?;
    assert_eq!(looks(), (true, true, Flags::MEM_WRITE.bits()));
    Ok(())
}
