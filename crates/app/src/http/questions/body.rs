//! Shapes of questions.

use chrono::{DateTime, Utc};
use domain::authoring::item::{CognitiveLevel, Difficulty, ItemBody, ItemContent};
use domain::authoring::{BankItem, QuestionDetail, QuestionVersion};
use domain::points::Points;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::kinds::QuestionKind;

/// A question with its key.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub(crate) struct QuestionContent {
    /// What is asked; blanks are written `____` in order.
    #[schema(min_length = 1, example = "Which of these is meant?")]
    pub(super) stem: String,
    /// Full marks: above 0, at most 1000, two decimals.
    #[schema(value_type = f64, example = 2.0)]
    pub(super) marks: Points,
    /// The part of the subject.
    #[schema(min_length = 1, example = "HTTP APIs")]
    pub(super) topic: String,
    /// `remember`, `understand`, `apply`, `analyse`, `evaluate` or `create`.
    #[schema(value_type = String, example = "apply")]
    pub(super) cognitive_level: CognitiveLevel,
    /// `easy`, `medium` or `hard`.
    #[schema(value_type = String, example = "medium")]
    pub(super) difficulty: Difficulty,
    /// Slugs of the skills it gives evidence of; skills of its tracks only.
    #[serde(default)]
    pub(super) skills: Vec<String>,
    /// Kind, options and key.
    #[schema(value_type = QuestionKind)]
    pub(super) body: ItemBody,
}

impl QuestionContent {
    /// As the domain keeps it. What people write has no place in a syllabus.
    pub(crate) fn into_item(self) -> ItemContent {
        ItemContent {
            stem: self.stem,
            marks: self.marks,
            body: self.body,
            topic: self.topic,
            cognitive_level: self.cognitive_level,
            difficulty: self.difficulty,
            source: None,
            skills: self.skills,
            written_by: None,
        }
    }
}

impl From<ItemContent> for QuestionContent {
    fn from(item: ItemContent) -> Self {
        Self {
            stem: item.stem,
            marks: item.marks,
            topic: item.topic,
            cognitive_level: item.cognitive_level,
            difficulty: item.difficulty,
            skills: item.skills,
            body: item.body,
        }
    }
}

/// A question of one or more banks in its current version.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct BankQuestionBody {
    /// Which.
    question_id: Uuid,
    /// The current version, from 1; name it when changing the question.
    version: i32,
    /// The kind, as in `body.kind`.
    #[serde(rename = "type")]
    kind: &'static str,
    /// Slugs of the tracks whose banks it is in.
    tracks: Vec<String>,
    #[serde(flatten)]
    content: QuestionContent,
    /// When the question was made.
    created_at: DateTime<Utc>,
    /// When this version was made.
    changed_at: DateTime<Utc>,
}

/// A question with its history.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct QuestionDetailBody {
    #[serde(flatten)]
    question: BankQuestionBody,
    /// All versions, latest first; attempts keep the one they drew.
    versions: Vec<QuestionVersionBody>,
    /// How many graded answers are kept for it.
    exemplars: u32,
}

/// One version of a question; it never changes.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct QuestionVersionBody {
    /// From 1.
    version: i32,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// By whom; none when it was generated or came with its track.
    made_by: Option<Uuid>,
    /// Why, if somebody said so.
    reason: Option<String>,
    #[serde(flatten)]
    content: QuestionContent,
}

impl From<BankItem> for BankQuestionBody {
    fn from(item: BankItem) -> Self {
        Self {
            question_id: item.item_id.0,
            version: item.version,
            kind: item.content.body.kind().as_str(),
            tracks: item.tracks,
            content: item.content.into(),
            created_at: item.created_at.to_datetime(),
            changed_at: item.changed_at.to_datetime(),
        }
    }
}

impl From<QuestionDetail> for QuestionDetailBody {
    fn from(detail: QuestionDetail) -> Self {
        Self {
            question: detail.item.into(),
            versions: detail.versions.into_iter().map(Into::into).collect(),
            exemplars: detail.exemplars,
        }
    }
}

impl From<QuestionVersion> for QuestionVersionBody {
    fn from(version: QuestionVersion) -> Self {
        Self {
            version: version.version,
            created_at: version.created_at.to_datetime(),
            made_by: version.made_by.map(|user| user.0),
            reason: version.reason,
            content: version.content.into(),
        }
    }
}
