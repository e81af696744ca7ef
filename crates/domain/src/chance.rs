//! Chance from a seed: the same seed gives the same choices on every machine.

use sha2::{Digest, Sha256};

/// SplitMix64 (Steele, Lea and Flood, 2014): small, and good enough to shuffle options.
pub(crate) struct Chance(u64);

impl Chance {
    /// Own chances for each purpose, so that one more candidate somewhere does not reshuffle everything else.
    pub(crate) fn for_purpose(seed: u64, purpose: &str) -> Self {
        let digest = Sha256::digest(purpose.as_bytes());
        let mixed = digest
            .iter()
            .take(8)
            .fold(0_u64, |sum, byte| (sum << 8) | u64::from(*byte));
        Self(seed ^ mixed)
    }

    /// One number for a pair of indices: cheap enough to break ties among thousands.
    pub(crate) fn tie(seed: u64, one: usize, other: usize) -> u64 {
        let widened = |index: usize| u64::try_from(index).unwrap_or(u64::MAX);
        let pair = (widened(one) << 32) ^ widened(other);
        Self(seed ^ pair.wrapping_mul(0xff51_afd7_ed55_8ccd)).next()
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`; 0 when there is nothing to choose from.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.next() % bound).unwrap_or(0)
    }

    /// Fisher–Yates.
    pub(crate) fn shuffle<T>(&mut self, values: &mut [T]) {
        for last in (1..values.len()).rev() {
            values.swap(last, self.below(last + 1));
        }
    }
}
