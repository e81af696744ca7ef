//! What people and the retrier do to jobs besides running them: put back, cancel, pause.
//!
//! Every statement repeats the state it expects: a job that a worker finishes at the same moment is the worker's.

use async_trait::async_trait;
use domain::job::{JobId, JobStatus, Queue, StoreError, Timestamp};
use domain::operations::{Cancel, DeadLetterFilter, JobControl, QueuePause, Requeue};
use uuid::Uuid;

use super::finish::release_parent;
use super::operations;
use crate::dialect::{for_update, skip_locked};
use crate::sql::{Row, execute, fetch_all, fetch_optional, values};
use crate::store::Store;
use crate::transaction::SqlTx;

/// A person's word: the job begins as if it were new, but for its history.
const BY_A_PERSON: &str = "automatic_retries = 0, crash_count = 0, priority = CASE WHEN automatic_retries > 0 AND priority < 0 THEN 0 ELSE priority END";
/// Nobody has looked: what it did to its processes still counts, and there are only so many of these. It is one of many.
const BY_ITSELF: &str = "automatic_retries = automatic_retries + 1, priority = -1";

#[async_trait]
impl JobControl for SqlTx {
    async fn requeue(&mut self, id: JobId, now: Timestamp) -> Result<Requeue, StoreError> {
        put_back(self, id, now, BY_A_PERSON).await
    }

    async fn cancel(&mut self, id: JobId, now: Timestamp) -> Result<Cancel, StoreError> {
        let Some(row) = locked(self, id).await? else {
            return Ok(Cancel::NotFound);
        };
        let status = row.parse("jobs", "state", JobStatus::of_state)?;
        if status.is_final() && status != JobStatus::Failed {
            return Ok(Cancel::Ended(status));
        }
        end_as_cancelled(self, id, now).await?;
        if let Some(parent) = row.get::<Option<Uuid>>("parent_id")? {
            leave_children(self, id, parent).await?;
            release_parent(self, JobId(parent)).await?;
        }
        Ok(match status {
            JobStatus::InProgress => Cancel::Requested,
            _ => Cancel::Cancelled,
        })
    }

    async fn pause(&mut self, pause: &QueuePause) -> Result<bool, StoreError> {
        let paused = execute(
            &self.connection,
            "INSERT INTO queue_pauses (queue, reason, paused_at, paused_by) VALUES ($1, $2, $3, $4)
            ON CONFLICT (queue) DO NOTHING",
            values![
                pause.queue.as_str(),
                pause.reason.clone(),
                pause.paused_at.as_micros(),
                pause.paused_by.map(|user| user.0),
            ],
        )
        .await?;
        Ok(paused == 1)
    }

    async fn resume(&mut self, queue: Queue) -> Result<bool, StoreError> {
        let resumed = execute(
            &self.connection,
            "DELETE FROM queue_pauses WHERE queue = $1",
            values![queue.as_str()],
        )
        .await?;
        // What has piled up is due.
        self.enqueued |= resumed == 1;
        Ok(resumed == 1)
    }

    async fn dead_letters(
        &mut self,
        filter: &DeadLetterFilter,
        limit: u32,
    ) -> Result<Vec<JobId>, StoreError> {
        operations::dead_letters(&self.connection, filter, limit).await
    }
}

/// The retrier's way.
pub(super) async fn retry_dead_letters(
    store: &Store,
    now: Timestamp,
    limit: usize,
) -> Result<u64, StoreError> {
    let mut tx = store.begin().await?;
    let retried = retry_in(&mut tx, now, limit).await;
    match retried {
        Ok(_) => store.commit(tx).await?,
        // The first error says more than a failing rollback; a dropped transaction is rolled back as well.
        Err(_) => drop(tx.roll_back().await),
    }
    retried
}

async fn retry_in(tx: &mut SqlTx, now: Timestamp, limit: usize) -> Result<u64, StoreError> {
    let text = format!(
        "SELECT id FROM jobs WHERE state = 'failed' AND retry_at IS NOT NULL AND retry_at <= $1
        ORDER BY retry_at, id LIMIT $2{}",
        skip_locked(tx.backend)
    );
    let bound = values![now.as_micros(), i64::try_from(limit).unwrap_or(i64::MAX)];
    let mut retried = 0;
    for row in fetch_all(&tx.connection, &text, bound).await? {
        retried += u64::from(retry_dead_letter(tx, JobId(row.get("id")?), now).await?);
    }
    Ok(retried)
}

/// One that has a twin by now is left for good.
async fn retry_dead_letter(tx: &mut SqlTx, id: JobId, now: Timestamp) -> Result<bool, StoreError> {
    let outcome = put_back(tx, id, now, BY_ITSELF).await?;
    if outcome == Requeue::Requeued {
        return Ok(true);
    }
    execute(
        &tx.connection,
        "UPDATE jobs SET retry_at = NULL WHERE id = $1 AND (state || '') = 'failed'",
        values![id.0],
    )
    .await?;
    Ok(false)
}

/// Attempts and last error stay, so that one can see what it died of. A parent whose children live again waits for them.
async fn put_back(
    tx: &mut SqlTx,
    id: JobId,
    now: Timestamp,
    by: &'static str,
) -> Result<Requeue, StoreError> {
    let Some(row) = locked(tx, id).await? else {
        return Ok(Requeue::NotFound);
    };
    let status = row.parse("jobs", "state", JobStatus::of_state)?;
    if !matches!(status, JobStatus::Failed | JobStatus::Cancelled) {
        return Ok(Requeue::NotDead(status));
    }
    if let Some(twin) = live_twin(tx, &row).await? {
        return Ok(Requeue::LiveTwin(twin));
    }
    let text = format!(
        "UPDATE jobs SET run_at = $2, attempt = 0, retry_at = NULL, error_class = NULL, finished_at = NULL,
            result = NULL, published_at = NULL, {by}, state = CASE WHEN EXISTS (
                SELECT 1 FROM jobs AS child WHERE child.parent_id = $1 AND child.state IN ('waiting', 'ready', 'running'))
                THEN 'waiting' ELSE 'ready' END
        WHERE id = $1 AND (state || '') IN ('failed', 'cancelled')"
    );
    let changed = execute(&tx.connection, &text, values![id.0, now.as_micros()]).await?;
    if changed == 0 {
        return Err(StoreError::Conflict);
    }
    tx.enqueued = true;
    Ok(Requeue::Requeued)
}

/// The row, locked: whoever else wants to change it waits.
async fn locked(tx: &SqlTx, id: JobId) -> Result<Option<Row>, StoreError> {
    let text = format!(
        "SELECT id, kind, dedupe_key, state, parent_id FROM jobs WHERE id = $1{}",
        for_update(tx.backend)
    );
    fetch_optional(&tx.connection, &text, values![id.0]).await
}

/// One that is inserted between this look and the update violates the unique index, which runs the whole thing again.
async fn live_twin(tx: &SqlTx, row: &Row) -> Result<Option<JobId>, StoreError> {
    let twin = fetch_optional(
        &tx.connection,
        "SELECT id FROM jobs WHERE kind = $1 AND dedupe_key = $2 AND state NOT IN ('failed', 'cancelled')",
        values![row.get::<String>("kind")?, row.get::<String>("dedupe_key")?],
    )
    .await?;
    twin.map(|twin| twin.get("id").map(JobId)).transpose()
}

/// What a job waits for its own parent waits for from now on: else it would go on too soon. A child whose claim knows the job as its
/// parent releases nobody; whoever looks for parents without children does.
async fn leave_children(tx: &SqlTx, id: JobId, parent: Uuid) -> Result<(), StoreError> {
    let text = "UPDATE jobs SET parent_id = $2
        WHERE parent_id = $1 AND (state || '') IN ('waiting', 'ready', 'running')";
    execute(&tx.connection, text, values![id.0, parent]).await?;
    Ok(())
}

/// The worker of a running job notices by its next beat, which no longer confirms the claim; what it writes until then is
/// refused because the row is no longer `running`.
async fn end_as_cancelled(tx: &SqlTx, id: JobId, now: Timestamp) -> Result<(), StoreError> {
    let bound = || values![id.0, now.as_micros()];
    execute(
        &tx.connection,
        "UPDATE jobs SET state = 'cancelled', finished_at = $2, lease_until = NULL, owner = NULL, published_at = NULL,
            retry_at = NULL
        WHERE id = $1 AND (state || '') IN ('waiting', 'ready', 'running', 'failed')",
        bound(),
    )
    .await?;
    execute(
        &tx.connection,
        "UPDATE job_attempts SET outcome = 'cancelled', finished_at = $2 WHERE job_id = $1 AND outcome = 'running'",
        bound(),
    )
    .await?;
    Ok(())
}
