//! What staff and candidates read of syllabi and definitions.

use super::bank::BankItem;
use super::blueprint::Blueprint;
use super::difference::ChangeCounts;
use super::generator::DroppedItem;
use super::item::{ItemContent, ItemKind};
use super::model::{
    Definition, DefinitionKind, DefinitionStatus, DraftSection, FrozenSection, Review, VersionedItem,
};
use super::settings::Settings;
use super::tracks::Track;
use crate::ids::{AttemptId, DefinitionId, DefinitionVersionId, ItemId, ItemVersionId, SyllabusId, UserId};
use crate::time::Timestamp;

/// A syllabus in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyllabusSummary {
    /// Which.
    pub id: SyllabusId,
    /// What it is about.
    pub subject: String,
    /// As uploaded.
    pub file_name: String,
    /// Of the file.
    pub media_type: String,
    /// Number of pages.
    pub pages: u32,
    /// Number of characters.
    pub characters: u64,
    /// When.
    pub created_at: Timestamp,
}

/// A definition in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DefinitionSummary {
    /// Which.
    pub id: DefinitionId,
    /// What people read.
    pub title: String,
    /// Where its items come from.
    pub kind: DefinitionKind,
    /// Where it stands.
    pub status: DefinitionStatus,
    /// Items of the draft.
    pub item_count: u32,
    /// When it was made.
    pub created_at: Timestamp,
    /// Latest change.
    pub updated_at: Timestamp,
}

/// A definition with everything a reviewer needs; carries keys, for staff only.
#[derive(Clone, Debug, PartialEq)]
pub struct DefinitionDetail {
    /// Title, status, settings, revision.
    pub definition: Definition,
    /// What was asked for.
    pub blueprint: Blueprint,
    /// What the gate refused, with reasons.
    pub dropped: Vec<DroppedItem>,
    /// Rejected items in whose place others stand, earliest first.
    pub replaced: Vec<ReplacedItem>,
    /// In order.
    pub sections: Vec<DraftSection>,
    /// In order.
    pub items: Vec<ReviewedItem>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// An item of a draft with what the reviewer said.
#[derive(Clone, Debug, PartialEq)]
pub struct ReviewedItem {
    /// With its key.
    pub item: VersionedItem,
    /// The verdict.
    pub review: Review,
    /// Why.
    pub note: Option<String>,
    /// Counts verdicts and edits, from 1; a step names the one it saw.
    pub revision: i64,
}

/// A rejected item for which another one was made.
#[derive(Clone, Debug, PartialEq)]
pub struct ReplacedItem {
    /// With its key, where it stood.
    pub item: VersionedItem,
    /// Why it was rejected.
    pub reason: String,
    /// What stands there now, or stood there next.
    pub replaced_by: ItemId,
    /// When.
    pub replaced_at: Timestamp,
}

/// What a candidate may take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AvailableAssessment {
    /// Which.
    pub definition_id: DefinitionId,
    /// What people read.
    pub title: String,
    /// Where its items come from.
    pub kind: DefinitionKind,
    /// Number of sections.
    pub sections: u32,
    /// Number of items.
    pub items: u32,
    /// Whole time, if limited.
    pub time_limit_minutes: Option<u32>,
    /// How often the candidate may still take it; none means any number.
    pub attempts_left: Option<u32>,
    /// The candidate's attempt that is opted in or in progress.
    pub open_attempt: Option<AttemptId>,
    /// Not to be started before.
    pub opens_at: Option<Timestamp>,
    /// Not to be started after.
    pub closes_at: Option<Timestamp>,
    /// Whether starting asks for a code.
    pub needs_access_code: bool,
    /// Of a track.
    pub slug: Option<String>,
}

/// A track with the size of its bank.
#[derive(Clone, Debug, PartialEq)]
pub struct TrackView {
    /// The track.
    pub track: Track,
    /// Questions in the bank.
    pub questions: u32,
}

/// Which questions of the banks a list has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QuestionFilter {
    /// Of this track.
    pub track: Option<String>,
    /// Of this kind.
    pub kind: Option<ItemKind>,
}

/// A question with its history; carries keys, for staff only.
#[derive(Clone, Debug, PartialEq)]
pub struct QuestionDetail {
    /// In its current version.
    pub item: BankItem,
    /// All versions, latest first.
    pub versions: Vec<QuestionVersion>,
    /// Graded answers kept for it.
    pub exemplars: u32,
}

/// One version of a question.
#[derive(Clone, Debug, PartialEq)]
pub struct QuestionVersion {
    /// Which.
    pub id: ItemVersionId,
    /// From 1.
    pub version: i32,
    /// Content with key.
    pub content: ItemContent,
    /// When it was made.
    pub created_at: Timestamp,
    /// By whom; none when it was generated or came with its track.
    pub made_by: Option<UserId>,
    /// Why, if somebody said so.
    pub reason: Option<String>,
}

/// A published version in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionSummary {
    /// Which.
    pub id: DefinitionVersionId,
    /// From 1.
    pub number: i32,
    /// What people read.
    pub title: String,
    /// Number of sections.
    pub sections: u32,
    /// Number of items.
    pub items: u32,
    /// What differs from the version before; none for the first.
    pub since_previous: Option<ChangeCounts>,
    /// By whom.
    pub published_by: UserId,
    /// When.
    pub published_at: Timestamp,
}

/// A frozen version whole, keys included: stays on the server; learner views are made from it. It never changes, so it may
/// be cached under its id.
#[derive(Clone, Debug, PartialEq)]
pub struct VersionContent {
    /// Which.
    pub id: DefinitionVersionId,
    /// Of which assessment.
    pub definition_id: DefinitionId,
    /// What people read.
    pub title: String,
    /// In force for its attempts.
    pub settings: Settings,
    /// In order.
    pub sections: Vec<FrozenSection>,
    /// In order.
    pub items: Vec<VersionedItem>,
}
