//! Another static library in Rust, built by itself: it brings the same runtime as ours.

use std::collections::HashMap;
use std::panic::catch_unwind;
use std::thread;

/// Uses what Rust's runtime has: threads, allocation, unwinding. Returns `number`.
#[unsafe(no_mangle)]
pub extern "C" fn other_echo(number: u32) -> u32 {
    let map: HashMap<u32, u32> = (0..100).map(|key| (key, key + number)).collect();
    let caught = catch_unwind(|| std::panic::resume_unwind(Box::new(1)));
    let zero = thread::spawn(move || map[&0]).join();
    if caught.is_err() { zero.unwrap_or(0) } else { 0 }
}
