//! Shapes of syllabi.

use chrono::{DateTime, Utc};
use domain::authoring::{Syllabus, SyllabusSummary};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// A syllabus in a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct SyllabusBody {
    /// Which.
    pub(crate) syllabus_id: Uuid,
    /// What it is about.
    pub(crate) subject: String,
    /// As uploaded.
    pub(crate) file_name: String,
    /// Of the file.
    pub(crate) media_type: String,
    /// Number of pages.
    pub(crate) pages: u32,
    /// Number of characters.
    pub(crate) characters: u64,
    /// When.
    pub(crate) created_at: DateTime<Utc>,
}

/// A syllabus with its text.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct SyllabusDetailBody {
    /// Which.
    pub(crate) syllabus_id: Uuid,
    /// What it is about.
    pub(crate) subject: String,
    /// As uploaded.
    pub(crate) file_name: String,
    /// Of the file.
    pub(crate) media_type: String,
    /// Text page by page; source spans count characters in these.
    pub(crate) pages: Vec<PageText>,
    /// When.
    pub(crate) created_at: DateTime<Utc>,
}

/// The text of a page.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct PageText {
    /// From 1.
    pub(crate) page: u32,
    /// What stands there.
    pub(crate) text: String,
}

impl From<SyllabusSummary> for SyllabusBody {
    fn from(summary: SyllabusSummary) -> Self {
        Self {
            syllabus_id: summary.id.0,
            subject: summary.subject,
            file_name: summary.file_name,
            media_type: summary.media_type,
            pages: summary.pages,
            characters: summary.characters,
            created_at: summary.created_at.to_datetime(),
        }
    }
}

impl From<&Syllabus> for SyllabusBody {
    fn from(syllabus: &Syllabus) -> Self {
        Self {
            syllabus_id: syllabus.id.0,
            subject: syllabus.subject.clone(),
            file_name: syllabus.file_name.clone(),
            media_type: syllabus.media_type.clone(),
            pages: u32::try_from(syllabus.pages.len()).unwrap_or(u32::MAX),
            characters: syllabus
                .pages
                .iter()
                .map(|page| page.chars().count() as u64)
                .sum(),
            created_at: syllabus.created_at.to_datetime(),
        }
    }
}

impl From<Syllabus> for SyllabusDetailBody {
    fn from(syllabus: Syllabus) -> Self {
        Self {
            syllabus_id: syllabus.id.0,
            subject: syllabus.subject,
            file_name: syllabus.file_name,
            media_type: syllabus.media_type,
            pages: syllabus
                .pages
                .into_iter()
                .zip(1..)
                .map(|(text, page)| PageText { page, text })
                .collect(),
            created_at: syllabus.created_at.to_datetime(),
        }
    }
}
