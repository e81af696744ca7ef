//! `POST /ops/dead-letters/requeue`

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use chrono::{DateTime, Utc};
use domain::job::{JobId, Queue};
use domain::operations::{BULK_LIMIT, DeadLetterFilter, DeadLetters, RequeueDeadLetters};
use domain::time::Timestamp;
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::body::RequeuedBody;
use crate::http::extract::Json;
use crate::http::idempotency::IdempotencyKey;
use crate::http::jobs::{QueueParameter, stable_name};
use crate::http::permitted::ByAdmin;
use crate::http::problem::{BodyProblems, IdempotencyProblems, Problem, ServerProblems, TokenProblems};
use crate::runtime::AppState;

/// Which dead letters: either `job_ids` or `filter`.
#[derive(Debug, Deserialize, Serialize, Validate, ToSchema)]
pub(super) struct RequeueBody {
    /// These jobs.
    #[garde(inner(length(min = 1, max = BULK_LIMIT)))]
    #[schema(min_items = 1, max_items = 500)]
    job_ids: Option<Vec<Uuid>>,
    /// Those that fit and have no live or completed twin, oldest first; `{}` is all.
    #[garde(dive)]
    filter: Option<FilterBody>,
}

/// What is not said is any. An unknown field is refused: misspelt, it would mean all of them.
#[derive(Debug, Deserialize, Serialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct FilterBody {
    /// Of this queue.
    #[garde(skip)]
    #[schema(inline)]
    queue: Option<QueueParameter>,
    /// Of this kind, as `score_text`.
    #[garde(inner(custom(stable_name)))]
    #[schema(min_length = 1, max_length = 100, pattern = "^[a-z0-9_]+$")]
    job_type: Option<String>,
    /// That died of this.
    #[garde(inner(custom(stable_name)))]
    #[schema(min_length = 1, max_length = 100, pattern = "^[a-z0-9_]+$")]
    error_code: Option<String>,
    /// That failed before this instant.
    #[garde(skip)]
    failed_before: Option<DateTime<Utc>>,
}

impl RequeueBody {
    fn which(&self) -> Result<DeadLetters, Problem> {
        match (&self.job_ids, &self.filter) {
            (Some(ids), None) => Ok(DeadLetters::Named(ids.iter().copied().map(JobId).collect())),
            (None, Some(filter)) => Ok(DeadLetters::Fitting(DeadLetterFilter {
                queue: filter.queue.map(Queue::from),
                kind: filter.job_type.clone(),
                error_code: filter.error_code.clone(),
                failed_before: filter.failed_before.map(Timestamp::from),
            })),
            (Some(_), Some(_)) | (None, None) => {
                Err(Problem::invalid("", "must have either job_ids or filter"))
            }
        }
    }
}

/// Put dead letters back into their queues
///
/// 500 at most per request; `more` says whether to ask again. Those that cannot be put back are named with the reason, and
/// keep nobody from the others. For admins.
#[utoipa::path(post, path = "/ops/dead-letters/requeue", tag = "operations",
    params(IdempotencyKey), request_body = RequeueBody,
    responses((status = 200, description = "What became of them", body = RequeuedBody),
        TokenProblems, ServerProblems, BodyProblems, IdempotencyProblems))]
pub(super) async fn requeue(
    State(state): State<AppState>,
    ByAdmin { admin, caller }: ByAdmin,
    key: IdempotencyKey,
    Json(body): Json<RequeueBody>,
) -> Result<Response, Problem> {
    let requeue = RequeueDeadLetters {
        operator: admin.into(),
        which: body.which()?,
    };
    caller
        .once(&state, &key, &body, &requeue, |outcome| {
            Ok((StatusCode::OK, RequeuedBody::from(outcome)))
        })
        .await
}
