//! `POST /assessments/definitions/{id}/archive` and `…/restore`

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::authoring::{Archive, Definition, Restore};
use domain::ids::DefinitionId;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::extract::PathId;
use crate::http::idempotency::IdempotencyKey;
use crate::http::permitted::ByStaff;
use crate::http::problem::{BareIdempotencyProblems, NotFound, Problem, ServerProblems, TokenProblems};
use crate::runtime::AppState;

/// Where an assessment stands.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct StandingBody {
    /// Which.
    assessment_definition_id: Uuid,
    /// What people read.
    title: String,
    /// `draft`, `published` or `archived`.
    status: &'static str,
    /// Counts changes.
    revision: i64,
}

/// Archive an assessment
///
/// It can neither be changed nor begun any more; attempts under way go on. `…/restore` takes it back. For admins and advisors.
#[utoipa::path(
    post,
    path = "/assessments/definitions/{id}/archive",
    tag = "definitions",
    params(IdempotencyKey, ("id" = uuid::Uuid, Path, description = "The assessment")),
    responses(
        (status = 200, description = "It is archived", body = StandingBody),
        TokenProblems,
        ServerProblems,
        NotFound,
        BareIdempotencyProblems
    ),
    security(("bearer" = []))
)]
pub(super) async fn archive(
    State(state): State<AppState>,
    ByStaff { staff, caller }: ByStaff,
    key: IdempotencyKey,
    PathId(definition_id): PathId<DefinitionId>,
) -> Result<Response, Problem> {
    let archive = Archive { staff, definition_id };
    caller
        .once(&state, &key, &(), &archive, |after| {
            Ok((StatusCode::OK, StandingBody::from(after)))
        })
        .await
}

/// Put an archived assessment back
///
/// It is `published` again if it ever was, with the version it had, and a `draft` otherwise. For admins and advisors.
#[utoipa::path(
    post,
    path = "/assessments/definitions/{id}/restore",
    tag = "definitions",
    params(IdempotencyKey, ("id" = uuid::Uuid, Path, description = "The assessment")),
    responses(
        (status = 200, description = "It is back", body = StandingBody),
        TokenProblems,
        ServerProblems,
        NotFound,
        BareIdempotencyProblems
    ),
    security(("bearer" = []))
)]
pub(super) async fn restore(
    State(state): State<AppState>,
    ByStaff { staff, caller }: ByStaff,
    key: IdempotencyKey,
    PathId(definition_id): PathId<DefinitionId>,
) -> Result<Response, Problem> {
    let restore = Restore { staff, definition_id };
    caller
        .once(&state, &key, &(), &restore, |after| {
            Ok((StatusCode::OK, StandingBody::from(after)))
        })
        .await
}

impl From<&Definition> for StandingBody {
    fn from(definition: &Definition) -> Self {
        Self {
            assessment_definition_id: definition.id.0,
            title: definition.title.clone(),
            status: definition.status.as_str(),
            revision: definition.revision,
        }
    }
}
