//! `GET /assessments/available`

use axum::Json;
use chrono::{DateTime, Utc};
use domain::authoring::AvailableAssessment;
use domain::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::caller::Caller;
use crate::http::lists::Lists;
use crate::http::problem::{Problem, ServerProblems, TokenProblems};

/// What the caller may take.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AvailableBody {
    /// Newest first.
    items: Vec<AvailableItem>,
}

/// An assessment, without its items.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AvailableItem {
    /// Name this when opting in; of a track also its `role_id`.
    assessment_definition_id: Uuid,
    /// What people read.
    title: String,
    /// `generated` or `track`.
    kind: &'static str,
    /// Number of sections.
    sections: u32,
    /// Number of items.
    items: u32,
    /// Whole time, if limited.
    time_limit_minutes: Option<u32>,
    /// How often it may still be taken; none means any number.
    attempts_left: Option<u32>,
    /// The caller's attempt that is opted in or in progress; starting resumes it.
    open_attempt_id: Option<Uuid>,
    /// Not to be started before.
    opens_at: Option<DateTime<Utc>>,
    /// Not to be started after.
    closes_at: Option<DateTime<Utc>>,
    /// Whether starting asks for an `access_code`.
    access_code_required: bool,
    /// Names the track at `/assessments/start`; none for generated assessments.
    role_slug: Option<String>,
}

/// What may I take?
///
/// Published assessments of the caller's cohorts that are open or have attempts left, for students.
#[utoipa::path(
    get,
    path = "/assessments/available",
    tag = "definitions",
    responses(
        (status = 200, description = "The assessments", body = AvailableBody),
        TokenProblems,
        ServerProblems
    ),
    security(("bearer" = []))
)]
pub(super) async fn available(lists: Lists, caller: Caller) -> Result<Json<AvailableBody>, Problem> {
    let candidate = caller.candidate(None)?;
    let user = candidate.user_id();
    let found = lists
        .read(|store| async move { store.available_assessments(user).await })
        .await?;
    Ok(Json(AvailableBody {
        items: found.into_iter().map(AvailableItem::from).collect(),
    }))
}

impl From<AvailableAssessment> for AvailableItem {
    fn from(assessment: AvailableAssessment) -> Self {
        Self {
            assessment_definition_id: assessment.definition_id.0,
            title: assessment.title,
            kind: assessment.kind.as_str(),
            sections: assessment.sections,
            items: assessment.items,
            time_limit_minutes: assessment.time_limit_minutes,
            attempts_left: assessment.attempts_left,
            open_attempt_id: assessment.open_attempt.map(|attempt| attempt.0),
            opens_at: assessment.opens_at.map(Timestamp::to_datetime),
            closes_at: assessment.closes_at.map(Timestamp::to_datetime),
            access_code_required: assessment.needs_access_code,
            role_slug: assessment.slug,
        }
    }
}
