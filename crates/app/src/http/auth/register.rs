//! `POST /auth/register`

use axum::Json as Reply;
use axum::extract::State;
use axum::http::StatusCode;
use domain::audit::Actor;
use domain::identity::{CreateUser, NewUser, Principal, Role};
use garde::Validate;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{SignedInBody, sign_in};
use crate::config::Registration;
use crate::http::extract::{CorrelationId, Json, one_line};
use crate::http::problem::{BodyProblems, Problem, ServerProblems, kinds};
use crate::runtime::AppState;

#[derive(Deserialize, Validate, ToSchema)]
pub(super) struct RegisterRequest {
    /// Becomes the name to sign in with.
    #[garde(email, length(max = 254), custom(one_line))]
    #[schema(example = "ada@example.org", max_length = 254)]
    email: String,
    /// The shortest accepted is a setting, 10 characters by default.
    #[garde(length(chars, min = 1, max = 1024))]
    #[schema(example = "correct horse battery", max_length = 1024)]
    password: String,
    /// What people call you.
    #[garde(length(chars, min = 1, max = 200), custom(one_line))]
    #[schema(example = "Ada", max_length = 200)]
    display_name: String,
}

/// Makes a student's account and signs in.
#[utoipa::path(post, path = "/auth/register", tag = "auth", security(()), request_body = RegisterRequest, responses(
    (status = 201, body = SignedInBody, description = "The account and its tokens."),
    (status = 403, body = crate::http::problem::ProblemBody, content_type = "application/problem+json",
        description = "Registration is closed."),
    (status = 409, body = crate::http::problem::ProblemBody, content_type = "application/problem+json",
        description = "The address has an account."),
    BodyProblems, ServerProblems))]
pub(super) async fn register(
    State(state): State<AppState>,
    CorrelationId(correlation_id): CorrelationId,
    Json(request): Json<RegisterRequest>,
) -> Result<(StatusCode, Reply<SignedInBody>), Problem> {
    match state.config.auth.registration {
        Registration::Open => {}
        Registration::Closed => return Err(Problem::of(&kinds::REGISTRATION_CLOSED)),
    }
    let shortest = state.config.auth.password_min_length;
    if request.password.chars().count() < shortest {
        return Err(Problem::invalid(
            "/password",
            format!("must have at least {shortest} characters"),
        ));
    }
    let password_hash = state.passwords.hash(request.password).await?;
    let user = NewUser {
        email: request.email,
        display_name: request.display_name,
        role: Role::Student,
        password_hash,
    };
    let ctx = state.ctx(correlation_id.clone(), Actor::Anonymous);
    let user = state.store.run(&CreateUser { user }, &ctx).await?;
    let principal = Principal {
        user_id: user.id,
        role: user.role,
    };
    let body = sign_in(&state, &state.ctx(correlation_id, principal.actor()), &user).await?;
    Ok((StatusCode::CREATED, Reply(body)))
}
