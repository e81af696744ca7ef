//! `POST /assessments/definitions/{id}/publish`

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use chrono::{DateTime, Utc};
use domain::authoring::Publish;
use domain::ids::DefinitionId;
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::caller::Caller;
use crate::http::extract::{Json, PathId};
use crate::http::idempotency::IdempotencyKey;
use crate::http::problem::{
    BodyProblems, IdempotencyProblems, NotFound, Problem, ServerProblems, TokenProblems,
};
use crate::runtime::AppState;

/// How to publish; without a body as if every member were absent.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, Validate, ToSchema)]
#[garde(allow_unvalidated)]
pub(super) struct PublishBody {
    /// Whether items that nobody has accepted or rejected are accepted by this (absent: yes). With `false` they are refused
    /// with 409 and named in `item_ids`.
    accept_remaining: Option<bool>,
    /// The revision of the assessment that was looked at; 409 when there is a newer one.
    revision: Option<i64>,
}

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
/// Freezes every item that is not rejected, and accepts those without a verdict unless `accept_remaining` is false. Attempts under way keep the version they began with.
#[utoipa::path(
    post,
    path = "/assessments/definitions/{id}/publish",
    tag = "definitions",
    params(IdempotencyKey, ("id" = uuid::Uuid, Path, description = "The assessment")),
    request_body = Option<PublishBody>,
    responses(
        (status = 201, description = "The frozen version", body = PublishedBody),
        TokenProblems,
        ServerProblems,
        NotFound,
        BodyProblems,
        IdempotencyProblems
    ),
    security(("bearer" = []))
)]
pub(super) async fn publish(
    State(state): State<AppState>,
    caller: Caller,
    key: IdempotencyKey,
    PathId(id): PathId<DefinitionId>,
    body: Option<Json<PublishBody>>,
) -> Result<Response, Problem> {
    let body = body.map_or_else(PublishBody::default, |Json(body)| body);
    let publish = Publish {
        staff: caller.staff()?,
        definition_id: id,
        accept_remaining: body.accept_remaining.unwrap_or(true),
        seen_revision: body.revision,
    };
    caller
        .once(&state, &key, &body, &publish, |version| {
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
