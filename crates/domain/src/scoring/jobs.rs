//! What scoring jobs carry.

use serde::{Deserialize, Serialize};

use crate::ids::{AttemptId, ItemVersionId};
use crate::job::{JobKind, Queue};

/// Scores one text answer.
pub const SCORE_TEXT: JobKind = JobKind {
    name: "score_text",
    queue: Queue::Llm,
};

/// Runs one program against the tests of its item.
pub const SCORE_CODE: JobKind = JobKind {
    name: "score_code",
    queue: Queue::Coding,
};

/// Gives answers that no model could judge their jobs again.
pub const RESCORE_DEFERRED: JobKind = JobKind {
    name: "rescore_deferred",
    queue: Queue::Maintenance,
};

/// Payload of [`SCORE_TEXT`] and [`SCORE_CODE`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScoreAnswerPayload {
    /// Whose answer.
    pub attempt_id: AttemptId,
    /// To which item version.
    pub item_version_id: ItemVersionId,
    /// `initial`, `rescore:1`, …
    pub cause: String,
}
