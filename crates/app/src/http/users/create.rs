//! `POST /users`

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::identity::{AddUser, NewUser};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::body::{AccountBody, PersonRole};
use crate::http::extract::{Json, one_line, says_something};
use crate::http::idempotency::IdempotencyKey;
use crate::http::new_password;
use crate::http::permitted::ByAdmin;
use crate::http::problem::{BodyProblems, IdempotencyProblems, Problem, ServerProblems, TokenProblems};
use crate::runtime::AppState;

/// An account about to be made.
#[derive(Deserialize, Serialize, Validate, ToSchema)]
pub(super) struct NewAccountBody {
    /// Becomes the name to sign in with.
    #[garde(email, length(max = 254), custom(one_line))]
    #[schema(example = "ada@example.org", max_length = 254, format = Email)]
    email: String,
    /// What people call them.
    #[garde(length(chars, max = 200), custom(one_line), custom(says_something))]
    #[schema(example = "Ada", min_length = 1, max_length = 200)]
    display_name: String,
    /// What the account may do.
    #[garde(skip)]
    role: PersonRole,
    /// Without one nobody can sign in until a password is chosen by `POST /users/{id}/reset-password`.
    #[garde(inner(length(chars, min = 1, max = 1024)))]
    #[serde(default, skip_serializing)]
    #[schema(min_length = 1, max_length = 1024)]
    password: Option<String>,
}

/// Make an account
#[utoipa::path(post, path = "/users", tag = "users", params(IdempotencyKey), request_body = NewAccountBody,
    responses((status = 201, description = "The account", body = AccountBody),
        TokenProblems, ServerProblems, BodyProblems, IdempotencyProblems))]
pub(super) async fn create(
    State(state): State<AppState>,
    ByAdmin { admin, caller }: ByAdmin,
    key: IdempotencyKey,
    Json(body): Json<NewAccountBody>,
) -> Result<Response, Problem> {
    let password_hash = match body.password.clone() {
        Some(password) => {
            new_password(&state, "/password", password, (&body.email, &body.display_name)).await?
        }
        // No password has this hash.
        None => "!".to_owned(),
    };
    let add = AddUser {
        admin,
        user: NewUser {
            email: body.email.clone(),
            display_name: body.display_name.clone(),
            role: body.role.into(),
            password_hash,
        },
    };
    // The key is bound to the request without its password, of which not even a hash is kept here.
    caller
        .once(&state, &key, &body, &add, |user| {
            Ok((StatusCode::CREATED, AccountBody::from(user)))
        })
        .await
}
