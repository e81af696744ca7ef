//! Shapes of sessions.

use chrono::{DateTime, Utc};
use domain::attempts::{Attempt, AttemptState};
use domain::authoring::VersionContent;
use domain::time::Timestamp;
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::item_body::QuestionBody;

/// The body of requests that need none; it may still name the caller.
#[derive(Debug, Default, Deserialize, Serialize, Validate, ToSchema)]
#[garde(allow_unvalidated)]
pub(super) struct UserRef {
    /// Must be the caller, when given.
    pub(super) user_id: Option<Uuid>,
}

/// A session.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SessionBody {
    /// Also an assessment id in the other routes.
    pub(super) session_id: Uuid,
    /// Which assessment.
    pub(super) assessment_definition_id: Uuid,
    /// What people read.
    pub(super) title: String,
    /// `opted_in`, `in_progress`, `awaiting_async`, `completed`, `expired`, `failed` or `voided`.
    pub(super) status: &'static str,
    /// The section to be submitted next, from 0; equals `section_count` when all are.
    pub(super) current_section_index: i32,
    /// Number of sections.
    pub(super) section_count: i32,
    /// The current section with its questions, while the session is in progress.
    pub(super) current_section: Option<SectionBody>,
    /// When the clock began to run.
    pub(super) started_at: Option<DateTime<Utc>>,
    /// When the session expires as things stand: deadline or inactivity, whichever is first.
    pub(super) expires_at: Option<DateTime<Utc>>,
    /// When it was submitted.
    pub(super) submitted_at: Option<DateTime<Utc>>,
    /// The server's time, for clocks on pages.
    pub(super) server_time: DateTime<Utc>,
}

/// A section with its questions.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SessionSectionBody)]
pub(super) struct SectionBody {
    /// Names the section when it is submitted.
    pub(super) section_id: Uuid,
    /// From 0.
    pub(super) section_index: i32,
    /// What people read.
    pub(super) title: String,
    /// In order.
    pub(super) questions: Vec<QuestionBody>,
}

impl SessionBody {
    pub(super) fn new(attempt: &Attempt, version: &VersionContent, now: Timestamp) -> Self {
        let shows_section = attempt.state == AttemptState::InProgress;
        Self {
            session_id: attempt.id.0,
            assessment_definition_id: attempt.definition_id.0,
            title: version.title.clone(),
            status: attempt.state.as_str(),
            current_section_index: attempt.current_section,
            section_count: attempt.section_count,
            current_section: shows_section.then(|| section(attempt, version)).flatten(),
            started_at: attempt.started_at.map(Timestamp::to_datetime),
            expires_at: attempt.closes_at().map(Timestamp::to_datetime),
            submitted_at: attempt.submitted_at.map(Timestamp::to_datetime),
            server_time: now.to_datetime(),
        }
    }
}

/// The current section as this attempt shows it: its items in its order, options shuffled where the settings say so.
fn section(attempt: &Attempt, version: &VersionContent) -> Option<SectionBody> {
    let index = attempt.current_section;
    let frozen = version.sections.get(usize::try_from(index).ok()?)?;
    let items = attempt.form.section(version, index, attempt.seed);
    Some(SectionBody {
        section_id: frozen.id,
        section_index: index,
        title: frozen.title.clone(),
        questions: items.into_iter().map(QuestionBody::from).collect(),
    })
}
