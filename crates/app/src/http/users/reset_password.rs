//! `POST /users/{id}/reset-password`

use std::time::Duration;

use axum::extract::State;
use axum::response::Response;
use chrono::{DateTime, Utc};
use domain::identity::{IssuePasswordReset, PasswordReset};
use domain::ids::UserId;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::extract::PathId;
use crate::http::idempotency::IdempotencyKey;
use crate::http::permitted::ByAdmin;
use crate::http::problem::{BareIdempotencyProblems, NotFound, Problem, ServerProblems, TokenProblems};
use crate::runtime::AppState;
use crate::security::RefreshSecret;

/// Long enough to be handed over, short enough not to lie about.
const LIFETIME: Duration = Duration::from_hours(24);

/// A token by which the account's owner chooses a new password.
#[derive(Serialize, ToSchema)]
pub(super) struct PasswordResetBody {
    /// Whose password.
    user_id: Uuid,
    /// From when on the token is not good any more.
    expires_at: DateTime<Utc>,
    /// For `POST /auth/reset-password`; shown once, absent in a replayed reply.
    #[serde(skip_serializing_if = "Option::is_none")]
    reset_token: Option<String>,
    /// A page that asks for the new password; shown once.
    #[serde(skip_serializing_if = "Option::is_none")]
    reset_link: Option<String>,
}

/// Let an account choose a new password
///
/// Gives a link to hand over, good once within 24 hours; earlier ones end. The password of today holds until then.
#[utoipa::path(post, path = "/users/{id}/reset-password", tag = "users",
    params(("id" = uuid::Uuid, Path, description = "The account"), IdempotencyKey),
    responses((status = 201, description = "The token", body = PasswordResetBody),
        TokenProblems, ServerProblems, NotFound, BareIdempotencyProblems))]
pub(super) async fn reset_password(
    State(state): State<AppState>,
    ByAdmin { admin, caller }: ByAdmin,
    PathId(user_id): PathId<UserId>,
    key: IdempotencyKey,
) -> Result<Response, Problem> {
    let secret = RefreshSecret::generate();
    let issue = IssuePasswordReset {
        admin,
        user_id,
        token_hash: secret.hash.clone(),
        lifetime: LIFETIME,
    };
    let link = format!(
        "{}/reset-password#{}",
        state.config.server.public_url(),
        secret.token
    );
    let body = |reset: &PasswordReset, secret: Option<(String, String)>| {
        let (reset_token, reset_link) = secret.unzip();
        PasswordResetBody {
            user_id: reset.user_id.0,
            expires_at: reset.expires_at.to_datetime(),
            reset_token,
            reset_link,
        }
    };
    let shown = |reset: &PasswordReset| body(reset, Some((secret.token.clone(), link.clone())));
    let kept = |reset: &PasswordReset| body(reset, None);
    caller
        .once_with_secret(&state, &key, &(), &issue, (shown, kept))
        .await
}
