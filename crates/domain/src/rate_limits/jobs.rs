//! Background work of the limits.

use crate::job::{JobKind, Queue};

/// Removes buckets that are full again, failures that are forgotten, and whatever else is kept for a time only.
pub const PRUNE: JobKind = JobKind {
    name: "prune",
    queue: Queue::Maintenance,
};
