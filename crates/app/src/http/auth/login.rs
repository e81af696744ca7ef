//! `POST /auth/login`

use axum::Json as Reply;
use axum::extract::State;
use domain::identity::{Principal, UserStatus};
use garde::Validate;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{SignedInBody, sign_in};
use crate::http::extract::{CorrelationId, Json, one_line};
use crate::http::problem::{BodyProblems, Problem, ProblemBody, ServerProblems, kinds};
use crate::runtime::AppState;

#[derive(Deserialize, Validate, ToSchema)]
pub(super) struct LoginRequest {
    /// In any case.
    #[garde(length(max = 254), custom(one_line))]
    #[schema(example = "ada@example.org")]
    email: String,
    /// As chosen.
    #[garde(length(chars, max = 1024))]
    #[schema(example = "correct horse battery")]
    password: String,
}

/// Signs in.
///
/// An unknown address, a wrong password and a disabled account are answered the same, after the same time.
#[utoipa::path(post, path = "/auth/login", tag = "auth", security(()), request_body = LoginRequest, responses(
    (status = 200, body = SignedInBody, description = "The account and its tokens."),
    (status = 401, body = ProblemBody, content_type = "application/problem+json",
        description = "No active account has this email and password."),
    BodyProblems, ServerProblems))]
pub(super) async fn login(
    State(state): State<AppState>,
    CorrelationId(correlation_id): CorrelationId,
    Json(request): Json<LoginRequest>,
) -> Result<Reply<SignedInBody>, Problem> {
    let email = request.email.trim().to_lowercase();
    let found = state.store.find_user_by_email(&email).await?;
    let hash = found.as_ref().map(|user| user.password_hash.clone());
    let matches = state.passwords.verify(request.password, hash).await?;
    let user = found.filter(|user| matches && user.status == UserStatus::Active);
    let user = user.ok_or_else(|| Problem::of(&kinds::CREDENTIALS))?;
    let principal = Principal {
        user_id: user.id,
        role: user.role,
    };
    let ctx = state.ctx(correlation_id, principal.actor());
    Ok(Reply(sign_in(&state, &ctx, &user).await?))
}
