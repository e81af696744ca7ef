//! `GET /ops/queues`

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::QueueBody;
use crate::http::permitted::ByAdmin;
use crate::http::problem::{Problem, ServerProblems, TokenProblems};
use crate::runtime::AppState;

/// All queues.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct QueuesBody {
    /// In an order that stays.
    queues: Vec<QueueBody>,
}

/// List the queues
///
/// With what waits in them and why one stands still. For admins.
#[utoipa::path(get, path = "/ops/queues", tag = "operations", responses(
    (status = 200, description = "All queues", body = QueuesBody), TokenProblems, ServerProblems))]
pub(super) async fn queues(State(state): State<AppState>, _: ByAdmin) -> Result<Json<QueuesBody>, Problem> {
    let now = state.now();
    let queues = state.store.queue_views(now).await?.into_iter();
    Ok(Json(QueuesBody {
        queues: queues.map(|queue| QueueBody::new(queue, now)).collect(),
    }))
}
