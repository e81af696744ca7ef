//! The job that seals.

use serde::{Deserialize, Serialize};

use super::seal::Look;
use crate::job::{JobKind, Queue};

/// Gives rows their entries in the chain.
pub const SEAL: JobKind = JobKind {
    name: "seal_audit",
    queue: Queue::Maintenance,
};

/// Payload of [`SEAL`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealPayload {
    /// The look it goes on with; a scheduled seal begins one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub look: Option<Look>,
}
