//! What evaluation jobs carry.

use serde::{Deserialize, Serialize};

use crate::ids::AttemptId;
use crate::job::{JobKind, Queue};

/// Ends scoring once every text is judged: the parent of the scoring jobs.
pub const EVALUATE: JobKind = JobKind {
    name: "evaluate_attempt",
    queue: Queue::Static,
};

/// Looks for micro-credentials that fit, once every text is judged and before scoring ends.
pub const RECOMMEND: JobKind = JobKind {
    name: "recommend",
    queue: Queue::Rag,
};

/// Persists the expiry of attempts nobody comes back to.
pub const SWEEP: JobKind = JobKind {
    name: "sweep_attempts",
    queue: Queue::Maintenance,
};

/// Finds attempts whose scoring nobody works on.
pub const RECONCILE: JobKind = JobKind {
    name: "reconcile_attempts",
    queue: Queue::Maintenance,
};

/// Payload of [`EVALUATE`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvaluatePayload {
    /// Which attempt.
    pub attempt_id: AttemptId,
    /// `initial`, `rescore:1`, …
    pub cause: String,
}

/// Payload of [`RECOMMEND`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecommendPayload {
    /// For whoever took this attempt.
    pub attempt_id: AttemptId,
}
