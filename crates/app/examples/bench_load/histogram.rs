//! Latencies in buckets that are at most a sixty-fourth wide, from a microsecond to days, in a few KiB.

use std::time::Duration;

/// Buckets per doubling.
const STEPS: u64 = 64;
/// Doublings above the first [`STEPS`] microseconds.
const DOUBLINGS: usize = 40;

/// Counts of durations.
#[derive(Clone)]
pub(crate) struct Histogram {
    counts: Vec<u64>,
    total: u64,
    longest: u64,
}

impl Default for Histogram {
    fn default() -> Self {
        Self {
            counts: vec![0; (DOUBLINGS + 1) << STEPS.trailing_zeros()],
            total: 0,
            longest: 0,
        }
    }
}

impl Histogram {
    /// Counts one.
    pub(crate) fn add(&mut self, duration: Duration) {
        let micros = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        let last = self.counts.len() - 1;
        self.counts[bucket(micros).min(last)] += 1;
        self.total += 1;
        self.longest = self.longest.max(micros);
    }

    /// Counts what the other has counted.
    pub(crate) fn join(&mut self, other: &Self) {
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count += more;
        }
        self.total += other.total;
        self.longest = self.longest.max(other.longest);
    }

    /// How many were counted.
    pub(crate) const fn total(&self) -> u64 {
        self.total
    }

    /// Milliseconds of the longest.
    pub(crate) fn longest_milliseconds(&self) -> f64 {
        milliseconds(self.longest)
    }

    /// Milliseconds that `per_mille` of a thousand do not exceed, at most a sixty-fourth too high; 0 of nothing.
    pub(crate) fn milliseconds_at(&self, per_mille: u64) -> f64 {
        let rank = (self.total * per_mille).div_ceil(1000).max(1);
        let mut seen = 0;
        for (index, count) in self.counts.iter().enumerate() {
            seen += count;
            if seen >= rank {
                return milliseconds(ceiling(index).min(self.longest));
            }
        }
        milliseconds(self.longest)
    }
}

/// The first [`STEPS`] microseconds have a bucket each, every doubling after them [`STEPS`].
fn bucket(micros: u64) -> usize {
    let shift = micros.max(STEPS).ilog2() - STEPS.ilog2();
    let within = if micros < STEPS {
        micros
    } else {
        (u64::from(shift) + 1) * STEPS + (micros >> shift) - STEPS
    };
    usize::try_from(within).unwrap_or(usize::MAX)
}

/// The highest microsecond of a bucket.
fn ceiling(index: usize) -> u64 {
    let index = index as u64;
    if index < STEPS {
        return index;
    }
    let shift = index / STEPS - 1;
    ((index % STEPS + STEPS + 1) << shift) - 1
}

fn milliseconds(micros: u64) -> f64 {
    Duration::from_micros(micros).as_secs_f64() * 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_holds_what_its_ceiling_says() {
        for micros in (0..5_000).chain([65_535, 65_536, 1_000_000, 123_456_789]) {
            let highest = ceiling(bucket(micros));
            assert!(highest >= micros, "{micros}");
            assert!(highest - micros <= micros / STEPS, "{micros} {highest}");
        }
    }

    #[test]
    fn quantiles_are_read_off_the_counts() {
        let mut histogram = Histogram::default();
        for milliseconds in 1..=1000 {
            histogram.add(Duration::from_millis(milliseconds));
        }
        for (per_mille, expected) in [(500, 500.0), (990, 990.0), (1000, 1000.0)] {
            let found = histogram.milliseconds_at(per_mille);
            assert!((found / expected - 1.0).abs() < 0.02, "{per_mille}: {found}");
        }
        assert!((Histogram::default().milliseconds_at(500)).abs() < f64::EPSILON);
        let mut both = Histogram::default();
        both.add(Duration::from_secs(5));
        both.join(&histogram);
        assert_eq!(both.total(), 1001);
        assert!(both.milliseconds_at(1000) > 4900.0 && both.milliseconds_at(990) < 1020.0);
    }
}
