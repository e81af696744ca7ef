//! `POST /assessments/definitions/{id}/publish`

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use chrono::{DateTime, Utc};
use domain::authoring::Publish;
use domain::ids::DefinitionId;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::caller::Caller;
use crate::http::extract::PathId;
use crate::http::idempotency::IdempotencyKey;
use crate::http::problem::{BareIdempotencyProblems, NotFound, Problem, ServerProblems, TokenProblems};
use crate::runtime::AppState;

/// The frozen version.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PublishedBody {
    /// Of which assessment.
    assessment_definition_id: Uuid,
    /// The version new attempts take.
    version_id: Uuid,
    /// From 1.
    version: i32,
    /// Number of sections.
    sections: usize,
    /// Number of items.
    items: usize,
    /// When.
    published_at: DateTime<Utc>,
}

/// Publish an assessment
///
/// Freezes every item that is not rejected. Attempts under way keep the version they began with.
#[utoipa::path(
    post,
    path = "/assessments/definitions/{id}/publish",
    tag = "definitions",
    params(IdempotencyKey, ("id" = uuid::Uuid, Path, description = "The assessment")),
    responses(
        (status = 201, description = "The frozen version", body = PublishedBody),
        TokenProblems,
        ServerProblems,
        NotFound,
        BareIdempotencyProblems
    ),
    security(("bearer" = []))
)]
pub(super) async fn publish(
    State(state): State<AppState>,
    caller: Caller,
    key: IdempotencyKey,
    PathId(id): PathId<DefinitionId>,
) -> Result<Response, Problem> {
    let publish = Publish {
        staff: caller.staff()?,
        definition_id: id,
    };
    caller
        .once(&state, &key, &(), &publish, |version| {
            let body = PublishedBody {
                assessment_definition_id: version.definition_id.0,
                version_id: version.id.0,
                version: version.number,
                sections: version.sections.len(),
                items: version.items.len(),
                published_at: version.published_at.to_datetime(),
            };
            Ok((StatusCode::CREATED, body))
        })
        .await
}
