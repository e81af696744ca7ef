//! `POST /api-keys`

use axum::extract::State;
use axum::response::Response;
use chrono::{DateTime, Utc};
use domain::identity::{ApiKey, CreateApiKey, Scope};
use domain::ids::ApiKeyId;
use domain::time::Timestamp;
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::body::{ApiKeyBody, ScopeBody};
use crate::http::extract::{Json, one_line, says_something};
use crate::http::idempotency::IdempotencyKey;
use crate::http::permitted::ByAdmin;
use crate::http::problem::{BodyProblems, IdempotencyProblems, Problem, ServerProblems, TokenProblems};
use crate::runtime::AppState;
use crate::sign_ins::ApiKeySecret;

/// A key about to be made.
#[derive(Deserialize, Serialize, Validate, ToSchema)]
pub(super) struct NewApiKeyBody {
    /// What people read.
    #[garde(length(chars, max = 200), custom(one_line), custom(says_something))]
    #[schema(example = "Learning platform", min_length = 1, max_length = 200)]
    name: String,
    /// What it may do.
    #[garde(length(min = 1, max = 10))]
    #[schema(min_items = 1, max_items = 10)]
    scopes: Vec<ScopeBody>,
    /// Its own limit; without, the limits of people hold.
    #[garde(inner(range(min = 1, max = 1_000_000)))]
    #[schema(minimum = 1, maximum = 1_000_000)]
    requests_per_minute: Option<u32>,
    /// From when on it is not good any more; without, it is good until it is ended.
    #[garde(skip)]
    expires_at: Option<DateTime<Utc>>,
}

/// A key with its secret.
#[derive(Serialize, ToSchema)]
pub(super) struct CreatedApiKeyBody {
    #[serde(flatten)]
    about: ApiKeyBody,
    /// Sent as `X-API-Key`; shown once, absent in a replayed reply.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "tsk_0199…")]
    key: Option<String>,
}

/// Make an API key
///
/// It acts as an account of its own with the role `service`.
#[utoipa::path(post, path = "/api-keys", tag = "api_keys", params(IdempotencyKey), request_body = NewApiKeyBody,
    responses((status = 201, description = "The key with its secret", body = CreatedApiKeyBody),
        TokenProblems, ServerProblems, BodyProblems, IdempotencyProblems))]
pub(super) async fn create(
    State(state): State<AppState>,
    ByAdmin { admin, caller }: ByAdmin,
    key: IdempotencyKey,
    Json(body): Json<NewApiKeyBody>,
) -> Result<Response, Problem> {
    let id = ApiKeyId(caller.ctx.new_uuid());
    let secret = ApiKeySecret::generate(id);
    let create = CreateApiKey {
        admin,
        id,
        name: body.name.clone(),
        secret_hash: secret.hash,
        scopes: body.scopes.iter().copied().map(Scope::from).collect(),
        requests_per_minute: body.requests_per_minute,
        expires_at: body.expires_at.map(Timestamp::from),
    };
    let reply = |made: &ApiKey, key: Option<String>| CreatedApiKeyBody {
        about: ApiKeyBody::from(made),
        key,
    };
    let shown = |made: &ApiKey| reply(made, Some(secret.text.clone()));
    let kept = |made: &ApiKey| reply(made, None);
    caller
        .once_with_secret(&state, &key, &body, &create, (shown, kept))
        .await
}
