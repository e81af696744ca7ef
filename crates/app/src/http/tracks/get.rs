//! `GET /tracks/{slug}`

use axum::Json;
use axum::extract::State;

use super::body::TrackBody;
use crate::http::caller::Caller;
use crate::http::extract::PathId;
use crate::http::problem::{NotFound, Problem, ServerProblems, SignedProblems, kinds};
use crate::http::slug::Slug;
use crate::runtime::AppState;

/// Read a track
///
/// For everybody who is signed in; settings for admins and advisors.
#[utoipa::path(
    get,
    path = "/tracks/{slug}",
    tag = "tracks",
    params(("slug" = String, Path, description = "The track")),
    responses(
        (status = 200, description = "The track", body = TrackBody),
        SignedProblems,
        ServerProblems,
        NotFound
    ),
    security(("bearer" = []))
)]
pub(super) async fn get(
    State(state): State<AppState>,
    caller: Caller,
    PathId(Slug(slug)): PathId<Slug>,
) -> Result<Json<TrackBody>, Problem> {
    let found = state.store.find_track(&slug).await?;
    let view = found.ok_or_else(|| Problem::of(&kinds::TRACK))?;
    Ok(Json(TrackBody::for_reader(&view, caller.principal)))
}
