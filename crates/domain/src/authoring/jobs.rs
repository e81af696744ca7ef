//! What generation jobs carry.

use serde::{Deserialize, Serialize};

use super::blueprint::Blueprint;
use super::model::Review;
use super::views::ReviewedItem;
use crate::ids::{DefinitionId, ItemId, SyllabusId};
use crate::job::{JobKind, Queue};
use crate::time::Timestamp;

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
    /// When it was asked for; long ago where that was not kept.
    #[serde(default = "long_ago")]
    pub asked_at: Timestamp,
}

const fn long_ago() -> Timestamp {
    Timestamp::from_micros(0)
}

/// Makes another item in place of a rejected one.
pub const REGENERATE: JobKind = JobKind {
    name: "regenerate_item",
    queue: Queue::Generation,
};

/// Payload of [`REGENERATE`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegeneratePayload {
    /// The draft.
    pub definition_id: DefinitionId,
    /// The rejected item.
    pub item_id: ItemId,
    /// Of the item; another current one means that there is nothing left to do.
    pub revision: i64,
    /// When it was asked for; long ago where that was not kept.
    #[serde(default = "long_ago")]
    pub asked_at: Timestamp,
}

impl RegeneratePayload {
    /// Whether the item is still as it was when the job was asked for.
    pub fn is_about(&self, item: &ReviewedItem) -> bool {
        item.item.item_id == self.item_id && item.review == Review::Rejected && item.revision == self.revision
    }
}
