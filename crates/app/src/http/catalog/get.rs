//! `GET /catalog/credentials/{id}`

use axum::Json;
use axum::extract::State;
use domain::ids::CredentialId;

use super::body::CredentialBody;
use crate::http::caller::Caller;
use crate::http::extract::PathId;
use crate::http::problem::{NotFound, Problem, ServerProblems, SignedProblems, kinds};
use crate::runtime::AppState;

/// Read an entry of the catalogue
///
/// For everybody who is signed in.
#[utoipa::path(
    get,
    path = "/catalog/credentials/{id}",
    tag = "catalog",
    params(("id" = uuid::Uuid, Path, description = "The entry")),
    responses(
        (status = 200, description = "The entry", body = CredentialBody),
        SignedProblems,
        ServerProblems,
        NotFound
    ),
    security(("bearer" = []))
)]
pub(super) async fn get(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId<CredentialId>,
) -> Result<Json<CredentialBody>, Problem> {
    let found = state.store.find_credential(id).await?;
    let credential = found.ok_or_else(|| Problem::of(&kinds::CREDENTIAL))?;
    Ok(Json(CredentialBody::for_reader(credential, caller.principal)))
}
