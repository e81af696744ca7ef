//! `GET /auth/me`

use axum::Json as Reply;
use axum::extract::State;
use domain::identity::UserStatus;

use super::UserBody;
use crate::http::caller::Caller;
use crate::http::problem::{Problem, ServerProblems, SignedProblems, kinds};
use crate::runtime::AppState;

/// The account of the token.
#[utoipa::path(get, path = "/auth/me", tag = "auth", responses(
    (status = 200, body = UserBody, description = "The account."), SignedProblems, ServerProblems))]
pub(super) async fn me(State(state): State<AppState>, caller: Caller) -> Result<Reply<UserBody>, Problem> {
    let user = state.store.find_user(caller.principal.user_id).await?;
    let user = user.filter(|user| user.status == UserStatus::Active);
    let user = user.ok_or_else(|| Problem::of(&kinds::TOKEN))?;
    Ok(Reply((&user).into()))
}
