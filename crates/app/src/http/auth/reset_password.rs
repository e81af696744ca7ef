//! `POST /auth/reset-password`

use axum::extract::State;
use axum::http::StatusCode;
use domain::audit::Actor;
use domain::identity::ResetPassword;
use domain::rate_limits::SignInSubject;
use garde::Validate;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::http::extract::{CorrelationId, Json};
use crate::http::new_password;
use crate::http::problem::{BodyProblems, Problem, ProblemBody, ServerProblems, kinds};
use crate::runtime::AppState;
use crate::security::hash_refresh_token;

#[derive(Deserialize, Validate, ToSchema)]
pub(super) struct ResetPasswordRequest {
    /// As an administrator handed it over; good once.
    #[garde(length(min = 1, max = 200))]
    #[schema(min_length = 1, max_length = 200)]
    reset_token: String,
    /// As it is to be.
    #[garde(length(chars, min = 1, max = 1024))]
    #[schema(example = "staple battery horse", min_length = 1, max_length = 1024)]
    new_password: String,
}

/// Sets a new password by a token from an administrator.
///
/// Every sign-in of the account ends.
#[utoipa::path(post, path = "/auth/reset-password", tag = "auth", request_body = ResetPasswordRequest, responses(
    (status = 204, description = "The new password holds."),
    (status = 401, body = ProblemBody, content_type = "application/problem+json",
        description = "The token is unknown, used, replaced or expired."),
    BodyProblems, ServerProblems))]
pub(super) async fn reset_password(
    State(state): State<AppState>,
    CorrelationId(correlation_id): CorrelationId,
    Json(request): Json<ResetPasswordRequest>,
) -> Result<StatusCode, Problem> {
    let token_hash = hash_refresh_token(&request.reset_token);
    // Before anything is hashed: made-up tokens are not to keep the hashing threads busy.
    let owner = state
        .store
        .owner_of_password_reset(&token_hash, state.now())
        .await?;
    let owner = owner.ok_or_else(|| Problem::of(&kinds::RESET_TOKEN))?;
    let names = (owner.email.as_str(), owner.display_name.as_str());
    let password_hash = new_password(&state, "/new_password", request.new_password, names).await?;
    let reset = ResetPassword {
        token_hash,
        password_hash,
    };
    let _forgotten = state.sign_ins.forgetting(owner.id);
    let ctx = state.ctx(correlation_id, Actor::Anonymous);
    state.store.run(&reset, &ctx).await?;
    // Whoever was locked out by somebody's guesses may try the new one at once.
    state
        .store
        .clear_sign_in_failures(&SignInSubject::of(&owner.email))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
