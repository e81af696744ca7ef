//! `POST /inquiries/{id}`

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::identity::Role;
use domain::ids::InquiryId;
use domain::reviews::{InquiryEvent, Party, TakeStep};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::body::InquiryStateBody;
use crate::http::caller::Caller;
use crate::http::extract::{Json, PathId, says_something, some_lines};
use crate::http::idempotency::IdempotencyKey;
use crate::http::problem::{
    BodyProblems, IdempotencyProblems, NotFound, Problem, ServerProblems, TokenProblems,
};
use crate::runtime::AppState;

/// A step of an inquiry.
#[derive(Debug, Deserialize, Serialize, Validate, ToSchema)]
#[garde(allow_unvalidated)]
pub(super) struct ReplyBody {
    /// What there is to say; only `close` and `withdraw` go without.
    #[garde(
        length(chars, min = 1, max = 2000),
        inner(custom(some_lines), custom(says_something))
    )]
    #[schema(min_length = 1, max_length = 2000)]
    message: Option<String>,
    /// What is done; without it the message is added, by staff as an answer.
    action: Option<ActionBody>,
}

/// What is done in an inquiry.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum ActionBody {
    /// Staff say something; the candidate may ask on.
    Answer,
    /// Staff leave the score as it is, and say why.
    Uphold,
    /// Staff have judged anew: a person's score record counts that is later than the inquiry.
    Revise,
    /// Staff end what they have answered; the score stays.
    Close,
    /// The candidate takes it back.
    Withdraw,
}

/// Reply to an inquiry
///
/// Candidates add messages, which open an answered inquiry again, and `withdraw`; staff `answer`, `uphold`, `revise` and
/// `close`. 409 names the state and the step where they do not go together, and asks for a review where nobody has judged
/// anew.
#[utoipa::path(
    post,
    path = "/inquiries/{id}",
    tag = "inquiries",
    params(IdempotencyKey, ("id" = uuid::Uuid, Path, description = "The inquiry")),
    request_body = ReplyBody,
    responses(
        (status = 200, description = "As it stands now", body = InquiryStateBody),
        TokenProblems,
        ServerProblems,
        NotFound,
        BodyProblems,
        IdempotencyProblems
    ),
    security(("bearer" = []))
)]
pub(super) async fn reply(
    State(state): State<AppState>,
    caller: Caller,
    key: IdempotencyKey,
    PathId(id): PathId<InquiryId>,
    Json(body): Json<ReplyBody>,
) -> Result<Response, Problem> {
    let (by, without_action) = if caller.principal.role == Role::Student {
        (Party::Owner(caller.candidate(None)?), InquiryEvent::Write)
    } else {
        (Party::Staff(caller.staff()?), InquiryEvent::Answer)
    };
    let step = TakeStep {
        by,
        inquiry_id: id,
        event: body.action.map_or(without_action, InquiryEvent::from),
        message: body.message.clone(),
    };
    caller
        .once(&state, &key, &body, &step, |inquiry| {
            Ok((StatusCode::OK, InquiryStateBody::from(inquiry)))
        })
        .await
}

impl From<ActionBody> for InquiryEvent {
    fn from(action: ActionBody) -> Self {
        match action {
            ActionBody::Answer => Self::Answer,
            ActionBody::Uphold => Self::Uphold,
            ActionBody::Revise => Self::Revise,
            ActionBody::Close => Self::Close,
            ActionBody::Withdraw => Self::Withdraw,
        }
    }
}
