//! `DELETE /questions/{id}`

use axum::extract::State;
use axum::http::StatusCode;
use domain::authoring::DeleteQuestion;
use domain::ids::ItemId;

use crate::http::extract::PathId;
use crate::http::permitted::ByAdmin;
use crate::http::problem::{Conflict, NotFound, Problem, ServerProblems, TokenProblems};
use crate::runtime::AppState;

/// Take a question out of every bank
///
/// It is not drawn any more; attempts that drew it keep it. 409 when it is the last one of a track.
#[utoipa::path(
    delete,
    path = "/questions/{id}",
    tag = "questions",
    params(("id" = uuid::Uuid, Path, description = "The question")),
    responses(
        (status = 204, description = "It is out of every bank"),
        TokenProblems,
        ServerProblems,
        NotFound,
        Conflict
    ),
    security(("bearer" = []))
)]
pub(super) async fn delete(
    State(state): State<AppState>,
    ByAdmin { admin, caller }: ByAdmin,
    PathId(item_id): PathId<ItemId>,
) -> Result<StatusCode, Problem> {
    let delete = DeleteQuestion { admin, item_id };
    state.store.run(&delete, &caller.ctx).await?;
    Ok(StatusCode::NO_CONTENT)
}
