//! `DELETE /invitations/{id}`

use axum::extract::State;
use axum::http::StatusCode;
use domain::identity::RevokeInvitation;
use domain::ids::InvitationId;

use crate::http::extract::PathId;
use crate::http::permitted::ByAdmin;
use crate::http::problem::{NotFound, Problem, ServerProblems, TokenProblems};
use crate::runtime::AppState;

/// End an invitation
///
/// It stays in the list. Accounts made with it stay, too.
#[utoipa::path(delete, path = "/invitations/{id}", tag = "invitations",
    params(("id" = uuid::Uuid, Path, description = "The invitation")),
    responses((status = 204, description = "It has ended"), TokenProblems, ServerProblems, NotFound))]
pub(super) async fn delete(
    State(state): State<AppState>,
    ByAdmin { admin, caller }: ByAdmin,
    PathId(id): PathId<InvitationId>,
) -> Result<StatusCode, Problem> {
    state
        .store
        .run(&RevokeInvitation { admin, id }, &caller.ctx)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
