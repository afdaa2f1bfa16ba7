//! Is there an entry at an address? All looks of a piece of work are in one section, or each is in its own.

use super::super::measure::{Work, pieces, timed};
use super::random::Random;

/// How many addresses are looked at, over and over.
const PROBES: usize = 1024;

/// Who has entries, and is asked for them.
pub trait Lookup: 'static {
    /// With entries of the debugger at these addresses.
    fn with(addrs: &[u64]) -> Self;

    /// At how many of these there is one.
    fn found(&self, addrs: &[u64]) -> usize;
}

/// A section for each look.
pub struct Each<T>(pub T);

/// Looks at addresses that have an entry.
pub fn hits<T: Lookup>(entries: usize) -> Work {
    let mut random = Random::new();
    let addrs = random.addresses(entries);
    looks(T::with(&addrs), random.some(PROBES, &addrs), PROBES)
}

/// Looks at addresses that have none.
pub fn misses<T: Lookup>(entries: usize) -> Work {
    let mut random = Random::new();
    let addrs = random.addresses(entries);
    looks(T::with(&addrs), random.others(PROBES, &addrs), 0)
}

fn looks(subject: impl Lookup, probes: Vec<u64>, found: usize) -> Work {
    assert_eq!(subject.found(&probes), found);
    pieces(move || timed(probes.len() as u64, || subject.found(&probes)))
}
