//! `POST /regrades/{id}/apply` and `…/cancel`

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::ids::RegradeId;
use domain::regrades::{Apply, Cancel};

use super::body::RegradeBody;
use crate::http::extract::PathId;
use crate::http::idempotency::IdempotencyKey;
use crate::http::permitted::ByAdmin;
use crate::http::problem::{BareIdempotencyProblems, NotFound, Problem, ServerProblems, TokenProblems};
use crate::runtime::AppState;

/// Apply a regrade
///
/// Every proposed change becomes a score record that counts, in the background; what was there stays. A change whose answer is
/// counted by another record meanwhile, for example a person's, is not made and listed as `superseded`. Results that are
/// released show it at once. 409 unless the regrade is `ready`.
#[utoipa::path(
    post,
    path = "/regrades/{id}/apply",
    tag = "regrades",
    params(IdempotencyKey, ("id" = uuid::Uuid, Path, description = "The regrade")),
    responses(
        (status = 202, description = "It is being applied", body = RegradeBody),
        TokenProblems,
        ServerProblems,
        NotFound,
        BareIdempotencyProblems
    ),
    security(("bearer" = []))
)]
pub(super) async fn apply(
    State(state): State<AppState>,
    ByAdmin { admin, caller }: ByAdmin,
    key: IdempotencyKey,
    PathId(regrade_id): PathId<RegradeId>,
) -> Result<Response, Problem> {
    let apply = Apply { admin, regrade_id };
    caller
        .once(&state, &key, &(), &apply, |regrade| {
            Ok((StatusCode::ACCEPTED, RegradeBody::from(regrade)))
        })
        .await
}

/// Cancel a regrade
///
/// Nothing more is scored again or changed; what is changed already stays. 409 once it has ended.
#[utoipa::path(
    post,
    path = "/regrades/{id}/cancel",
    tag = "regrades",
    params(IdempotencyKey, ("id" = uuid::Uuid, Path, description = "The regrade")),
    responses(
        (status = 200, description = "It is cancelled", body = RegradeBody),
        TokenProblems,
        ServerProblems,
        NotFound,
        BareIdempotencyProblems
    ),
    security(("bearer" = []))
)]
pub(super) async fn cancel(
    State(state): State<AppState>,
    ByAdmin { admin, caller }: ByAdmin,
    key: IdempotencyKey,
    PathId(regrade_id): PathId<RegradeId>,
) -> Result<Response, Problem> {
    let cancel = Cancel { admin, regrade_id };
    caller
        .once(&state, &key, &(), &cancel, |regrade| {
            Ok((StatusCode::OK, RegradeBody::from(regrade)))
        })
        .await
}
