//! `POST /auth/change-password`

use axum::extract::State;
use axum::http::StatusCode;
use domain::identity::SetPassword;
use garde::Validate;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::http::caller::Caller;
use crate::http::extract::Json;
use crate::http::new_password;
use crate::http::problem::{BodyProblems, Problem, ServerProblems, TokenProblems, kinds};
use crate::http::proof::PasswordProof;
use crate::runtime::AppState;

#[derive(Deserialize, Validate, ToSchema)]
pub(super) struct ChangePasswordRequest {
    /// As it is now.
    #[garde(length(chars, max = 1024))]
    #[schema(example = "correct horse battery", max_length = 1024)]
    current_password: String,
    /// As it is to be.
    #[garde(length(chars, min = 1, max = 1024))]
    #[schema(example = "staple battery horse", min_length = 1, max_length = 1024)]
    new_password: String,
}

/// Changes the own password.
///
/// Every other sign-in of the account ends; this one stays.
#[utoipa::path(post, path = "/auth/change-password", tag = "auth", request_body = ChangePasswordRequest, responses(
    (status = 204, description = "The new password holds."),
    TokenProblems, BodyProblems, ServerProblems))]
pub(super) async fn change_password(
    State(state): State<AppState>,
    caller: Caller,
    Json(request): Json<ChangePasswordRequest>,
) -> Result<StatusCode, Problem> {
    let user = state.store.find_user(caller.principal.user_id).await?;
    let user = user.ok_or_else(|| Problem::of(&kinds::TOKEN))?;
    let (owner, from) = (
        (user.email.clone(), user.display_name.clone()),
        user.password_hash.clone(),
    );
    // Not the address: whoever locks that by guessing keeps nobody who is signed in from changing the password.
    let proof = PasswordProof::begin(&state, &user.id.to_string()).await?;
    let proved = proof
        .check(&caller.ctx, request.current_password, Some(user), |_| true)
        .await?;
    // Not 401: the token is good, and clients would sign out.
    proved.ok_or_else(|| Problem::invalid("/current_password", "is not the password of this account"))?;
    let password_hash = new_password(
        &state,
        "/new_password",
        request.new_password,
        (&owner.0, &owner.1),
    )
    .await?;
    let set = SetPassword {
        user_id: caller.principal.user_id,
        except: caller.family,
        from: Some(from),
        password_hash,
    };
    let _forgotten = state.sign_ins.forgetting(caller.principal.user_id);
    state.store.run(&set, &caller.ctx).await?;
    Ok(StatusCode::NO_CONTENT)
}
