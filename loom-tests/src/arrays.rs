//! The arrays of the snapshots that the tables publish, each with a payload, so that loom checks what is done with them.
//!
//! Entries are plain values, whose uses loom does not see. So the models have an allocator that tells the arrays by their
//! size. A payload is made with each and poisoned when it is freed; a reader who uses a snapshot looks at the payload of its
//! array. Each array is owed a free: one that leaks, or is freed twice, fails the model. Of a snapshot this is the array of
//! its entries, which the table's working copy shares until it is changed; those of its index are made and read with it.
//!
//! Invariant: nothing else of a model that watches has such a size: see [`SIZES`].

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::{Cell, RefCell};
use std::mem::ManuallyDrop;
use std::ops::RangeInclusive;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::payload::Payload;
use crate::run::{owe, pay};

/// The bytes of an array that is watched: of 22 to 24 breakpoints, or 17 or 18 watchpoints, or a value of `retire`. Their arrays that grow by
/// doubling have none of these sizes, nor have the arrays of an index: so many breakpoints have at most 384 bytes of sites, so many
/// watchpoints 432 of spans, and a filter's size is a power of two.
const SIZES: RangeInclusive<usize> = 528..=576;

// All threads of a model run on one thread of the process.
std::thread_local! {
    static WATCHING: Cell<bool> = const { Cell::new(false) };
    /// Each address with its payload, the freed ones too: a look at one of those is what loom has to see.
    static ARRAYS: RefCell<Vec<(usize, ManuallyDrop<Payload>)>> = const { RefCell::new(Vec::new()) };
}

/// Whether arrays are watched from now on, in this execution. Forgets those that were.
pub fn watch(watching: bool) {
    WATCHING.set(watching);
    ARRAYS.with_borrow_mut(Vec::clear);
}

/// Uses an array of a snapshot, which must be alive. Of none, that is of an empty snapshot, there is nothing to use.
pub fn look<E>(entries: &[E]) {
    if !entries.is_empty() {
        look_at(entries.as_ptr().addr());
    }
}

/// Uses the array that has this address, which must be alive.
pub fn look_at(address: usize) {
    ARRAYS.with_borrow(|arrays| newest(arrays, address).expect("an array of a watched size").look());
}

/// An address may have had more than one array.
fn newest(arrays: &[(usize, ManuallyDrop<Payload>)], address: usize) -> Option<&Payload> {
    arrays
        .iter()
        .rev()
        .find(|(of, _)| (*of..of + SIZES.start()).contains(&address))
        .map(|(_, payload)| &**payload)
}

#[derive(Debug)]
struct Watcher;

#[global_allocator]
static WATCHER: Watcher = Watcher;

fn made(array: *mut u8) {
    if WATCHING.get() {
        owe();
        ARRAYS.with_borrow_mut(|arrays| arrays.push((array.addr(), ManuallyDrop::new(Payload::new(0)))));
    }
}

fn freed(array: *mut u8) {
    // A model that has failed leaves what it leaves.
    if WATCHING.get() && !std::thread::panicking() {
        ARRAYS.with_borrow(|arrays| {
            if let Some(payload) = newest(arrays, array.addr()) {
                payload.poison();
                pay();
            }
        });
    }
}

/// An allocator must not unwind: loom's report has been printed when this ends the process.
fn or_abort(watch: impl FnOnce()) {
    if catch_unwind(AssertUnwindSafe(watch)).is_err() {
        std::process::abort();
    }
}

// SAFETY: the system's allocator does it all. What is done besides neither touches the memory nor unwinds. An array that grows or
// shrinks is a new one: realloc is not the system's.
unsafe impl GlobalAlloc for Watcher {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's obligations are the same.
        let array = unsafe { System.alloc(layout) };
        if SIZES.contains(&layout.size()) {
            or_abort(|| made(array));
        }
        array
    }

    unsafe fn dealloc(&self, array: *mut u8, layout: Layout) {
        if SIZES.contains(&layout.size()) {
            or_abort(|| freed(array));
        }
        // SAFETY: the caller's obligations are the same.
        unsafe { System.dealloc(array, layout) };
    }
}
