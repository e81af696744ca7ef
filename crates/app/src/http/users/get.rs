//! `GET /users/{id}`

use axum::Json;
use axum::extract::State;
use domain::ids::UserId;

use super::body::AccountBody;
use crate::http::extract::PathId;
use crate::http::permitted::ByAdmin;
use crate::http::problem::{NotFound, Problem, ServerProblems, TokenProblems, kinds};
use crate::runtime::AppState;

/// Show an account
#[utoipa::path(get, path = "/users/{id}", tag = "users",
    params(("id" = uuid::Uuid, Path, description = "The account")),
    responses((status = 200, description = "The account", body = AccountBody),
        TokenProblems, ServerProblems, NotFound))]
pub(super) async fn get(
    State(state): State<AppState>,
    _: ByAdmin,
    PathId(id): PathId<UserId>,
) -> Result<Json<AccountBody>, Problem> {
    let user = state.store.find_user(id).await?;
    let user = user.ok_or_else(|| Problem::of(&kinds::ACCOUNT))?;
    Ok(Json(AccountBody::from(&user)))
}
