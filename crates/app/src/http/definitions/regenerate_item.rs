//! `POST /assessments/definitions/{id}/items/{item_id}/regenerate`

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::authoring::RequestRegeneration;
use domain::ids::{DefinitionId, ItemId};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::generate::GenerateReply;
use crate::http::extract::{Json, some_lines};
use crate::http::idempotency::IdempotencyKey;
use crate::http::path_of::PathOf;
use crate::http::permitted::ByStaff;
use crate::http::problem::{
    BodyProblems, IdempotencyProblems, NotFound, Problem, ServerProblems, TokenProblems,
};
use crate::runtime::AppState;

/// Why another item is wanted; without a body as if every member were absent.
#[derive(Clone, Debug, Default, Deserialize, Serialize, Validate, ToSchema)]
#[garde(allow_unvalidated)]
pub(super) struct RegenerateBody {
    /// Why the item is not good; a `pending` item needs it, a `rejected` one has its own.
    #[garde(length(chars, max = 2000), inner(custom(some_lines)))]
    reason: Option<String>,
    /// The item's revision that was looked at; 409 when there is a newer one.
    revision: Option<i64>,
}

/// Replace an item by another one
///
/// Rejects the item if it is `pending`, and makes another one of the same topic, level and difficulty from the same text. The
/// job tries at most three proposals; its result names the new `item_id`, which is `pending` in the same place, or says
/// `gave_up` with the rules that refused. The replaced item is kept with its reason. Asking again while the job lives gives the
/// same job. For admins and advisors.
#[utoipa::path(
    post,
    path = "/assessments/definitions/{id}/items/{item_id}/regenerate",
    tag = "definitions",
    params(
        IdempotencyKey,
        ("id" = uuid::Uuid, Path, description = "The assessment"),
        ("item_id" = uuid::Uuid, Path, description = "The item")
    ),
    request_body = Option<RegenerateBody>,
    responses(
        (status = 202, description = "The job", body = GenerateReply),
        TokenProblems,
        ServerProblems,
        NotFound,
        BodyProblems,
        IdempotencyProblems
    ),
    security(("bearer" = []))
)]
pub(super) async fn regenerate(
    State(state): State<AppState>,
    ByStaff { staff, caller }: ByStaff,
    key: IdempotencyKey,
    PathOf((definition_id, item_id)): PathOf<(DefinitionId, ItemId)>,
    body: Option<Json<RegenerateBody>>,
) -> Result<Response, Problem> {
    let body = body.map_or_else(RegenerateBody::default, |Json(body)| body);
    let request = RequestRegeneration {
        staff,
        definition_id,
        item_id,
        seen_revision: body.revision,
        reason: body.reason.clone().filter(|reason| !reason.trim().is_empty()),
    };
    caller
        .once(&state, &key, &body, &request, |enqueued| {
            Ok((StatusCode::ACCEPTED, GenerateReply::from(*enqueued)))
        })
        .await
}
