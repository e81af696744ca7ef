//! `POST /catalog/credentials`

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::catalog::AddCredential;

use super::body::{CredentialBody, CredentialContentBody};
use crate::http::extract::Json;
use crate::http::idempotency::IdempotencyKey;
use crate::http::permitted::ByAdmin;
use crate::http::problem::{BodyProblems, IdempotencyProblems, Problem, ServerProblems, TokenProblems};
use crate::runtime::AppState;

/// Add an entry to the catalogue
///
/// It can be recommended at once.
#[utoipa::path(
    post,
    path = "/catalog/credentials",
    tag = "catalog",
    params(IdempotencyKey),
    request_body = CredentialContentBody,
    responses(
        (status = 201, description = "The entry in its first version", body = CredentialBody),
        TokenProblems,
        ServerProblems,
        BodyProblems,
        IdempotencyProblems
    ),
    security(("bearer" = []))
)]
pub(super) async fn create(
    State(state): State<AppState>,
    ByAdmin { admin, caller }: ByAdmin,
    key: IdempotencyKey,
    Json(body): Json<CredentialContentBody>,
) -> Result<Response, Problem> {
    let add = AddCredential {
        admin,
        content: body.clone().into(),
    };
    let reader = caller.principal;
    caller
        .once(&state, &key, &body, &add, |credential| {
            let made = CredentialBody::for_reader(credential.clone(), reader);
            Ok((StatusCode::CREATED, made))
        })
        .await
}
