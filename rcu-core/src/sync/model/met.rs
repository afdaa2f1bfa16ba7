//! Notes the places in the sources by which the executions of a model come: which pairs of orderings it has at all.
//!
//! A run is told to by the environment, `RCU_LOOM_PLACES`: it costs every access.

use std::cell::RefCell;
use std::panic::Location;
use std::sync::OnceLock;

/// Where an operation stands, and its name.
pub type Place = (&'static Location<'static>, &'static str);

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
        MET.with_borrow_mut(|met| {
            // By address: one place may come twice, and no text is compared at each access.
            if !met.iter().any(|(place, of)| std::ptr::eq(*place, caller) && *of == operation) {
                met.push((caller, operation));
            }
        });
    }
}
