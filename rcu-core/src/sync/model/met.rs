//! Notes the places in the sources by which the executions of a model come: which pairs of orderings it has at all.
//!
//! A run is told to by the environment, `RCU_LOOM_PLACES`: it costs every access.

use std::cell::RefCell;
use std::panic::Location;
use std::sync::OnceLock;

/// An operation: file, line, and name.
pub type Place = (&'static str, u32, &'static str);

// All threads of a model run on one thread of the process.
std::thread_local! {
    // A vector, for it allocates in few sizes: models may watch allocations by their size.
    static MET: RefCell<Vec<Place>> = const { RefCell::new(Vec::new()) };
}

/// The places met so far by the models that the calling thread runs.
pub fn places() -> Vec<Place> {
    MET.with_borrow(Vec::clone)
}

/// Notes the caller's place, if this run is to.
#[track_caller]
pub(super) fn meet(operation: &'static str) {
    static NOTES: OnceLock<bool> = OnceLock::new();
    if *NOTES.get_or_init(|| std::env::var_os("RCU_LOOM_PLACES").is_some()) {
        let caller = Location::caller();
        let place = (caller.file(), caller.line(), operation);
        MET.with_borrow_mut(|met| {
            if !met.contains(&place) {
                met.push(place);
            }
        });
    }
}
