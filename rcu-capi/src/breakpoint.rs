//! Tables of breakpoints.

use std::ffi::{c_int, c_void};

use debug_tables::{Breakpoint, BreakpointTable};

use crate::abort::or_abort;
use crate::table::{self, Invalidate, code, flags, list, read, reference, store};

/// `struct breakpoint`: see debug_tables.h.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct CBreakpoint {
    pc: u64,
    reference: u64,
    flags: c_int,
}

impl From<Breakpoint> for CBreakpoint {
    fn from(breakpoint: Breakpoint) -> Self {
        Self {
            pc: breakpoint.pc(),
            reference: breakpoint.reference().map_or(0, u64::from),
            flags: breakpoint.flags().bits() as c_int,
        }
    }
}

/// `breakpoint_table_new`: see debug_tables.h.
///
/// # Safety
/// 1. `invalidate` may be called with `data` from any thread for as long as the table is there.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rcu_capi_breakpoint_table_new(
    invalidate: Option<Invalidate>,
    data: *mut c_void,
) -> *mut BreakpointTable {
    // SAFETY: (1).
    unsafe { table::new(invalidate, data) }
}

/// `breakpoint_table_free`: see debug_tables.h.
///
/// # Safety
/// 1. `table` is null or came from `breakpoint_table_new`, and nobody uses it any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rcu_capi_breakpoint_table_free(table: *mut BreakpointTable) {
    // SAFETY: (1).
    unsafe { table::free(table) };
}

/// `breakpoint_insert`: see debug_tables.h.
#[unsafe(no_mangle)]
pub extern "C" fn rcu_capi_breakpoint_insert(table: &BreakpointTable, pc: u64, bits: c_int) -> c_int {
    code(|| table.insert(pc, flags(bits)))
}

/// `breakpoint_insert_with_ref`: see debug_tables.h.
#[unsafe(no_mangle)]
pub extern "C" fn rcu_capi_breakpoint_insert_with_ref(
    table: &BreakpointTable,
    pc: u64,
    bits: c_int,
    number: u64,
) -> c_int {
    code(|| table.insert_with_ref(pc, flags(bits), reference(number)?))
}

/// `breakpoint_remove`: see debug_tables.h.
#[unsafe(no_mangle)]
pub extern "C" fn rcu_capi_breakpoint_remove(table: &BreakpointTable, pc: u64, bits: c_int) -> c_int {
    code(|| table.remove(pc, flags(bits)))
}

/// `breakpoint_test`: see debug_tables.h.
#[unsafe(no_mangle)]
pub extern "C" fn rcu_capi_breakpoint_test(table: &BreakpointTable, pc: u64, mask: c_int) -> bool {
    read(table, |breakpoints| breakpoints.test(pc, flags(mask)))
}

/// `breakpoint_first_match`: see debug_tables.h.
///
/// # Safety
/// 1. `found` may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rcu_capi_breakpoint_first_match(
    table: &BreakpointTable,
    pc: u64,
    mask: c_int,
    found: *mut CBreakpoint,
) -> bool {
    let entry =
        read(table, |breakpoints| breakpoints.first_match(pc, flags(mask)).copied().map(CBreakpoint::from));
    // SAFETY: (1).
    unsafe { store(found, entry) }
}

/// `breakpoint_remove_by_ref`: see debug_tables.h.
#[unsafe(no_mangle)]
pub extern "C" fn rcu_capi_breakpoint_remove_by_ref(table: &BreakpointTable, number: u64) -> c_int {
    code(|| table.remove_by_ref(reference(number)?))
}

/// `breakpoint_remove_all`: see debug_tables.h.
#[unsafe(no_mangle)]
pub extern "C" fn rcu_capi_breakpoint_remove_all(table: &BreakpointTable, mask: c_int) -> usize {
    or_abort(|| table.remove_all(flags(mask)))
}

/// `breakpoint_inherit`: see debug_tables.h.
#[unsafe(no_mangle)]
pub extern "C" fn rcu_capi_breakpoint_inherit(
    table: &BreakpointTable,
    parent: &BreakpointTable,
    mask: c_int,
) -> usize {
    or_abort(|| table.inherit(parent, flags(mask)))
}

/// `breakpoint_any_in`: see debug_tables.h.
#[unsafe(no_mangle)]
pub extern "C" fn rcu_capi_breakpoint_any_in(table: &BreakpointTable, first: u64, last: u64) -> bool {
    read(table, |entries| entries.any_in(first..=last))
}

/// `breakpoint_get_by_ref`: see debug_tables.h.
///
/// # Safety
/// 1. `found` may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rcu_capi_breakpoint_get_by_ref(
    table: &BreakpointTable,
    number: u64,
    found: *mut CBreakpoint,
) -> bool {
    let entry = read(table, |entries| Some(CBreakpoint::from(*entries.get_by_ref(reference(number).ok()?)?)));
    // SAFETY: (1).
    unsafe { store(found, entry) }
}

/// `breakpoint_list`: see debug_tables.h.
///
/// # Safety
/// 1. `room` entries may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rcu_capi_breakpoint_list(
    table: &BreakpointTable,
    entries: *mut CBreakpoint,
    room: usize,
) -> usize {
    // SAFETY: (1).
    unsafe { list(table, entries, room) }
}

/// `breakpoint_generation`: see debug_tables.h.
#[unsafe(no_mangle)]
pub extern "C" fn rcu_capi_breakpoint_generation(table: &BreakpointTable) -> u64 {
    table.generation()
}

/// `breakpoint_is_current`: see debug_tables.h.
#[unsafe(no_mangle)]
pub extern "C" fn rcu_capi_breakpoint_is_current(table: &BreakpointTable, generation: u64) -> bool {
    table.is_current(generation)
}
