//! Tables of watchpoints.

use std::ffi::{c_int, c_void};

use debug_tables::{Access, Flags, Watchpoint, WatchpointTable};

use crate::abort::or_abort;
use crate::table::{self, Invalidate, code, flags, list, read, reference, store};

/// `struct watchpoint`: see debug_tables.h.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct CWatchpoint {
    addr: u64,
    len: u64,
    reference: u64,
    flags: c_int,
}

/// `struct watchpoint_hit`: see debug_tables.h.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct CHit {
    watchpoint: CWatchpoint,
    hit_addr: u64,
    flags: c_int,
}

/// Asked whether the architecture sees a hit of a watchpoint that belongs to the CPU.
type Arch = unsafe extern "C" fn(*mut c_void, &CWatchpoint) -> bool;

impl From<Watchpoint> for CWatchpoint {
    fn from(watchpoint: Watchpoint) -> Self {
        Self {
            addr: watchpoint.addr(),
            len: watchpoint.len(),
            reference: watchpoint.reference().map_or(0, u64::from),
            flags: watchpoint.flags().bits() as c_int,
        }
    }
}

/// `watchpoint_table_new`: see debug_tables.h.
///
/// # Safety
/// 1. `invalidate` may be called with `data` from any thread for as long as the table is there.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rcu_capi_watchpoint_table_new(
    invalidate: Option<Invalidate>,
    data: *mut c_void,
) -> *mut WatchpointTable {
    // SAFETY: (1).
    unsafe { table::new(invalidate, data) }
}

/// `watchpoint_table_free`: see debug_tables.h.
///
/// # Safety
/// 1. `table` is null or came from `watchpoint_table_new`, and nobody uses it any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rcu_capi_watchpoint_table_free(table: *mut WatchpointTable) {
    // SAFETY: (1).
    unsafe { table::free(table) };
}

/// `watchpoint_insert`: see debug_tables.h.
#[unsafe(no_mangle)]
pub extern "C" fn rcu_capi_watchpoint_insert(
    table: &WatchpointTable,
    addr: u64,
    len: u64,
    bits: c_int,
) -> c_int {
    code(|| table.insert(addr, len, flags(bits)))
}

/// `watchpoint_insert_with_ref`: see debug_tables.h.
#[unsafe(no_mangle)]
pub extern "C" fn rcu_capi_watchpoint_insert_with_ref(
    table: &WatchpointTable,
    addr: u64,
    len: u64,
    bits: c_int,
    number: u64,
) -> c_int {
    code(|| table.insert_with_ref(addr, len, flags(bits), reference(number)?))
}

/// `watchpoint_remove`: see debug_tables.h.
#[unsafe(no_mangle)]
pub extern "C" fn rcu_capi_watchpoint_remove(
    table: &WatchpointTable,
    addr: u64,
    len: u64,
    bits: c_int,
) -> c_int {
    code(|| table.remove(addr, len, flags(bits)))
}

/// `watchpoint_matches`: see debug_tables.h.
#[unsafe(no_mangle)]
pub extern "C" fn rcu_capi_watchpoint_matches(table: &WatchpointTable, addr: u64, len: u64) -> c_int {
    read(table, |watchpoints| watchpoints.matches(addr, len).bits() as c_int)
}

/// `watchpoint_check`: see debug_tables.h.
///
/// # Safety
/// 1. `hit` may be written.
/// 2. `arch` may be called with `data`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rcu_capi_watchpoint_check(
    table: &WatchpointTable,
    addr: u64,
    len: u64,
    access: c_int,
    arch: Option<Arch>,
    data: *mut c_void,
    hit: *mut CHit,
) -> bool {
    let found = read(table, |watchpoints| {
        let access = match flags(access) & Flags::MEM_ACCESS {
            Flags::MEM_READ => Access::Read,
            Flags::MEM_WRITE => Access::Write,
            _ => panic!("watchpoint_check: the access is neither BP_MEM_READ nor BP_MEM_WRITE"),
        };
        // SAFETY: (2).
        let sees =
            |watchpoint: &Watchpoint| arch.is_none_or(|arch| unsafe { arch(data, &(*watchpoint).into()) });
        watchpoints.check(addr, len, access, sees)
    });
    let found = found.map(|found| CHit {
        watchpoint: found.watchpoint.into(),
        hit_addr: found.hit_addr,
        flags: found.flags().bits() as c_int,
    });
    // SAFETY: (1).
    unsafe { store(hit, found) }
}

/// `watchpoint_remove_by_ref`: see debug_tables.h.
#[unsafe(no_mangle)]
pub extern "C" fn rcu_capi_watchpoint_remove_by_ref(table: &WatchpointTable, number: u64) -> c_int {
    code(|| table.remove_by_ref(reference(number)?))
}

/// `watchpoint_remove_all`: see debug_tables.h.
#[unsafe(no_mangle)]
pub extern "C" fn rcu_capi_watchpoint_remove_all(table: &WatchpointTable, mask: c_int) -> usize {
    or_abort(|| table.remove_all(flags(mask)))
}

/// `watchpoint_inherit`: see debug_tables.h.
#[unsafe(no_mangle)]
pub extern "C" fn rcu_capi_watchpoint_inherit(
    table: &WatchpointTable,
    parent: &WatchpointTable,
    mask: c_int,
) -> usize {
    or_abort(|| table.inherit(parent, flags(mask)))
}

/// `watchpoint_any_in`: see debug_tables.h.
#[unsafe(no_mangle)]
pub extern "C" fn rcu_capi_watchpoint_any_in(table: &WatchpointTable, first: u64, last: u64) -> bool {
    read(table, |entries| entries.any_in(first..=last))
}

/// `watchpoint_get_by_ref`: see debug_tables.h.
///
/// # Safety
/// 1. `found` may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rcu_capi_watchpoint_get_by_ref(
    table: &WatchpointTable,
    number: u64,
    found: *mut CWatchpoint,
) -> bool {
    let entry = read(table, |entries| Some(CWatchpoint::from(*entries.get_by_ref(reference(number).ok()?)?)));
    // SAFETY: (1).
    unsafe { store(found, entry) }
}

/// `watchpoint_list`: see debug_tables.h.
///
/// # Safety
/// 1. `room` entries may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rcu_capi_watchpoint_list(
    table: &WatchpointTable,
    entries: *mut CWatchpoint,
    room: usize,
) -> usize {
    // SAFETY: (1).
    unsafe { list(table, entries, room) }
}

/// `watchpoint_generation`: see debug_tables.h.
#[unsafe(no_mangle)]
pub extern "C" fn rcu_capi_watchpoint_generation(table: &WatchpointTable) -> u64 {
    table.generation()
}

/// `watchpoint_is_current`: see debug_tables.h.
#[unsafe(no_mangle)]
pub extern "C" fn rcu_capi_watchpoint_is_current(table: &WatchpointTable, generation: u64) -> bool {
    table.is_current(generation)
}
