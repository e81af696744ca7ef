//! `POST /cohorts`

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::identity::{CreateCohort, MembershipChange};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::body::{CohortBody, definitions, users};
use crate::http::extract::{Json, one_line, says_something};
use crate::http::idempotency::IdempotencyKey;
use crate::http::permitted::ByAdmin;
use crate::http::problem::{BodyProblems, IdempotencyProblems, Problem, ServerProblems, TokenProblems};
use crate::runtime::AppState;

/// A cohort about to be made.
#[derive(Debug, Deserialize, Serialize, Validate, ToSchema)]
pub(super) struct NewCohortBody {
    /// What people read; unique.
    #[garde(length(chars, max = 200), custom(one_line), custom(says_something))]
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    /// Students and advisors who are in it from the beginning.
    #[garde(length(max = 1000))]
    #[serde(default)]
    #[schema(max_items = 1000)]
    members: Vec<Uuid>,
    /// What is assigned to it: `assessment_definition_id`s, or `role_id`s of tracks.
    #[garde(length(max = 1000))]
    #[serde(default)]
    #[schema(max_items = 1000)]
    assessments: Vec<Uuid>,
}

/// Make a cohort
///
/// Its students may take its assessments; its advisors see their attempts.
#[utoipa::path(
    post,
    path = "/cohorts",
    tag = "cohorts",
    params(IdempotencyKey),
    request_body = NewCohortBody,
    responses(
        (status = 201, description = "The cohort", body = CohortBody),
        TokenProblems,
        ServerProblems,
        BodyProblems,
        IdempotencyProblems
    ),
    security(("bearer" = []))
)]
pub(super) async fn create(
    State(state): State<AppState>,
    ByAdmin { admin, caller }: ByAdmin,
    key: IdempotencyKey,
    Json(body): Json<NewCohortBody>,
) -> Result<Response, Problem> {
    let create = CreateCohort {
        admin,
        name: body.name.clone(),
        change: MembershipChange {
            add_members: users(&body.members),
            add_assessments: definitions(&body.assessments),
            ..MembershipChange::default()
        },
    };
    caller
        .once(&state, &key, &body, &create, |cohort| {
            Ok((StatusCode::CREATED, CohortBody::from(cohort)))
        })
        .await
}
