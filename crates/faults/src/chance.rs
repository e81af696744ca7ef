//! Choices that a seed decides, the same on every machine and with every version of a library.

use std::time::Duration;

/// SplitMix64.
#[derive(Clone, Debug)]
pub(crate) struct Chance(u64);

impl Chance {
    /// The stream of a seed that belongs to a name.
    pub(crate) fn of(seed: u64, name: &str) -> Self {
        // FNV-1a.
        let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        Self(seed ^ hash)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From 0 up to, but not, `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end.max(1)).unwrap_or(1);
        usize::try_from(self.next() % end).unwrap_or(0)
    }

    /// From zero to `longest`, in milliseconds.
    pub(crate) fn up_to(&mut self, longest: Duration) -> Duration {
        let milliseconds = usize::try_from(longest.as_millis()).unwrap_or(usize::MAX - 1);
        Duration::from_millis(self.below(milliseconds + 1) as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_and_a_name_decide_everything() {
        let draw = |seed, name| {
            let mut chance = Chance::of(seed, name);
            (0..8).map(|_| chance.below(1000)).collect::<Vec<_>>()
        };
        assert_eq!(draw(1, "row 7"), draw(1, "row 7"));
        assert_ne!(draw(1, "row 7"), draw(2, "row 7"));
        assert_ne!(draw(1, "row 7"), draw(1, "row 8"));
    }

    #[test]
    fn draws_stay_in_their_range() {
        let mut chance = Chance::of(9, "range");
        assert!((0..1000).all(|_| chance.below(3) < 3));
        assert!((0..1000).all(|_| chance.up_to(Duration::from_millis(5)) <= Duration::from_millis(5)));
    }
}
