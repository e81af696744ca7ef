//! `POST /auth/logout`

use axum::extract::State;
use axum::http::StatusCode;
use domain::identity::SignOut;
use garde::Validate;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::http::caller::Caller;
use crate::http::extract::Json;
use crate::http::problem::{BodyProblems, Problem, ServerProblems, TokenProblems};
use crate::runtime::AppState;

#[derive(Deserialize, Validate, ToSchema)]
pub(super) struct LogoutRequest {
    /// Whether every sign-in of the account ends, not only this one.
    #[garde(skip)]
    #[serde(default)]
    everywhere: bool,
}

/// Signs out.
///
/// The refresh tokens of the sign-in end at once, its access tokens with them (within a minute in other processes).
#[utoipa::path(post, path = "/auth/logout", tag = "auth", request_body = Option<LogoutRequest>, responses(
    (status = 204, description = "The sign-in has ended."),
    TokenProblems, BodyProblems, ServerProblems))]
pub(super) async fn logout(
    State(state): State<AppState>,
    caller: Caller,
    request: Option<Json<LogoutRequest>>,
) -> Result<StatusCode, Problem> {
    let everywhere = request.is_some_and(|Json(request)| request.everywhere);
    let sign_out = SignOut {
        user_id: caller.principal.user_id,
        family: caller.family.filter(|_| !everywhere),
    };
    let _forgotten = state.sign_ins.forgetting(caller.principal.user_id);
    state.store.run(&sign_out, &caller.ctx).await?;
    Ok(StatusCode::NO_CONTENT)
}
