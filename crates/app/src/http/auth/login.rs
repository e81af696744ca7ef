//! `POST /auth/login`

use axum::Json as Reply;
use axum::extract::State;
use domain::audit::Actor;
use domain::identity::{Principal, Role, UpgradePasswordHash, User, UserStatus};
use domain::store::Ctx;
use garde::Validate;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{SignedInBody, sign_in};
use crate::http::extract::{CorrelationId, Json, one_line};
use crate::http::problem::{BodyProblems, Problem, ProblemBody, ServerProblems, kinds};
use crate::http::proof::{PasswordProof, Proved};
use crate::runtime::AppState;

#[derive(Deserialize, Validate, ToSchema)]
pub(super) struct LoginRequest {
    /// In any case.
    #[garde(length(max = 254), custom(one_line))]
    #[schema(example = "ada@example.org", max_length = 254)]
    email: String,
    /// As chosen.
    #[garde(length(chars, max = 1024))]
    #[schema(example = "correct horse battery", max_length = 1024)]
    password: String,
}

/// Signs in.
///
/// An unknown address, a wrong password and a disabled account are answered the same, after the same time. After ten
/// failures in a row an address is locked for a minute, and longer with every further one, whether it has an account or not.
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
    let proof = PasswordProof::begin(&state, &email).await?;
    let found = state.store.find_user_by_email(&email).await?;
    let nobody = state.ctx(correlation_id.clone(), Actor::Anonymous);
    let proved = proof.check(&nobody, request.password, found, |user| {
        user.status == UserStatus::Active && user.role != Role::Service
    });
    let Proved { user, better_hash } = proved.await?.ok_or_else(|| Problem::of(&kinds::CREDENTIALS))?;
    let principal = Principal {
        user_id: user.id,
        role: user.role,
    };
    let ctx = state.ctx(correlation_id, principal.actor());
    let user = upgraded(&state, &ctx, user, better_hash).await?;
    Ok(Reply(sign_in(&state, &ctx, &user).await?))
}

/// The account with a stronger hash of the same password, where it had a weak one.
async fn upgraded(
    state: &AppState,
    ctx: &Ctx,
    user: User,
    better_hash: Option<String>,
) -> Result<User, Problem> {
    let Some(to) = better_hash else { return Ok(user) };
    let upgrade = UpgradePasswordHash {
        user_id: user.id,
        from: user.password_hash.clone(),
        to: to.clone(),
    };
    let replaced = state.store.run(&upgrade, ctx).await?;
    let password_hash = if replaced { to } else { user.password_hash };
    Ok(User {
        password_hash,
        ..user
    })
}
