//! Shapes of jobs.

use chrono::{DateTime, Utc};
use domain::job::{JobStatus, Queue};
use domain::time::Timestamp;
use jobs::views::{JobAttemptView, JobView};
use serde::{Deserialize, Serialize};
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
    /// Where its work belongs.
    pub(crate) queue: &'static str,
    /// Higher ones are begun first.
    pub(crate) priority: i32,
    /// Whether it is queued until other jobs have ended.
    pub(crate) waits_for_jobs: bool,
    /// When it is or was due.
    pub(crate) run_at: DateTime<Utc>,
    /// When it is tried again by itself, although it has failed.
    pub(crate) retry_at: Option<DateTime<Utc>>,
    /// How often that has happened since somebody last asked for it.
    pub(crate) automatic_retries: i32,
    /// How often its process died.
    pub(crate) crashes: i32,
    /// What it works for: an attempt, an assessment.
    pub(crate) subject_id: Option<Uuid>,
    /// The job that waits for it.
    pub(crate) parent_id: Option<Uuid>,
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
    /// The same for people.
    pub(crate) error: Option<String>,
}

/// A job in a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ListedJobBody {
    /// The job.
    #[serde(flatten)]
    pub(crate) job: JobBody,
    /// Where its work belongs.
    pub(crate) queue: &'static str,
    /// What it works for.
    pub(crate) subject_id: Option<Uuid>,
    /// When it is or was due.
    pub(crate) run_at: DateTime<Utc>,
    /// When it is tried again by itself, although it has failed.
    pub(crate) retry_at: Option<DateTime<Utc>>,
    /// When it was asked for.
    pub(crate) created_at: DateTime<Utc>,
}

/// Where a job stands after it was changed.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct JobStandingBody {
    /// The job.
    pub(crate) job_id: Uuid,
    /// `queued` or `cancelled`.
    pub(crate) status: &'static str,
    /// Whether a worker had it, which stops within seconds.
    pub(crate) was_running: bool,
}

/// How far a job is.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum JobStatusParameter {
    Queued,
    InProgress,
    Completed,
    Failed,
    Cancelled,
}

impl From<JobStatusParameter> for JobStatus {
    fn from(status: JobStatusParameter) -> Self {
        match status {
            JobStatusParameter::Queued => Self::Queued,
            JobStatusParameter::InProgress => Self::InProgress,
            JobStatusParameter::Completed => Self::Completed,
            JobStatusParameter::Failed => Self::Failed,
            JobStatusParameter::Cancelled => Self::Cancelled,
        }
    }
}

/// A queue.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum QueueParameter {
    Static,
    Llm,
    Coding,
    Rag,
    Webhooks,
    Generation,
    Maintenance,
}

impl From<QueueParameter> for Queue {
    fn from(queue: QueueParameter) -> Self {
        match queue {
            QueueParameter::Static => Self::Static,
            QueueParameter::Llm => Self::Llm,
            QueueParameter::Coding => Self::Coding,
            QueueParameter::Rag => Self::Rag,
            QueueParameter::Webhooks => Self::Webhooks,
            QueueParameter::Generation => Self::Generation,
            QueueParameter::Maintenance => Self::Maintenance,
        }
    }
}

/// What stable names are made of: kinds of jobs, error codes. They go into the audit log, which takes no free text.
#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature is the validator's"
)]
pub(crate) fn stable_name(text: &str, (): &()) -> garde::Result {
    let plain = |byte: u8| byte == b'_' || byte.is_ascii_lowercase() || byte.is_ascii_digit();
    if (1..=100).contains(&text.len()) && text.bytes().all(plain) {
        Ok(())
    } else {
        Err(garde::Error::new(
            "must be 1 to 100 lower-case letters, digits and underscores",
        ))
    }
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
            queue: view.queue.as_str(),
            priority: view.priority,
            waits_for_jobs: view.waits_for_children,
            run_at: view.run_at.to_datetime(),
            retry_at: view.retry_at.map(Timestamp::to_datetime),
            automatic_retries: view.automatic_retries,
            crashes: view.crash_count,
            subject_id: view.subject,
            parent_id: view.parent.map(|parent| parent.0),
            error: view.last_error,
            result: view.result,
            created_at: view.created_at.to_datetime(),
            history: view.attempts.into_iter().map(JobAttemptBody::from).collect(),
        }
    }
}

impl From<JobView> for ListedJobBody {
    fn from(view: JobView) -> Self {
        Self {
            job: JobBody::from(&view),
            queue: view.queue.as_str(),
            subject_id: view.subject,
            run_at: view.run_at.to_datetime(),
            retry_at: view.retry_at.map(Timestamp::to_datetime),
            created_at: view.created_at.to_datetime(),
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
            error: view.error,
        }
    }
}
