//! Shapes of jobs.

use chrono::{DateTime, Utc};
use domain::time::Timestamp;
use jobs::views::{JobAttemptView, JobView};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

/// A job.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct JobBody {
    /// Which.
    pub(crate) job_id: Uuid,
    /// What it does.
    pub(crate) job_type: String,
    /// `queued`, `in_progress`, `completed`, `failed` or `cancelled`.
    pub(crate) status: &'static str,
    /// Tries so far that count.
    pub(crate) attempts: i32,
    /// Tries it has.
    pub(crate) max_attempts: i32,
    /// When it was first claimed.
    pub(crate) started_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub(crate) completed_at: Option<DateTime<Utc>>,
    /// Why it last did not complete.
    pub(crate) error_code: Option<String>,
}

/// A job with everything that happened to it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct JobDetailBody {
    /// The job.
    #[serde(flatten)]
    pub(crate) job: JobBody,
    /// Why it last did not complete, for people.
    pub(crate) error: Option<String>,
    /// What it made, e.g. `assessment_definition_id`.
    #[schema(value_type = Option<Object>)]
    pub(crate) result: Option<Value>,
    /// When it was asked for.
    pub(crate) created_at: DateTime<Utc>,
    /// Every claim, in order.
    pub(crate) history: Vec<JobAttemptBody>,
}

/// One claim of a job.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct JobAttemptBody {
    /// Counts the claims.
    pub(crate) fence: i64,
    /// Which try it was.
    pub(crate) attempt: i32,
    /// The process that had it.
    pub(crate) worker: Uuid,
    /// When it was claimed.
    pub(crate) started_at: DateTime<Utc>,
    /// When it ended.
    pub(crate) finished_at: Option<DateTime<Utc>>,
    /// How it ended.
    pub(crate) outcome: String,
    /// Why it did not complete.
    pub(crate) error_code: Option<String>,
}

impl From<&JobView> for JobBody {
    fn from(view: &JobView) -> Self {
        Self {
            job_id: view.id.0,
            job_type: view.kind.clone(),
            status: view.status.as_str(),
            attempts: view.attempt,
            max_attempts: view.max_attempts,
            started_at: view.started_at.map(Timestamp::to_datetime),
            completed_at: view.finished_at.map(Timestamp::to_datetime),
            error_code: view.error_code.clone(),
        }
    }
}

impl From<JobView> for JobDetailBody {
    fn from(view: JobView) -> Self {
        Self {
            job: JobBody::from(&view),
            error: view.last_error,
            result: view.result,
            created_at: view.created_at.to_datetime(),
            history: view.attempts.into_iter().map(JobAttemptBody::from).collect(),
        }
    }
}

impl From<JobAttemptView> for JobAttemptBody {
    fn from(view: JobAttemptView) -> Self {
        Self {
            fence: view.fence.0,
            attempt: view.attempt,
            worker: view.owner,
            started_at: view.started_at.to_datetime(),
            finished_at: view.finished_at.map(Timestamp::to_datetime),
            outcome: view.outcome,
            error_code: view.error_code,
        }
    }
}
