//! `POST /assessments/definitions/{id}/items/{item_id}/accept`, `…/reject` and `…/reopen`

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::authoring::{JudgeItem, Verdict};
use domain::ids::{DefinitionId, ItemId};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::body::ItemBody;
use crate::http::caller::Caller;
use crate::http::extract::{Json, says_something, some_lines};
use crate::http::idempotency::IdempotencyKey;
use crate::http::path_of::PathOf;
use crate::http::permitted::ByStaff;
use crate::http::problem::{
    BodyProblems, IdempotencyProblems, NotFound, Problem, ServerProblems, TokenProblems,
};
use crate::runtime::AppState;

/// Which item of which assessment.
type Place = PathOf<(DefinitionId, ItemId)>;

/// An acceptance; without a body as if every member were absent.
#[derive(Clone, Debug, Default, Deserialize, Serialize, Validate, ToSchema)]
#[garde(allow_unvalidated)]
pub(super) struct AcceptBody {
    /// The item's revision that was looked at; 409 when there is a newer one.
    revision: Option<i64>,
    /// What there is to say about it.
    #[garde(length(chars, max = 2000), inner(custom(some_lines)))]
    note: Option<String>,
}

/// A rejection.
#[derive(Clone, Debug, Deserialize, Serialize, Validate, ToSchema)]
#[garde(allow_unvalidated)]
pub(super) struct RejectBody {
    /// Why; kept with the item.
    #[garde(
        length(chars, min = 1, max = 2000),
        custom(some_lines),
        custom(says_something)
    )]
    #[schema(min_length = 1, max_length = 2000)]
    reason: String,
    /// The item's revision that was looked at; 409 when there is a newer one.
    revision: Option<i64>,
}

/// A verdict taken back; without a body as if every member were absent.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, Validate, ToSchema)]
#[garde(allow_unvalidated)]
pub(super) struct ReopenBody {
    /// The item's revision that was looked at; 409 when there is a newer one.
    revision: Option<i64>,
}

/// Accept an item
///
/// An item that is `pending`; another one is refused with 409, naming its state. For admins and advisors.
#[utoipa::path(
    post,
    path = "/assessments/definitions/{id}/items/{item_id}/accept",
    tag = "definitions",
    params(
        IdempotencyKey,
        ("id" = uuid::Uuid, Path, description = "The assessment"),
        ("item_id" = uuid::Uuid, Path, description = "The item")
    ),
    request_body = Option<AcceptBody>,
    responses(
        (status = 200, description = "The item, accepted", body = ItemBody),
        TokenProblems,
        ServerProblems,
        NotFound,
        BodyProblems,
        IdempotencyProblems
    ),
    security(("bearer" = []))
)]
pub(super) async fn accept(
    State(state): State<AppState>,
    ByStaff { staff, caller }: ByStaff,
    key: IdempotencyKey,
    PathOf((definition_id, item_id)): Place,
    body: Option<Json<AcceptBody>>,
) -> Result<Response, Problem> {
    let body = body.map_or_else(AcceptBody::default, |Json(body)| body);
    let judge = JudgeItem {
        staff,
        definition_id,
        item_id,
        seen_revision: body.revision,
        verdict: Verdict::Accept {
            note: body.note.clone(),
        },
    };
    judged((&state, &caller, &key), &body, &judge).await
}

/// Reject an item
///
/// An item that is `pending` stays out of what is published, and is kept with the reason. For admins and advisors.
#[utoipa::path(
    post,
    path = "/assessments/definitions/{id}/items/{item_id}/reject",
    tag = "definitions",
    params(
        IdempotencyKey,
        ("id" = uuid::Uuid, Path, description = "The assessment"),
        ("item_id" = uuid::Uuid, Path, description = "The item")
    ),
    request_body = RejectBody,
    responses(
        (status = 200, description = "The item, rejected", body = ItemBody),
        TokenProblems,
        ServerProblems,
        NotFound,
        BodyProblems,
        IdempotencyProblems
    ),
    security(("bearer" = []))
)]
pub(super) async fn reject(
    State(state): State<AppState>,
    ByStaff { staff, caller }: ByStaff,
    key: IdempotencyKey,
    PathOf((definition_id, item_id)): Place,
    Json(body): Json<RejectBody>,
) -> Result<Response, Problem> {
    let judge = JudgeItem {
        staff,
        definition_id,
        item_id,
        seen_revision: body.revision,
        verdict: Verdict::Reject {
            reason: body.reason.clone(),
        },
    };
    judged((&state, &caller, &key), &body, &judge).await
}

/// Take a verdict back
///
/// An item that is `accepted` or `rejected` is `pending` again. For admins and advisors.
#[utoipa::path(
    post,
    path = "/assessments/definitions/{id}/items/{item_id}/reopen",
    tag = "definitions",
    params(
        IdempotencyKey,
        ("id" = uuid::Uuid, Path, description = "The assessment"),
        ("item_id" = uuid::Uuid, Path, description = "The item")
    ),
    request_body = Option<ReopenBody>,
    responses(
        (status = 200, description = "The item, without a verdict", body = ItemBody),
        TokenProblems,
        ServerProblems,
        NotFound,
        BodyProblems,
        IdempotencyProblems
    ),
    security(("bearer" = []))
)]
pub(super) async fn reopen(
    State(state): State<AppState>,
    ByStaff { staff, caller }: ByStaff,
    key: IdempotencyKey,
    PathOf((definition_id, item_id)): Place,
    body: Option<Json<ReopenBody>>,
) -> Result<Response, Problem> {
    let body = body.map_or_else(ReopenBody::default, |Json(body)| body);
    let judge = JudgeItem {
        staff,
        definition_id,
        item_id,
        seen_revision: body.revision,
        verdict: Verdict::Reopen,
    };
    judged((&state, &caller, &key), &body, &judge).await
}

async fn judged(
    (state, caller, key): (&AppState, &Caller, &IdempotencyKey),
    body: &(impl Serialize + Sync),
    judge: &JudgeItem,
) -> Result<Response, Problem> {
    caller
        .once(state, key, body, judge, |item| {
            Ok((StatusCode::OK, ItemBody::from(item.clone())))
        })
        .await
}
