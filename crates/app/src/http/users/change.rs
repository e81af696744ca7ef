//! `PATCH /users/{id}`

use axum::Json as Reply;
use axum::extract::State;
use domain::identity::{AccountChange, ChangeUser};
use domain::ids::UserId;
use garde::Validate;
use serde::Deserialize;
use utoipa::ToSchema;

use super::body::{AccountBody, AccountStatusBody, PersonRole};
use crate::http::extract::{Json, PathId, one_line, says_something};
use crate::http::permitted::ByAdmin;
use crate::http::problem::{BodyProblems, Conflict, NotFound, Problem, ServerProblems, TokenProblems};
use crate::runtime::AppState;

/// What changes of an account; the rest stays.
#[derive(Deserialize, Validate, ToSchema)]
pub(super) struct AccountChangeBody {
    /// What people call them.
    #[garde(inner(length(chars, max = 200), custom(one_line), custom(says_something)))]
    #[schema(min_length = 1, max_length = 200)]
    display_name: Option<String>,
    /// What the account may do.
    #[garde(skip)]
    role: Option<PersonRole>,
    /// Whether it may sign in.
    #[garde(skip)]
    status: Option<AccountStatusBody>,
}

/// Change an account
///
/// A change of role or status ends every sign-in of the account. The last active admin stays one.
#[utoipa::path(patch, path = "/users/{id}", tag = "users",
    params(("id" = uuid::Uuid, Path, description = "The account")), request_body = AccountChangeBody,
    responses((status = 200, description = "The account", body = AccountBody),
        TokenProblems, ServerProblems, NotFound, BodyProblems, Conflict))]
pub(super) async fn change(
    State(state): State<AppState>,
    ByAdmin { admin, caller }: ByAdmin,
    PathId(user_id): PathId<UserId>,
    Json(body): Json<AccountChangeBody>,
) -> Result<Reply<AccountBody>, Problem> {
    let change = ChangeUser {
        admin,
        user_id,
        change: AccountChange {
            display_name: body.display_name,
            role: body.role.map(Into::into),
            status: body.status.map(Into::into),
        },
    };
    let _forgotten = state.sign_ins.forgetting(user_id);
    let user = state.store.run(&change, &caller.ctx).await?;
    Ok(Reply(AccountBody::from(&user)))
}
