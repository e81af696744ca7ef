//! `POST /auth/register`

use axum::Json as Reply;
use axum::extract::State;
use axum::http::StatusCode;
use domain::audit::Actor;
use domain::identity::{Principal, Register};
use garde::Validate;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{SignedInBody, sign_in};
use crate::config::Registration;
use crate::http::extract::{CorrelationId, Json, one_line};
use crate::http::new_password;
use crate::http::problem::{BodyProblems, Problem, ProblemBody, ServerProblems, kinds};
use crate::runtime::AppState;
use crate::security::sha256_hex;

#[derive(Deserialize, Validate, ToSchema)]
pub(super) struct RegisterRequest {
    /// Becomes the name to sign in with.
    #[garde(email, length(max = 254), custom(one_line))]
    #[schema(example = "ada@example.org", max_length = 254, format = Email)]
    email: String,
    /// The shortest accepted is a setting, 10 characters by default.
    #[garde(length(chars, min = 1, max = 1024))]
    #[schema(example = "correct horse battery", min_length = 1, max_length = 1024)]
    password: String,
    /// What people call you.
    #[garde(length(chars, min = 1, max = 200), custom(one_line))]
    #[schema(example = "Ada", min_length = 1, max_length = 200)]
    display_name: String,
    /// Needed where registration is by invitation; ignored elsewhere.
    #[garde(inner(length(max = 200)))]
    #[schema(max_length = 200)]
    invitation_code: Option<String>,
}

/// Makes a student's account and signs in.
#[utoipa::path(post, path = "/auth/register", tag = "auth", security(()), request_body = RegisterRequest, responses(
    (status = 201, body = SignedInBody, description = "The account and its tokens."),
    (status = 403, body = ProblemBody, content_type = "application/problem+json",
        description = "Registration is closed, or the invitation is not valid."),
    (status = 409, body = ProblemBody, content_type = "application/problem+json",
        description = "The address has an account."),
    BodyProblems, ServerProblems))]
pub(super) async fn register(
    State(state): State<AppState>,
    CorrelationId(correlation_id): CorrelationId,
    Json(request): Json<RegisterRequest>,
) -> Result<(StatusCode, Reply<SignedInBody>), Problem> {
    let invitation = match state.config.auth.registration {
        Registration::Open => None,
        Registration::Invite => {
            let code = request.invitation_code.as_deref();
            let code = code.ok_or_else(|| Problem::of(&kinds::INVITATION))?;
            let code = sha256_hex(code.trim().as_bytes());
            // Before anything is hashed: made-up codes are not to keep the hashing threads busy.
            if !state.store.has_invitation(&code, state.now()).await? {
                return Err(Problem::of(&kinds::INVITATION));
            }
            Some(code)
        }
        Registration::Closed => return Err(Problem::of(&kinds::REGISTRATION_CLOSED)),
    };
    let owner = (request.email.as_str(), request.display_name.as_str());
    let register = Register {
        password_hash: new_password(&state, "/password", request.password, owner).await?,
        email: request.email,
        display_name: request.display_name,
        invitation,
    };
    let ctx = state.ctx(correlation_id.clone(), Actor::Anonymous);
    let user = state.store.run(&register, &ctx).await?;
    let principal = Principal {
        user_id: user.id,
        role: user.role,
    };
    let body = sign_in(&state, &state.ctx(correlation_id, principal.actor()), &user).await?;
    Ok((StatusCode::CREATED, Reply(body)))
}
