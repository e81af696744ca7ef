//! What the upkeep of the engine's own tables carries: nothing.

use crate::job::{JobKind, Queue};

/// Removes what has ended long ago.
pub const PRUNE_JOBS: JobKind = JobKind {
    name: "prune_jobs",
    queue: Queue::Maintenance,
};
