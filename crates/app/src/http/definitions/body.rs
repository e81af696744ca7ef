//! Shapes of definitions.

use chrono::{DateTime, Utc};
use domain::authoring::item::{ItemContent, SourceSpan};
use domain::authoring::{DefinitionDetail, DefinitionSummary, ReplacedItem, ReviewedItem};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::settings::SettingsBody;

/// A definition in a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct DefinitionBody {
    /// Which.
    pub(crate) assessment_definition_id: Uuid,
    /// What people read.
    pub(crate) title: String,
    /// `generated` or `track`.
    pub(crate) kind: &'static str,
    /// `draft`, `published` or `archived`.
    pub(crate) status: &'static str,
    /// Items of the draft.
    pub(crate) items: u32,
    /// When it was made.
    pub(crate) created_at: DateTime<Utc>,
    /// Latest change.
    pub(crate) updated_at: DateTime<Utc>,
}

/// A definition with everything a reviewer needs, keys included.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct DefinitionDetailBody {
    /// Which.
    pub(crate) assessment_definition_id: Uuid,
    /// What people read.
    pub(crate) title: String,
    /// `generated` or `track`.
    pub(crate) kind: &'static str,
    /// `draft`, `published` or `archived`.
    pub(crate) status: &'static str,
    /// Counts changes.
    pub(crate) revision: i64,
    /// The frozen version new attempts take.
    pub(crate) published_version_id: Option<Uuid>,
    /// How it is taken and scored.
    pub(crate) settings: SettingsBody,
    /// What was asked for.
    #[schema(value_type = Object)]
    pub(crate) blueprint: Value,
    /// In order.
    pub(crate) sections: Vec<SectionBody>,
    /// What the quality gate refused.
    pub(crate) dropped: Vec<DroppedBody>,
    /// Rejected items in whose place others were made, earliest first.
    pub(crate) replaced: Vec<ReplacedBody>,
    /// When it was made.
    pub(crate) created_at: DateTime<Utc>,
}

/// A section with its items.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct SectionBody {
    /// Stays with the section through versions.
    pub(crate) section_id: Uuid,
    /// From 0.
    pub(crate) section_index: i32,
    /// What people read.
    pub(crate) title: String,
    /// In order.
    pub(crate) items: Vec<ItemBody>,
}

/// An item beside its source.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ItemBody {
    /// Which.
    pub(crate) item_id: Uuid,
    /// From 1.
    pub(crate) version: i32,
    /// Counts verdicts and edits; name it in a step, so that it is refused when somebody else was faster.
    pub(crate) revision: i64,
    /// `pending`, `accepted` or `rejected`.
    pub(crate) review: &'static str,
    /// Why.
    pub(crate) review_note: Option<String>,
    /// What is asked.
    pub(crate) stem: String,
    /// Full marks.
    pub(crate) marks: f64,
    /// The part of the subject.
    pub(crate) topic: String,
    /// `remember` … `create`.
    #[schema(value_type = String)]
    pub(crate) cognitive_level: domain::authoring::item::CognitiveLevel,
    /// `easy`, `medium` or `hard`.
    #[schema(value_type = String)]
    pub(crate) difficulty: domain::authoring::item::Difficulty,
    /// Kind, options and key.
    #[schema(value_type = Object)]
    pub(crate) body: Value,
    /// Where it was made from.
    pub(crate) source: Option<SourceBody>,
    /// Slugs of the skills it gives evidence of.
    pub(crate) skills: Vec<String>,
    /// The language model that wrote it (`openai/gpt-4o-mini`); `null` for what rules or people made.
    pub(crate) written_by: Option<String>,
}

/// A rejected item in whose place another one was made.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ReplacedBody {
    /// Which.
    pub(crate) item_id: Uuid,
    /// The version that was rejected.
    pub(crate) version: i32,
    /// What it asked.
    pub(crate) stem: String,
    /// Kind, options and key.
    #[schema(value_type = Object)]
    pub(crate) body: Value,
    /// Why it was rejected.
    pub(crate) reason: String,
    /// The item that was made in its place.
    pub(crate) replaced_by: Uuid,
    /// When.
    pub(crate) replaced_at: DateTime<Utc>,
}

/// A place in a syllabus.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct SourceBody {
    /// The syllabus.
    pub(crate) syllabus_id: Uuid,
    /// From 1.
    pub(crate) page: u32,
    /// First character in the page's text, from 0.
    pub(crate) start: u32,
    /// One past the last.
    pub(crate) end: u32,
    /// What stands there.
    pub(crate) quote: String,
}

/// An item the quality gate refused.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct DroppedBody {
    /// The rule.
    pub(crate) rule: String,
    /// Why.
    pub(crate) reason: String,
    /// What it asked.
    pub(crate) stem: String,
    /// How often it was made, 1–3; each time it was refused.
    pub(crate) tries: u8,
}

impl From<DefinitionSummary> for DefinitionBody {
    fn from(summary: DefinitionSummary) -> Self {
        Self {
            assessment_definition_id: summary.id.0,
            title: summary.title,
            kind: summary.kind.as_str(),
            status: summary.status.as_str(),
            items: summary.item_count,
            created_at: summary.created_at.to_datetime(),
            updated_at: summary.updated_at.to_datetime(),
        }
    }
}

impl From<DefinitionDetail> for DefinitionDetailBody {
    fn from(detail: DefinitionDetail) -> Self {
        let mut items = detail.items;
        let sections = detail.sections.into_iter().map(|section| {
            let (here, rest) = items
                .drain(..)
                .partition(|item| item.item.section_index == section.index);
            items = rest;
            let here: Vec<ReviewedItem> = here;
            SectionBody {
                section_id: section.id,
                section_index: section.index,
                title: section.title,
                items: here.into_iter().map(ItemBody::from).collect(),
            }
        });
        let sections = sections.collect();
        let dropped = detail.dropped.into_iter().map(|dropped| DroppedBody {
            rule: dropped.rule,
            reason: dropped.reason,
            stem: dropped.stem,
            tries: dropped.tries,
        });
        Self {
            assessment_definition_id: detail.definition.id.0,
            title: detail.definition.title,
            kind: detail.definition.kind.as_str(),
            status: detail.definition.status.as_str(),
            revision: detail.definition.revision,
            published_version_id: detail.definition.published_version_id.map(|version| version.0),
            settings: SettingsBody::from(&detail.definition.settings),
            blueprint: serde_json::json!(detail.blueprint),
            sections,
            dropped: dropped.collect(),
            replaced: detail.replaced.into_iter().map(ReplacedBody::from).collect(),
            created_at: detail.created_at.to_datetime(),
        }
    }
}

impl From<ReviewedItem> for ItemBody {
    fn from(reviewed: ReviewedItem) -> Self {
        let ItemContent {
            stem,
            marks,
            body,
            topic,
            cognitive_level,
            difficulty,
            source,
            skills,
            written_by,
        } = reviewed.item.content;
        Self {
            item_id: reviewed.item.item_id.0,
            version: reviewed.item.version,
            revision: reviewed.revision,
            review: reviewed.review.as_str(),
            review_note: reviewed.note,
            stem,
            marks: marks.as_f64(),
            topic,
            cognitive_level,
            difficulty,
            body: serde_json::json!(body),
            source: source.map(SourceBody::from),
            skills,
            written_by: written_by.map(|model| model.to_string()),
        }
    }
}

impl From<ReplacedItem> for ReplacedBody {
    fn from(replaced: ReplacedItem) -> Self {
        Self {
            item_id: replaced.item.item_id.0,
            version: replaced.item.version,
            stem: replaced.item.content.stem,
            body: serde_json::json!(replaced.item.content.body),
            reason: replaced.reason,
            replaced_by: replaced.replaced_by.0,
            replaced_at: replaced.replaced_at.to_datetime(),
        }
    }
}

impl From<SourceSpan> for SourceBody {
    fn from(span: SourceSpan) -> Self {
        Self {
            syllabus_id: span.syllabus_id.0,
            page: span.page,
            start: span.start,
            end: span.end,
            quote: span.quote,
        }
    }
}
