//! The job that seals.

use crate::job::{JobKind, Queue};

/// Gives rows their entries in the chain.
pub const SEAL: JobKind = JobKind {
    name: "seal_audit",
    queue: Queue::Maintenance,
};
