//! Inserting jobs through the transaction of their cause.

use std::collections::{BTreeMap, BTreeSet};

use ::jobs::Ready;
use async_trait::async_trait;
use domain::job::{Enqueued, Fence, JobId, JobSink, JobStatus, NewJob, StoreError};
use uuid::Uuid;

use crate::dialect::{json_rows, rows_of_json};
use crate::sql::{fetch_all, fetch_optional, to_json, values};
use crate::transaction::SqlTx;

/// A twin may end as failed between the insert it refused and the look for it; then the insert is tried again.
const TRIES: u32 = 3;

/// Jobs that one transaction may put into the line it asks for, twins included; the rest stand one line back, so that an assessment with
/// many answers keeps nobody with few of them waiting for all of its own.
const FAIR_SHARE: usize = 20;

#[async_trait]
impl JobSink for SqlTx {
    async fn enqueue(&mut self, job: NewJob) -> Result<Enqueued, StoreError> {
        let enqueued = self.enqueue_all(vec![job]).await?;
        enqueued.into_iter().next().ok_or(StoreError::Conflict)
    }

    async fn enqueue_all(&mut self, mut jobs: Vec<NewJob>) -> Result<Vec<Enqueued>, StoreError> {
        let mut ahead = self.ready.len();
        for job in &mut jobs {
            if ahead >= FAIR_SHARE {
                job.priority = job.priority.lowered();
            }
            ahead += usize::from(!job.waits_for_children);
        }
        let mut twins = BTreeMap::new();
        for _ in 0..TRIES {
            let left: Vec<_> = jobs.iter().filter(|job| !twins.contains_key(&job.id)).collect();
            if left.is_empty() {
                break;
            }
            let inserted = insert(self, &left).await?;
            for job in left {
                if inserted.contains(&job.id) {
                    twins.insert(job.id, None);
                } else if let Some(twin) = live_twin(self, job).await? {
                    twins.insert(job.id, Some(twin));
                }
            }
        }
        jobs.iter()
            .map(|job| match twins.get(&job.id) {
                Some(None) => Ok(self.inserted(job)),
                Some(Some((id, status))) => Ok(Enqueued {
                    id: *id,
                    deduplicated: true,
                    status: *status,
                }),
                None => Err(StoreError::Conflict),
            })
            .collect()
    }
}

impl SqlTx {
    fn inserted(&mut self, job: &NewJob) -> Enqueued {
        if !job.waits_for_children {
            self.ready.push(Ready {
                id: job.id,
                fence: Fence(0),
                queue: job.kind.queue,
                priority: job.priority,
                run_at: job.run_at,
            });
        }
        Enqueued {
            id: job.id,
            deduplicated: false,
            status: JobStatus::Queued,
        }
    }
}

json_rows! {
    struct JobRow<'a> {
        new_id: Uuid,
        of_kind: &'static str,
        in_queue: &'static str,
        known_as: &'a str,
        new_state: &'static str,
        due_at: i64,
        tries: i32,
        given: String,
        of_parent: Option<Uuid>,
        about: Option<Uuid>,
        by_owner: Option<Uuid>,
        line: i32,
    }
}

impl<'a> JobRow<'a> {
    fn of(job: &'a NewJob) -> Result<Self, StoreError> {
        Ok(Self {
            new_id: job.id.0,
            of_kind: job.kind.name,
            in_queue: job.kind.queue.as_str(),
            known_as: &job.dedupe_key,
            new_state: if job.waits_for_children {
                "waiting"
            } else {
                "ready"
            },
            due_at: job.run_at.as_micros(),
            tries: job.max_attempts,
            given: to_json(&job.payload)?,
            of_parent: job.parent.map(|parent| parent.0),
            about: job.subject,
            by_owner: job.owner.map(|owner| owner.0),
            line: job.priority.as_number(),
        })
    }
}

/// Those that have no live twin. On PostgreSQL this waits for concurrent transactions that insert one.
async fn insert(tx: &SqlTx, jobs: &[&NewJob]) -> Result<BTreeSet<JobId>, StoreError> {
    let text = format!(
        "INSERT INTO jobs (id, kind, queue, dedupe_key, state, run_at, max_attempts, payload, parent_id, subject_id,
            requested_by, created_at, priority)
        SELECT new_id, of_kind, in_queue, known_as, new_state, due_at, tries, given, of_parent, about,
            by_owner, due_at, line FROM {} WHERE true
        ON CONFLICT (kind, dedupe_key) WHERE state NOT IN ('failed', 'cancelled') DO NOTHING
        RETURNING id",
        rows_of_json(tx.backend, JobRow::COLUMNS)
    );
    let rows = jobs
        .iter()
        .copied()
        .map(JobRow::of)
        .collect::<Result<Vec<_>, _>>()?;
    let inserted = fetch_all(&tx.connection, &text, values![to_json(&rows)?]).await?;
    inserted.iter().map(|row| row.get("id").map(JobId)).collect()
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
