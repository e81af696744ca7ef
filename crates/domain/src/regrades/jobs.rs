//! What the jobs of regrades carry.

use serde::{Deserialize, Serialize};

use crate::ids::{AttemptId, ItemVersionId, RegradeId};
use crate::job::{JobKind, Queue};

/// Looks at a batch of attempts: scores by rules, and has the rest judged.
pub const PREVIEW: JobKind = JobKind {
    name: "preview_regrade",
    queue: Queue::Static,
};

/// Judges one text again.
pub const REGRADE_TEXT: JobKind = JobKind {
    name: "regrade_text",
    queue: Queue::Llm,
};

/// Runs one program again.
pub const REGRADE_CODE: JobKind = JobKind {
    name: "regrade_code",
    queue: Queue::Coding,
};

/// Adds up, a batch at a time, and ends the preview: waits for the jobs above.
pub const END_PREVIEW: JobKind = JobKind {
    name: "end_regrade_preview",
    queue: Queue::Static,
};

/// Makes a batch of changes.
pub const APPLY: JobKind = JobKind {
    name: "apply_regrade",
    queue: Queue::Static,
};

/// Payload of [`PREVIEW`], [`END_PREVIEW`] and [`APPLY`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchPayload {
    /// Of which regrade.
    pub regrade_id: RegradeId,
    /// Attempts behind this one.
    pub after: Option<AttemptId>,
}

/// Payload of [`REGRADE_TEXT`] and [`REGRADE_CODE`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegradeAnswerPayload {
    /// For which regrade.
    pub regrade_id: RegradeId,
    /// Whose answer.
    pub attempt_id: AttemptId,
    /// To which item version.
    pub item_version_id: ItemVersionId,
}
