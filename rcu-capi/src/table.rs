//! What the functions of both kinds of tables have in common.

use std::ffi::{c_int, c_void};
use std::ops::RangeInclusive;

use debug_tables::{Entry, Error, Flags, Ref, Snapshot, Table};

use crate::abort::or_abort;

/// Drops what was translated or cached of a range of addresses, its last one included.
pub type Invalidate = unsafe extern "C" fn(*mut c_void, u64, u64);

/// Data of C's, for a function that C says may be called from any thread.
struct Data(*mut c_void);

// SAFETY: `new` (1).
unsafe impl Send for Data {}
// SAFETY: `new` (1).
unsafe impl Sync for Data {}

impl Data {
    fn get(&self) -> *mut c_void {
        self.0
    }
}

/// A table, given up to C.
///
/// # Safety
/// 1. `invalidate` may be called with `data` from any thread for as long as the table is there.
pub unsafe fn new<E: Entry>(invalidate: Option<Invalidate>, data: *mut c_void) -> *mut Table<E> {
    or_abort(|| {
        let table = Table::<E>::new();
        let data = Data(data);
        let table = match invalidate {
            Some(invalidate) => table.with_invalidate(move |range: RangeInclusive<u64>| {
                // SAFETY: (1).
                unsafe { invalidate(data.get(), *range.start(), *range.end()) };
            }),
            None => table,
        };
        Box::into_raw(Box::new(table))
    })
}

/// # Safety
/// 1. `table` is null or came from [`new`], and nobody uses it any more.
pub unsafe fn free<E: Entry>(table: *mut Table<E>) {
    or_abort(|| {
        if !table.is_null() {
            // SAFETY: (1).
            drop(unsafe { Box::from_raw(table) });
        }
    });
}

/// 0, or the negative error number that QEMU has for it.
pub fn code(change: impl FnOnce() -> Result<(), Error>) -> c_int {
    or_abort(|| change().map_or_else(Error::errno, |()| 0))
}

/// Flags as C has them; what QEMU does not name is found to be unknown, or to match nothing.
pub fn flags(bits: c_int) -> Flags {
    Flags::from_bits_retain(bits as u32)
}

/// A reference: 0 is none.
pub fn reference(number: u64) -> Result<Ref, Error> {
    Ref::new(number).ok_or(Error::StaleRef)
}

/// Looks at what is published now, in a section of its own.
pub fn read<E: Entry, R>(table: &Table<E>, look: impl FnOnce(&Snapshot<E>) -> R) -> R {
    or_abort(|| look(table.read(&rcu_core::read_lock())))
}

/// Stores an entry that was found. False if there is none.
///
/// # Safety
/// 1. `place` may be written.
pub unsafe fn store<T>(place: *mut T, found: Option<T>) -> bool {
    let is_found = found.is_some();
    if let Some(found) = found {
        // SAFETY: (1).
        unsafe { place.write(found) };
    }
    is_found
}

/// Stores the first entries in table order, and returns how many there are.
///
/// # Safety
/// 1. `room` places may be written.
pub unsafe fn list<E: Entry, T: From<E>>(table: &Table<E>, places: *mut T, room: usize) -> usize {
    read(table, |entries| {
        for (at, &entry) in entries.iter().enumerate().take(room) {
            // SAFETY: (1): `at` is less than `room`.
            let place = unsafe { places.add(at) };
            // SAFETY: (1).
            unsafe { place.write(entry.into()) };
        }
        entries.len()
    })
}
