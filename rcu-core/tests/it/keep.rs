//! What tests leak on purpose, where a leak checker finds it.

use std::ptr;
use std::sync::Mutex;

/// Addresses. A leak checker follows whatever looks like one.
static KEPT: Mutex<Vec<usize>> = Mutex::new(Vec::new());

/// Keeps a value for ever, and reachable: what nothing points to any more is a leak that nobody meant.
pub fn keep<T>(value: T) -> &'static T {
    let kept = Box::leak(Box::new(value));
    KEPT.lock().unwrap().push(ptr::from_ref(kept).expose_provenance());
    kept
}
