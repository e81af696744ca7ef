//! `GET /catalog/credentials/{id}/versions`

use axum::Json;
use axum::extract::State;
use domain::ids::CredentialId;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::body::{CredentialVersionBody, made_aside};
use crate::http::extract::PathId;
use crate::http::permitted::ByStaff;
use crate::http::problem::{NotFound, Problem, ServerProblems, TokenProblems, kinds};
use crate::runtime::AppState;

/// All versions of an entry.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CredentialVersionsBody {
    /// Which.
    credential_id: Uuid,
    /// Latest first; none of them ever changes.
    items: Vec<CredentialVersionBody>,
}

/// List the versions of an entry of the catalogue
///
/// Who made each and when, with what it says; also of an entry that was taken out. For admins and advisors.
#[utoipa::path(
    get,
    path = "/catalog/credentials/{id}/versions",
    tag = "catalog",
    params(("id" = Uuid, Path, description = "The entry")),
    responses(
        (status = 200, description = "The versions", body = CredentialVersionsBody),
        TokenProblems,
        ServerProblems,
        NotFound
    ),
    security(("bearer" = []))
)]
pub(super) async fn versions(
    State(state): State<AppState>,
    _: ByStaff,
    PathId(id): PathId<CredentialId>,
) -> Result<Json<CredentialVersionsBody>, Problem> {
    let versions = state.store.credential_versions(id).await?;
    if versions.is_empty() {
        return Err(Problem::of(&kinds::CREDENTIAL));
    }
    Ok(Json(CredentialVersionsBody {
        credential_id: id.0,
        items: made_aside(move || versions.into_iter().map(Into::into).collect()).await?,
    }))
}
