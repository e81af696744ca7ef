//! What status pages read of jobs.

use ::jobs::views::{JobAttemptView, JobStatus, JobView};
use domain::job::{Fence, JobId, Queue, StoreError};
use uuid::Uuid;

use crate::sql::{Row, fetch_all, fetch_optional, values};
use crate::store::Store;

pub(super) const VIEW_COLUMNS: &str =
    "id, kind, queue, state, priority, attempt, max_attempts, crash_count, run_at, retry_at, automatic_retries,
    error_code, last_error, result, parent_id, subject_id, requested_by, created_at, started_at, finished_at";

impl Store {
    /// One job with its claims.
    pub async fn job_view(&self, id: JobId) -> Result<Option<JobView>, StoreError> {
        let text = format!("SELECT {VIEW_COLUMNS} FROM jobs WHERE id = $1");
        let Some(row) = fetch_optional(self.database().read(), &text, values![id.0]).await? else {
            return Ok(None);
        };
        let mut view = view_of(&row)?;
        let rows = fetch_all(
            self.database().read(),
            "SELECT job_id AS id, fence, attempt, owner, started_at, finished_at, outcome, error_code, error
            FROM job_attempts WHERE job_id = $1 ORDER BY fence",
            values![id.0],
        )
        .await?;
        view.attempts = rows.iter().map(attempt_of).collect::<Result<_, _>>()?;
        Ok(Some(view))
    }

    /// The jobs that work for one thing, oldest first, without their claims.
    pub async fn jobs_for_subject(&self, subject: Uuid) -> Result<Vec<JobView>, StoreError> {
        let text = format!("SELECT {VIEW_COLUMNS} FROM jobs WHERE subject_id = $1 ORDER BY created_at, id");
        let rows = fetch_all(self.database().read(), &text, values![subject]).await?;
        rows.iter().map(view_of).collect()
    }

    /// Whether a parent waits for others than this child.
    pub async fn has_other_live_children(&self, parent: JobId, child: JobId) -> Result<bool, StoreError> {
        let text = "SELECT id FROM jobs WHERE parent_id = $1 AND id <> $2 AND state IN ('waiting', 'ready', 'running')
             LIMIT 1";
        let found = fetch_optional(self.database().read(), text, values![parent.0, child.0]).await?;
        Ok(found.is_some())
    }
}

pub(super) fn view_of(row: &Row) -> Result<JobView, StoreError> {
    let result: Option<String> = row.get("result")?;
    let result = result.map(|text| serde_json::from_str(&text)).transpose();
    Ok(JobView {
        id: JobId(row.get("id")?),
        kind: row.get("kind")?,
        queue: row.parse("jobs", "queue", Queue::parse)?,
        status: row.parse("jobs", "state", JobStatus::of_state)?,
        waits_for_children: row.get::<String>("state")? == "waiting",
        priority: row.get("priority")?,
        attempt: row.get("attempt")?,
        max_attempts: row.get("max_attempts")?,
        crash_count: row.get("crash_count")?,
        run_at: row.timestamp("run_at")?,
        retry_at: row.optional_timestamp("retry_at")?,
        automatic_retries: row.get("automatic_retries")?,
        error_code: row.get("error_code")?,
        last_error: row.get("last_error")?,
        result: result.map_err(|_| row.inconsistent("jobs", "result"))?,
        parent: row.get::<Option<Uuid>>("parent_id")?.map(JobId),
        subject: row.get("subject_id")?,
        requested_by: row.get("requested_by")?,
        created_at: row.timestamp("created_at")?,
        started_at: row.optional_timestamp("started_at")?,
        finished_at: row.optional_timestamp("finished_at")?,
        attempts: Vec::new(),
    })
}

fn attempt_of(row: &Row) -> Result<JobAttemptView, StoreError> {
    Ok(JobAttemptView {
        fence: Fence(row.get("fence")?),
        attempt: row.get("attempt")?,
        owner: row.get("owner")?,
        started_at: row.timestamp("started_at")?,
        finished_at: row.optional_timestamp("finished_at")?,
        outcome: row.get("outcome")?,
        error_code: row.get("error_code")?,
        error: row.get("error")?,
    })
}
