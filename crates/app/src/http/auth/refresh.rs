//! `POST /auth/refresh`

use axum::Json as Reply;
use axum::extract::State;
use domain::audit::Actor;
use domain::identity::{RefreshOutcome, RotateRefreshToken};
use garde::Validate;
use serde::Deserialize;
use utoipa::ToSchema;

use super::SignedInBody;
use crate::http::extract::{CorrelationId, Json};
use crate::http::problem::{BodyProblems, Problem, ProblemBody, ServerProblems, kinds};
use crate::runtime::AppState;
use crate::security::hash_refresh_token;

#[derive(Deserialize, Validate, ToSchema)]
pub(super) struct RefreshRequest {
    /// From the last sign-in or refresh; good for one exchange.
    #[garde(length(min = 1, max = 200))]
    refresh_token: String,
}

/// Exchanges a refresh token for new tokens.
///
/// A token that was exchanged before ends all tokens of its sign-in, because one of its two owners is a thief. For ten
/// seconds it is answered as the first time, in case that reply was lost.
#[utoipa::path(post, path = "/auth/refresh", tag = "auth", security(()), request_body = RefreshRequest, responses(
    (status = 200, body = SignedInBody, description = "The account and its new tokens."),
    (status = 401, body = ProblemBody, content_type = "application/problem+json",
        description = "The token is unknown, used, expired or revoked."),
    BodyProblems, ServerProblems))]
pub(super) async fn refresh(
    State(state): State<AppState>,
    CorrelationId(correlation_id): CorrelationId,
    Json(request): Json<RefreshRequest>,
) -> Result<Reply<SignedInBody>, Problem> {
    let successor = state
        .tokens
        .successor_of(&request.refresh_token)
        .map_err(|error| Problem::internal(&error))?;
    let rotate = RotateRefreshToken {
        presented_hash: hash_refresh_token(&request.refresh_token),
        successor_hash: successor.hash.clone(),
        lifetime: state.config.auth.refresh_token_lifetime(),
        longest_sign_in: state.config.auth.longest_sign_in(),
    };
    let ctx = state.ctx(correlation_id, Actor::Anonymous);
    match state.store.run(&rotate, &ctx).await? {
        RefreshOutcome::Rotated(user, family) => {
            Ok(Reply(SignedInBody::new(&state, (&user, family), successor)?))
        }
        RefreshOutcome::Reused(user) => {
            state.sign_ins.forget(user);
            Err(Problem::of(&kinds::REFRESH_TOKEN))
        }
    }
}
