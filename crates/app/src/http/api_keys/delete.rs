//! `DELETE /api-keys/{id}`

use axum::extract::State;
use axum::http::StatusCode;
use domain::identity::RevokeApiKey;
use domain::ids::ApiKeyId;

use crate::http::extract::PathId;
use crate::http::permitted::ByAdmin;
use crate::http::problem::{NotFound, Problem, ServerProblems, TokenProblems, kinds};
use crate::runtime::AppState;

/// End an API key
///
/// It stays in the list. Ending it again changes nothing.
#[utoipa::path(delete, path = "/api-keys/{id}", tag = "api_keys",
    params(("id" = uuid::Uuid, Path, description = "The key")),
    responses((status = 204, description = "It has ended"), TokenProblems, ServerProblems, NotFound))]
pub(super) async fn delete(
    State(state): State<AppState>,
    ByAdmin { admin, caller }: ByAdmin,
    PathId(id): PathId<ApiKeyId>,
) -> Result<StatusCode, Problem> {
    let key = state.store.find_api_key(id).await?;
    let key = key.ok_or_else(|| Problem::of(&kinds::UNKNOWN_API_KEY))?;
    let _forgotten = state.sign_ins.forgetting(key.user_id);
    state.store.run(&RevokeApiKey { admin, id }, &caller.ctx).await?;
    Ok(StatusCode::NO_CONTENT)
}
