//! Weakens one ordering at run time.
//!
//! The orderings of the sources are literal. To show that one carries weight, a run of the models is told by the environment
//! to weaken the one at a given place: `RCU_MUTANT=file:line:operation:ordering`, the line being the caller's for an
//! operation in a function that is `track_caller`. To show that the RMW before fences is needed, `RCU_LOOM_STOCK_FENCES`
//! leaves it out.

use std::panic::Location;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

/// The ordering that the environment asks to weaken, if this run has one.
struct Mutant {
    file: String,
    line: u32,
    operation: String,
    order: Ordering,
}

fn mutant() -> Option<&'static Mutant> {
    static MUTANT: OnceLock<Option<Mutant>> = OnceLock::new();
    let parse = |text: String| {
        let [order, operation, line, file] = text.rsplitn(4, ':').collect::<Vec<_>>()[..] else {
            panic!("RCU_MUTANT: file:line:operation:ordering")
        };
        let order = match order {
            "Relaxed" => Ordering::Relaxed,
            "Acquire" => Ordering::Acquire,
            "Release" => Ordering::Release,
            other => panic!("RCU_MUTANT: unknown ordering {other:?}"),
        };
        let line = line.parse().expect("RCU_MUTANT: a line number");
        Mutant { file: file.to_owned(), line, operation: operation.to_owned(), order }
    };
    MUTANT.get_or_init(|| std::env::var("RCU_MUTANT").ok().map(parse)).as_ref()
}

static MUTANT_MET: AtomicBool = AtomicBool::new(false);

/// Whether an execution came by the place that the environment asks to weaken: a mutant that no model meets survives for
/// the wrong reason.
pub fn mutant_was_met() -> bool {
    MUTANT_MET.load(Ordering::Relaxed)
}

/// The ordering to use instead of this one, for an operation at the caller's place.
#[track_caller]
pub(super) fn weakened(operation: &'static str, order: Ordering) -> Ordering {
    super::met::meet(operation);
    let Some(mutant) = mutant() else { return order };
    let caller = Location::caller();
    let here = mutant.line == caller.line() && mutant.operation == operation;
    if !here || !caller.file().ends_with(&mutant.file) {
        return order;
    }
    MUTANT_MET.store(true, Ordering::Relaxed);
    mutant.order
}

/// Whether fences are to go without the RMW before them.
pub(super) fn stock_fences() -> bool {
    static STOCK: OnceLock<bool> = OnceLock::new();
    *STOCK.get_or_init(|| std::env::var_os("RCU_LOOM_STOCK_FENCES").is_some())
}
