//! `POST /regrades`

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::ids::{DefinitionId, ItemId};
use domain::regrades::{Preview, Scope};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::body::{PolicyBody, RegradeBody};
use crate::http::extract::Json;
use crate::http::idempotency::IdempotencyKey;
use crate::http::permitted::ByAdmin;
use crate::http::problem::{
    BodyProblems, IdempotencyProblems, NotFound, Problem, ServerProblems, TokenProblems,
};
use crate::runtime::AppState;

/// What to score again. One of `item_id` and `assessment_definition_id`.
#[derive(Clone, Debug, Deserialize, Serialize, Validate, ToSchema)]
pub(super) struct PreviewBody {
    /// One question, in every attempt that has it.
    #[garde(skip)]
    item_id: Option<Uuid>,
    /// Every question of every attempt of an assessment; a track has one, too.
    #[garde(skip)]
    assessment_definition_id: Option<Uuid>,
    /// Which changes are wanted.
    #[garde(skip)]
    policy: PolicyBody,
}

impl PreviewBody {
    fn scope(&self) -> Result<Scope, Problem> {
        match (self.item_id, self.assessment_definition_id) {
            (Some(item), None) => Ok(Scope::Item(ItemId(item))),
            (None, Some(definition)) => Ok(Scope::Definition(DefinitionId(definition))),
            (None, None) => Err(Problem::invalid(
                "/item_id",
                "must be given, or assessment_definition_id instead",
            )),
            (Some(_), Some(_)) => Err(Problem::invalid(
                "/assessment_definition_id",
                "must be absent where item_id is given",
            )),
        }
    }
}

/// Preview a regrade
///
/// Scores the answers of attempts that are scored again, by the newest accepted version of each question, in the background;
/// nothing of it counts. `GET /regrades/{id}` says when it is `ready` and what would change. 409 while another regrade of the same
/// has not ended, with its `regrade_id`.
#[utoipa::path(
    post,
    path = "/regrades",
    tag = "regrades",
    params(IdempotencyKey),
    request_body = PreviewBody,
    responses(
        (status = 202, description = "It is being previewed", body = RegradeBody),
        TokenProblems,
        ServerProblems,
        NotFound,
        BodyProblems,
        IdempotencyProblems
    ),
    security(("bearer" = []))
)]
pub(super) async fn preview(
    State(state): State<AppState>,
    ByAdmin { admin, caller }: ByAdmin,
    key: IdempotencyKey,
    Json(body): Json<PreviewBody>,
) -> Result<Response, Problem> {
    let preview = Preview {
        admin,
        scope: body.scope()?,
        policy: body.policy.into(),
    };
    caller
        .once(&state, &key, &body, &preview, |regrade| {
            Ok((StatusCode::ACCEPTED, RegradeBody::from(regrade)))
        })
        .await
}
