//! Chance that is the same in every run.

use uuid::Uuid;

/// See the module.
pub(super) struct Dice(u64);

impl Dice {
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// splitmix64
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(super) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap_or(0)
    }

    pub(super) fn one<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }

    /// 64 digits that prove nothing.
    pub(super) fn digits(&mut self) -> String {
        [(); 4].map(|()| format!("{:016x}", self.next())).concat()
    }

    /// An id that names nothing.
    pub(super) fn id(&mut self) -> Uuid {
        Uuid::from_u64_pair(self.next(), self.next())
    }

    /// Two different numbers below `end`, the smaller one first.
    pub(super) fn two(&mut self, end: usize) -> (usize, usize) {
        let first = self.below(end - 1);
        (first, first + 1 + self.below(end - first - 1))
    }
}
