//! `Filter`: whether a key may be there. No is certain.
//!
//! A Bloom filter of which each key has one block, and two bits in that, so that a look costs one multiplication and one
//! cache line. There are 16 to 32 bits for a key, at which about one absent key in a hundred is let through.
//!
//! Which bits of a key that goes are those of others, too, only all the others can tell. So they stay set, and the key is
//! counted. When more than one is gone for sixteen that are there, the filter is to be made anew, or an address that had a
//! breakpoint once would stay expensive: so sixteen keys are set again for each that goes, and at the worst an eighth more of
//! the absent keys are let through, beside the gone ones themselves. Of fewer than sixteen keys it is exact.
//!
//! Invariants: (1) every bit of a key that is there is set; (2) other bits that are set are those of keys that are gone, no
//! more than two for each that is counted, unless the filter lets everything through.

/// One bit of a key is in each half.
type Block = [u64; 2];

/// Keys for a block of a filter that has just been big enough.
const KEYS: usize = 8;

/// 1 MiB of filter. With more keys than are for that it lets more through.
const MOST_BLOCKS: usize = 1 << 16;

/// Keys that are there for one that may be gone.
const KEYS_FOR_A_GONE_ONE: usize = 16;

/// See the module.
#[derive(Clone, Debug)]
pub struct Filter {
    /// None, or a power of two.
    blocks: Vec<Block>,
    /// How many keys went since it was made. One that went and came back is still counted.
    gone: usize,
}

impl Filter {
    /// Of no keys.
    pub const EMPTY: Self = Self { blocks: Vec::new(), gone: 0 };

    /// A filter that lets everything through.
    pub fn of_all() -> Self {
        Self { blocks: vec![[u64::MAX; 2]], gone: 0 }
    }

    /// Of these keys, of which there are so many.
    pub fn of(count: usize, keys: impl Iterator<Item = u64>) -> Self {
        let mut filter = Self::EMPTY;
        filter.renew(count, keys);
        filter
    }

    /// Makes it anew, of these keys, where it is if it can stay there.
    pub fn renew(&mut self, count: usize, keys: impl Iterator<Item = u64>) {
        if self.has_memory_for(count) {
            self.blocks.fill([0; 2]);
        } else {
            self.blocks = vec![[0; 2]; blocks_for(count)];
        }
        self.gone = 0;
        keys.for_each(|key| self.insert(key));
    }

    /// Whether a key may be there.
    #[inline(always)]
    pub fn may_have(&self, key: u64) -> bool {
        let hash = hash(key);
        // Of an empty filter there is no such block.
        match self.blocks.get(hash as usize & self.blocks.len().wrapping_sub(1)) {
            Some([one, other]) => (one >> (hash >> 58)) & (other >> (hash >> 52 & 63)) & 1 != 0,
            None => false,
        }
    }

    /// Whether it may stay as it is with so many keys; if not, it is to be made anew.
    pub fn is_right_for(&self, keys: usize) -> bool {
        self.has_memory_for(keys) && self.gone <= keys / KEYS_FOR_A_GONE_ONE
    }

    /// Whether there is the memory that so many keys should have: enough, and not many times too much.
    fn has_memory_for(&self, keys: usize) -> bool {
        let wanted = blocks_for(keys);
        (wanted..=wanted * 4).contains(&self.blocks.len())
    }

    /// Takes in one more key.
    pub fn insert(&mut self, key: u64) {
        let at = self.block_of(key);
        let block = &mut self.blocks[at];
        let bits = bits(key);
        *block = [block[0] | bits[0], block[1] | bits[1]];
    }

    /// Lets go of so many keys, whose bits stay set until it [is to be made anew](Self::is_right_for).
    pub fn remove(&mut self, keys: usize) {
        self.gone += keys;
    }

    /// Whether it is of these keys and of no others but those that are gone.
    pub fn is_of(&self, keys: impl Iterator<Item = u64>) -> bool {
        let mut anew = Self { blocks: vec![[0; 2]; self.blocks.len()], gone: 0 };
        keys.for_each(|key| anew.insert(key));
        let pairs = || self.blocks.as_flattened().iter().zip(anew.blocks.as_flattened());
        let others: usize = pairs().map(|(set, needed)| (set & !needed).count_ones() as usize).sum();
        pairs().all(|(set, needed)| needed & !set == 0) && others <= 2 * self.gone
    }

    /// Whether it lets everything through.
    pub fn is_of_all(&self) -> bool {
        self.blocks == Self::of_all().blocks
    }

    fn block_of(&self, key: u64) -> usize {
        hash(key) as usize & (self.blocks.len() - 1)
    }
}

fn blocks_for(keys: usize) -> usize {
    if keys == 0 { 0 } else { keys.div_ceil(KEYS).next_power_of_two().min(MOST_BLOCKS) }
}

/// The bits at the top of the hash say which two it is; those at the bottom, which block.
fn bits(key: u64) -> Block {
    let hash = hash(key);
    [1 << (hash >> 58), 1 << (hash >> 52 & 63)]
}

/// Both halves of a product: every bit of the key matters to the bits at both ends.
#[inline(always)]
fn hash(key: u64) -> u64 {
    // 2^64 divided by the golden ratio.
    let product = u128::from(key) * 0x9e37_79b9_7f4a_7c15;
    product as u64 ^ (product >> 64) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many keys in a thousand a filter lets through.
    fn let_through(filter: &Filter, keys: impl Iterator<Item = u64>) -> usize {
        keys.take(10_000).filter(|&key| filter.may_have(key)).count() / 10
    }

    #[test]
    fn few_absent_keys_are_let_through_whatever_the_stride_of_the_keys() {
        for shift in [0, 1, 2, 3, 6, 12, 16, 20, 32, 40, 48] {
            for count in [1, 8, 64, 1000, 8192, 10_000] {
                let filter = Filter::of(count, (0..count as u64).map(|n| (2 * n) << shift));
                let odd = (0..).map(|n| (2 * n + 1) << shift);
                let through = let_through(&filter, odd);
                assert!(through <= 60, "{count} keys, stride 2^{shift}: {through} of 1000");
            }
        }
    }

    #[test]
    fn the_memory_is_16_to_32_bits_for_a_key() {
        for keys in [8, 9, 16, 17, 1000, 8192, 10_000, 100_000] {
            let bits = blocks_for(keys) * 128;
            assert!((16 * keys..=32 * keys).contains(&bits), "{keys} keys have {bits} bits");
        }
        assert_eq!(blocks_for(0), 0);
        assert_eq!(blocks_for(usize::MAX), MOST_BLOCKS);
    }

    #[test]
    fn a_full_filter_answers_yes_and_an_empty_one_no() {
        for key in [0, 1, u64::MAX] {
            assert!(Filter::of_all().may_have(key));
            assert!(!Filter::EMPTY.may_have(key));
        }
    }

    #[test]
    fn a_filter_is_of_its_keys_and_of_as_many_others_as_are_gone() {
        let mut filter = Filter::of(4000, 0..4000);
        assert!(filter.is_of(0..4000));
        assert!(!filter.is_of(0..3999), "one more than is there");
        assert!(!filter.is_of(0..4100), "fewer than are there");
        filter.remove(100);
        assert!(filter.is_of(100..4000) && !filter.is_of(1000..4000));
    }

    #[test]
    fn one_key_may_be_gone_for_sixteen_that_are_there() {
        for (gone, keys) in [(1, 16), (625, 10_000)] {
            let mut filter = Filter::of(keys + gone, 0..(keys + gone) as u64);
            filter.remove(gone);
            assert!(filter.is_right_for(keys) && !filter.is_right_for(keys - 1));
        }
    }
}
