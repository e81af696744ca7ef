//! `GET /assessments`

use axum::Json;
use chrono::{DateTime, Utc};
use domain::attempts::{AttemptState, AttemptSummary, HistoryFilter};
use domain::identity::Scope;
use domain::ids::{DefinitionId, UserId};
use domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::http::caller::Caller;
use crate::http::extract::{MustBe as _, Query, one_line};
use crate::http::lists::Lists;
use crate::http::paging::{PageBody, PageQuery};
use crate::http::problem::{ListProblems, Problem, ServerProblems, TokenProblems};

/// Query of the history.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct HistoryQuery {
    /// From 1.
    #[param(minimum = 1, default = 1)]
    page: Option<u32>,
    /// Entries on a page.
    #[param(minimum = 10, maximum = 100, default = 25)]
    page_size: Option<u32>,
    /// Only of the track with this slug.
    track: Option<String>,
    /// Only of this assessment.
    assessment_definition_id: Option<Uuid>,
    /// Only `opted_in`, `in_progress`, `awaiting_async`, `completed`, `expired`, `failed` or `voided` ones.
    status: Option<String>,
    /// Only of this candidate.
    candidate: Option<Uuid>,
    /// The caller's own id, if any.
    user_id: Option<Uuid>,
}

/// An attempt in the history.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct HistoryItemBody {
    /// The attempt.
    assessment_id: Uuid,
    /// Of which assessment.
    assessment_definition_id: Uuid,
    /// Whose.
    user_id: Uuid,
    /// What people read.
    title: String,
    /// `generated` or `track`.
    kind: &'static str,
    /// Slug of the track.
    role_slug: Option<String>,
    /// `opted_in`, `in_progress`, `awaiting_async`, `completed`, `expired`, `failed` or `voided`.
    status: &'static str,
    /// How scoring stands: `none`, `running`, `done` or `failed`.
    scoring: &'static str,
    /// Whether the result lacks something.
    degraded: bool,
    /// When the candidate opted in.
    opted_in_at: DateTime<Utc>,
    /// When the clock began to run.
    started_at: Option<DateTime<Utc>>,
    /// When it was submitted.
    submitted_at: Option<DateTime<Utc>>,
    /// When taking ended, in whatever way.
    ended_at: Option<DateTime<Utc>>,
    /// When the result became visible to the candidate.
    released_at: Option<DateTime<Utc>>,
}

/// List attempts
///
/// Latest first. Students see their own, advisors those of their cohorts, admins all.
#[utoipa::path(
    get,
    path = "/assessments",
    tag = "assessments",
    params(HistoryQuery),
    responses(
        (status = 200, description = "A page of attempts", body = PageBody<HistoryItemBody>),
        TokenProblems,
        ServerProblems,
        ListProblems
    ),
    security(("bearer" = []))
)]
pub(super) async fn list(
    lists: Lists,
    caller: Caller,
    Query(query): Query<HistoryQuery>,
) -> Result<Json<PageBody<HistoryItemBody>>, Problem> {
    let viewer = caller.viewer(Scope::ReadAssessments)?;
    caller.principal.must_be(query.user_id.map(UserId))?;
    let page = PageQuery {
        page: query.page,
        page_size: query.page_size,
    };
    let (page, filter) = (page.request()?, query.filter()?);
    let filter = &filter;
    let found = lists
        .read(|store| async move { store.attempt_history(viewer, filter, page).await })
        .await?;
    Ok(Json(PageBody::from_page(found, HistoryItemBody::from)))
}

impl HistoryQuery {
    fn filter(self) -> Result<HistoryFilter, Problem> {
        let state = self.status.as_deref().map(|name| {
            let expected = AttemptState::ALL.map(AttemptState::as_str).join(", ");
            AttemptState::parse(name)
                .ok_or_else(|| Problem::invalid("/status", format!("must be one of {expected}")))
        });
        if let Some(slug) = &self.track {
            one_line(slug, &()).map_err(|error| Problem::invalid("/track", error.message()))?;
        }
        Ok(HistoryFilter {
            track: self.track,
            definition: self.assessment_definition_id.map(DefinitionId),
            state: state.transpose()?,
            candidate: self.candidate.or(self.user_id).map(UserId),
        })
    }
}

impl From<AttemptSummary> for HistoryItemBody {
    fn from(attempt: AttemptSummary) -> Self {
        Self {
            assessment_id: attempt.id.0,
            assessment_definition_id: attempt.definition_id.0,
            user_id: attempt.user_id.0,
            title: attempt.title,
            kind: attempt.kind.as_str(),
            role_slug: attempt.track,
            status: attempt.state.as_str(),
            scoring: attempt.scoring.as_str(),
            degraded: attempt.degraded,
            opted_in_at: attempt.opted_in_at.to_datetime(),
            started_at: attempt.started_at.map(Timestamp::to_datetime),
            submitted_at: attempt.submitted_at.map(Timestamp::to_datetime),
            ended_at: attempt.ended_at.map(Timestamp::to_datetime),
            released_at: attempt.released_at.map(Timestamp::to_datetime),
        }
    }
}
