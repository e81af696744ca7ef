//! `POST /sessions/opt-in`

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::attempts::OptIn;
use domain::ids::{AttemptId, DefinitionId};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::caller::Caller;
use crate::http::extract::Json;
use crate::http::idempotency::IdempotencyKey;
use crate::http::problem::{
    BodyProblems, IdempotencyProblems, NotFound, Problem, ServerProblems, StateProblems, TokenProblems, kinds,
};
use crate::http::touched::alive;
use crate::runtime::AppState;

/// What will be taken.
#[derive(Debug, Deserialize, Serialize, Validate, ToSchema)]
#[garde(allow_unvalidated)]
#[expect(clippy::struct_field_names, reason = "the contract names them so")]
pub(super) struct OptInBody {
    /// The assessment.
    assessment_definition_id: Option<Uuid>,
    /// The same under its other name.
    assessment_id: Option<Uuid>,
    /// Must be the caller, when given.
    user_id: Option<Uuid>,
}

/// The session.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OptedInBody {
    /// Names the session from now on.
    session_id: Uuid,
    /// Which assessment.
    assessment_definition_id: Uuid,
    /// `opted_in`, or `in_progress` when it was begun before.
    status: &'static str,
    /// Number of sections.
    section_count: i32,
}

/// Opt in
///
/// Opting in again gives the session that is open. No clock runs before the start. 410 when a session has just been
/// found expired and no other can be opened.
#[utoipa::path(
    post,
    path = "/sessions/opt-in",
    tag = "sessions",
    params(IdempotencyKey),
    request_body = OptInBody,
    responses(
        (status = 201, description = "The session", body = OptedInBody),
        TokenProblems,
        ServerProblems,
        BodyProblems,
        StateProblems,
        IdempotencyProblems,
        NotFound
    ),
    security(("bearer" = []))
)]
pub(super) async fn opt_in(
    State(state): State<AppState>,
    caller: Caller,
    key: IdempotencyKey,
    Json(body): Json<OptInBody>,
) -> Result<Response, Problem> {
    let candidate = caller.candidate(body.user_id)?;
    let id = body.assessment_definition_id.or(body.assessment_id);
    let id =
        id.ok_or_else(|| Problem::invalid("/assessment_definition_id", "present: the assessment to take"))?;
    if state
        .content
        .owned_attempt(AttemptId(id), candidate.user_id())
        .await?
        .is_some()
    {
        return Err(Problem::of(&kinds::NO_SUCH_ASSESSMENT)
            .because("this is the id of an attempt; opting in takes the assessment_definition_id"));
    }
    let opt_in = OptIn {
        candidate,
        definition_id: DefinitionId(id),
    };
    caller
        .once(&state, &key, &body, &opt_in, |touched| {
            let attempt = alive(touched)?;
            let body = OptedInBody {
                session_id: attempt.id.0,
                assessment_definition_id: attempt.definition_id.0,
                status: attempt.state.as_str(),
                section_count: attempt.section_count,
            };
            Ok((StatusCode::CREATED, body))
        })
        .await
}
