//! `POST /assessments/{id}/inquiries`

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::ids::{AttemptId, ItemId};
use domain::reviews::OpenInquiry;
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::body::InquiryStateBody;
use crate::http::caller::Caller;
use crate::http::extract::{Json, PathId, says_something, some_lines};
use crate::http::idempotency::IdempotencyKey;
use crate::http::problem::{
    BodyProblems, IdempotencyProblems, NotFound, Problem, ServerProblems, TokenProblems,
};
use crate::runtime::AppState;

/// What is contested.
#[derive(Debug, Deserialize, Serialize, Validate, ToSchema)]
pub(super) struct OpenInquiryBody {
    /// The question; without it the whole result.
    #[garde(skip)]
    question_id: Option<Uuid>,
    /// What there is to say.
    #[garde(
        length(chars, min = 1, max = 2000),
        custom(some_lines),
        custom(says_something)
    )]
    #[schema(min_length = 1, max_length = 2000)]
    message: String,
}

/// Contest a score
///
/// Once the result is released. One inquiry at a time about one question, and one about the whole: 409 names the one that is
/// open as `inquiry_id`.
#[utoipa::path(
    post,
    path = "/assessments/{id}/inquiries",
    tag = "inquiries",
    params(IdempotencyKey, ("id" = uuid::Uuid, Path, description = "The attempt")),
    request_body = OpenInquiryBody,
    responses(
        (status = 201, description = "Staff are asked", body = InquiryStateBody),
        TokenProblems,
        ServerProblems,
        NotFound,
        BodyProblems,
        IdempotencyProblems
    ),
    security(("bearer" = []))
)]
pub(super) async fn open(
    State(state): State<AppState>,
    caller: Caller,
    key: IdempotencyKey,
    PathId(id): PathId<AttemptId>,
    Json(body): Json<OpenInquiryBody>,
) -> Result<Response, Problem> {
    let open = OpenInquiry {
        candidate: caller.candidate(None)?,
        attempt_id: id,
        question: body.question_id.map(ItemId),
        message: body.message.clone(),
    };
    caller
        .once(&state, &key, &body, &open, |inquiry| {
            Ok((StatusCode::CREATED, InquiryStateBody::from(inquiry)))
        })
        .await
}
