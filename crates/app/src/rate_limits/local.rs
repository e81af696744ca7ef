//! Buckets in the memory of this process.

use domain::rate_limits::{Gcra, Taken};
use domain::time::Timestamp;

use super::bounded::{BoundedMap, Entry};

/// Some 15 MiB.
const BUCKETS: usize = 100_000;

/// See the module.
pub(super) struct LocalBuckets(BoundedMap<Timestamp>);

impl LocalBuckets {
    pub(super) fn new() -> Self {
        Self(BoundedMap::new(BUCKETS))
    }

    /// Takes one request.
    pub(super) fn take(&self, key: &str, rule: Gcra, now: Timestamp) -> Taken {
        self.0.update(key, now, |state| {
            let taken = rule.take(state.copied(), now, 1);
            let entry = Entry {
                value: taken.state,
                // A full bucket is as good as none.
                worthless_at: taken.state,
            };
            (entry, taken)
        })
    }
}
