//! `DELETE /catalog/credentials/{id}`

use axum::extract::State;
use axum::http::StatusCode;
use domain::catalog::DeleteCredential;
use domain::ids::CredentialId;

use crate::http::extract::PathId;
use crate::http::permitted::ByAdmin;
use crate::http::problem::{NotFound, Problem, ServerProblems, TokenProblems};
use crate::runtime::AppState;

/// Take an entry out of the catalogue
///
/// It is neither listed nor recommended any more; its versions are kept, and what was recommended keeps the one that it was made
/// from. Its title is free again.
#[utoipa::path(
    delete,
    path = "/catalog/credentials/{id}",
    tag = "catalog",
    params(("id" = uuid::Uuid, Path, description = "The entry")),
    responses(
        (status = 204, description = "It is out of the catalogue"),
        TokenProblems,
        ServerProblems,
        NotFound
    ),
    security(("bearer" = []))
)]
pub(super) async fn delete(
    State(state): State<AppState>,
    ByAdmin { admin, caller }: ByAdmin,
    PathId(id): PathId<CredentialId>,
) -> Result<StatusCode, Problem> {
    let delete = DeleteCredential { admin, id };
    state.store.run(&delete, &caller.ctx).await?;
    Ok(StatusCode::NO_CONTENT)
}
