//! What generation jobs carry.

use serde::{Deserialize, Serialize};

use super::blueprint::Blueprint;
use crate::ids::{DefinitionId, SyllabusId};
use crate::job::{JobKind, Queue};

/// Makes a draft from syllabi.
pub const GENERATE: JobKind = JobKind {
    name: "generate_assessment",
    queue: Queue::Generation,
};

/// Payload of [`GENERATE`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GeneratePayload {
    /// The draft to be made.
    pub definition_id: DefinitionId,
    /// From these.
    pub syllabus_ids: Vec<SyllabusId>,
    /// Like this.
    pub blueprint: Blueprint,
    /// The job's dedupe key.
    pub generation_key: String,
}
