//! Inserting jobs through the transaction of their cause.

use ::jobs::Ready;
use async_trait::async_trait;
use domain::job::{Enqueued, Fence, JobId, JobSink, JobStatus, NewJob, StoreError};

use crate::sql::{execute, fetch_optional, to_json, values};
use crate::transaction::SqlTx;

/// A twin may end as failed between the insert it refused and the look for it; then the insert is tried again.
const TRIES: u32 = 3;

/// Jobs that one transaction may put into the line it asks for; the rest stand one line back, so that an assessment with
/// many answers keeps nobody with few of them waiting for all of its own.
const FAIR_SHARE: usize = 20;

#[async_trait]
impl JobSink for SqlTx {
    async fn enqueue(&mut self, mut job: NewJob) -> Result<Enqueued, StoreError> {
        if self.ready.len() >= FAIR_SHARE {
            job.priority = job.priority.lowered();
        }
        for _ in 0..TRIES {
            if insert(self, &job).await? {
                if !job.waits_for_children {
                    self.ready.push(Ready {
                        id: job.id,
                        fence: Fence(0),
                        queue: job.kind.queue,
                        priority: job.priority,
                        run_at: job.run_at,
                    });
                }
                return Ok(Enqueued {
                    id: job.id,
                    deduplicated: false,
                    status: JobStatus::Queued,
                });
            }
            if let Some((id, status)) = live_twin(self, &job).await? {
                return Ok(Enqueued {
                    id,
                    deduplicated: true,
                    status,
                });
            }
        }
        Err(StoreError::Conflict)
    }
}

/// On PostgreSQL this waits for a concurrent transaction that inserts the twin.
async fn insert(tx: &SqlTx, job: &NewJob) -> Result<bool, StoreError> {
    let inserted = execute(
        &tx.connection,
        "INSERT INTO jobs (id, kind, queue, dedupe_key, state, run_at, max_attempts, payload, parent_id, subject_id,
            requested_by, created_at, priority)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
        ON CONFLICT (kind, dedupe_key) WHERE state NOT IN ('failed', 'cancelled') DO NOTHING",
        values![
            job.id.0,
            job.kind.name,
            job.kind.queue.as_str(),
            job.dedupe_key.clone(),
            if job.waits_for_children { "waiting" } else { "ready" },
            job.run_at.as_micros(),
            job.max_attempts,
            to_json(&job.payload)?,
            job.parent.map(|parent| parent.0),
            job.subject,
            job.owner.map(|owner| owner.0),
            job.run_at.as_micros(),
            job.priority.as_number(),
        ],
    )
    .await?;
    Ok(inserted == 1)
}

async fn live_twin(tx: &SqlTx, job: &NewJob) -> Result<Option<(JobId, JobStatus)>, StoreError> {
    let row = fetch_optional(
        &tx.connection,
        "SELECT id, state FROM jobs WHERE kind = $1 AND dedupe_key = $2 AND state NOT IN ('failed', 'cancelled')",
        values![job.kind.name, job.dedupe_key.clone()],
    )
    .await?;
    let Some(row) = row else { return Ok(None) };
    let status = row.parse("jobs", "state", JobStatus::of_state)?;
    Ok(Some((JobId(row.get("id")?), status)))
}
