//! Addresses that nothing can predict, and that are the same in every run.

use std::collections::BTreeSet;

/// The range in which everything is: 256 MiB of guest memory.
const BASE: u64 = 0x4000_0000;
const SIZE: u64 = 1 << 28;

/// A generator of addresses (`SplitMix64`).
pub struct Random(u64);

impl Random {
    pub fn new() -> Self {
        Self(0)
    }

    fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    /// Some address, a multiple of 8.
    pub fn address(&mut self) -> u64 {
        BASE + ((self.number() % SIZE) & !7)
    }

    /// So many different ones.
    pub fn addresses(&mut self, count: usize) -> Vec<u64> {
        let mut seen = BTreeSet::new();
        std::iter::repeat_with(|| self.address())
            .filter(|&address| seen.insert(address))
            .take(count)
            .collect()
    }

    /// So many that are none of these.
    pub fn others(&mut self, count: usize, than: &[u64]) -> Vec<u64> {
        let than: BTreeSet<_> = than.iter().collect();
        std::iter::repeat_with(|| self.address())
            .filter(|address| !than.contains(address))
            .take(count)
            .collect()
    }

    /// So many of these.
    pub fn some(&mut self, count: usize, of: &[u64]) -> Vec<u64> {
        (0..count).map(|_| of[(self.number() % of.len() as u64) as usize]).collect()
    }
}
