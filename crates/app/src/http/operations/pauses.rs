//! `POST /ops/queues/{name}/pause` and `…/resume`

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::job::Queue;
use domain::operations::{PauseQueue, ResumeQueue};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::extract::{Json, PathId, one_line, says_something};
use crate::http::idempotency::IdempotencyKey;
use crate::http::permitted::ByAdmin;
use crate::http::problem::{
    BareIdempotencyProblems, BodyProblems, IdempotencyProblems, NotFound, Problem, ServerProblems,
    TokenProblems, kinds,
};
use crate::runtime::AppState;

/// Why a queue is to stand still.
#[derive(Debug, Deserialize, Serialize, Validate, ToSchema)]
pub(super) struct PauseBody {
    /// For whoever wonders; it is shown beside the queue, and is not in the audit log.
    #[garde(length(chars, max = 500), custom(one_line), custom(says_something))]
    #[schema(example = "the provider is down until noon", min_length = 1, max_length = 500)]
    reason: String,
}

/// Whether a queue stands still.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct QueueStandingBody {
    /// The queue.
    queue: &'static str,
    /// Whether no worker takes its jobs.
    paused: bool,
    /// Whether this request has made it so; otherwise it was so before, and stays as it was.
    changed: bool,
}

/// Pause a queue
///
/// No worker takes its jobs any more, in whatever process; those that run go on. Jobs that come meanwhile wait. For admins.
#[utoipa::path(post, path = "/ops/queues/{name}/pause", tag = "operations",
    params(IdempotencyKey, ("name" = String, Path, description = "The queue, as `llm`")), request_body = PauseBody,
    responses((status = 200, description = "It is paused", body = QueueStandingBody),
        TokenProblems, ServerProblems, NotFound, BodyProblems, IdempotencyProblems))]
pub(super) async fn pause(
    State(state): State<AppState>,
    ByAdmin { admin, caller }: ByAdmin,
    key: IdempotencyKey,
    PathId(name): PathId<String>,
    Json(body): Json<PauseBody>,
) -> Result<Response, Problem> {
    let queue = named(&name)?;
    let pause = PauseQueue {
        operator: admin.into(),
        queue,
        reason: body.reason.clone(),
    };
    caller
        .once(&state, &key, &body, &pause, |changed| {
            Ok((StatusCode::OK, standing(queue, true, *changed)))
        })
        .await
}

/// Let a paused queue go on
///
/// What has piled up is due at once. For admins.
#[utoipa::path(post, path = "/ops/queues/{name}/resume", tag = "operations",
    params(IdempotencyKey, ("name" = String, Path, description = "The queue, as `llm`")),
    responses((status = 200, description = "It is not paused", body = QueueStandingBody),
        TokenProblems, ServerProblems, NotFound, BareIdempotencyProblems))]
pub(super) async fn resume(
    State(state): State<AppState>,
    ByAdmin { admin, caller }: ByAdmin,
    key: IdempotencyKey,
    PathId(name): PathId<String>,
) -> Result<Response, Problem> {
    let queue = named(&name)?;
    let resume = ResumeQueue {
        operator: admin.into(),
        queue,
    };
    caller
        .once(&state, &key, &(), &resume, |changed| {
            Ok((StatusCode::OK, standing(queue, false, *changed)))
        })
        .await
}

fn named(name: &str) -> Result<Queue, Problem> {
    Queue::parse(name).ok_or_else(|| Problem::of(&kinds::QUEUE))
}

const fn standing(queue: Queue, paused: bool, changed: bool) -> QueueStandingBody {
    QueueStandingBody {
        queue: queue.as_str(),
        paused,
        changed,
    }
}
