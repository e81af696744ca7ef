//! The jobs' side of dispatch: claims of delivered jobs, and the marks of publications.

use ::jobs::{Claim, ClaimRequest, EARLY_BY, FoundById, Outbox, Ready};
use async_trait::async_trait;
use domain::job::{Fence, JobId, Priority, Queue, StoreError, Timestamp};
use std::collections::BTreeSet;
use std::time::Duration;
use uuid::Uuid;

use super::{CLAIM_COLUMNS, NOT_PAUSED, claim, claim_of, processes};
use crate::database::Backend;
use crate::dialect::{self, json_rows, rows_of_json};
use crate::sql::{Row, execute, fetch_all, to_json, values};
use crate::store::{Store, retrying};

/// Of each queue and priority so many rows are looked at for publications that got lost: jobs are published in the order of
/// their lanes, and far fewer of them at a time.
const LOST_AT_MOST: i64 = 5_000;

json_rows! {
    struct Given {
        given_id: Uuid,
        given_fence: i64,
    }
}

impl Given {
    fn rows(jobs: impl Iterator<Item = (JobId, Fence)>) -> Result<String, StoreError> {
        let row = |(id, fence): (JobId, Fence)| Self {
            given_id: id.0,
            given_fence: fence.0,
        };
        to_json(&jobs.map(row).collect::<Vec<_>>())
    }

    fn source(backend: Backend) -> String {
        rows_of_json(backend, Self::COLUMNS)
    }
}

/// On PostgreSQL one statement and so one round trip, unless something was not claimed. A row that is locked holds up no
/// other one: whoever has it may take long, and is asked about again.
pub(super) async fn claim_by_id(
    store: &Store,
    request: &ClaimRequest,
    ids: &[JobId],
) -> Result<FoundById, StoreError> {
    let claims = retrying(|| claim_given(store, request, ids)).await?;
    let claimed: BTreeSet<_> = claims.iter().map(|claim| claim.id).collect();
    let left: Vec<_> = ids.iter().copied().filter(|id| !claimed.contains(id)).collect();
    let not_yet = if left.is_empty() {
        left
    } else {
        // The claims are committed and must not get lost with this.
        let due_by = request.now + EARLY_BY;
        claimable(store, &left, due_by).await.unwrap_or(left)
    };
    Ok(FoundById { claims, not_yet })
}

async fn claimable(store: &Store, ids: &[JobId], due_by: Timestamp) -> Result<Vec<JobId>, StoreError> {
    let given = Given::rows(ids.iter().map(|id| (*id, Fence(0))))?;
    let text = format!(
        "SELECT id FROM jobs WHERE id IN (SELECT given_id FROM {given}) AND {state} = 'ready' AND run_at <= $2
            AND crash_count = 0 AND {NOT_PAUSED}",
        state = dialect::not_by_index("state"),
        given = Given::source(store.database().backend()),
    );
    let rows = fetch_all(store.database().read(), &text, values![given, due_by.as_micros()]).await?;
    rows.iter().map(|row| Ok(JobId(row.get("id")?))).collect()
}

async fn claim_given(store: &Store, request: &ClaimRequest, ids: &[JobId]) -> Result<Vec<Claim>, StoreError> {
    let backend = store.database().backend();
    let given = Given::rows(ids.iter().map(|id| (*id, Fence(0))))?;
    let bound = values![
        given,
        request.now.as_micros(),
        (request.now + request.lease).as_micros(),
        request.owner
    ];
    match backend {
        Backend::Postgres => {
            let text = claim_statement(backend);
            let rows = fetch_all(store.database().write(), &text, bound).await?;
            rows.iter().map(claim_of).collect()
        }
        Backend::Sqlite => {
            let tx = store.begin().await?;
            let rows = fetch_all(&tx.connection, &claim_update(backend), bound).await?;
            let claims = rows.iter().map(claim_of).collect::<Result<Vec<_>, _>>()?;
            claim::record_attempts(&tx, request, &claims).await?;
            store.commit(tx).await?;
            Ok(claims)
        }
    }
}

fn claim_statement(backend: Backend) -> String {
    format!(
        "WITH claimed AS ({}), recorded AS (
            INSERT INTO job_attempts (job_id, fence, attempt, owner, started_at, outcome)
            SELECT id, fence, attempt, $4, $2, 'running' FROM claimed
        )
        SELECT {CLAIM_COLUMNS} FROM claimed",
        claim_update(backend)
    )
}

fn claim_update(backend: Backend) -> String {
    format!(
        "UPDATE jobs SET state = 'running', fence = fence + 1, attempt = attempt + 1, lease_until = $3, owner = $4,
            started_at = COALESCE(started_at, $2)
        FROM (
            SELECT id AS due_id FROM jobs
            WHERE id IN (SELECT given_id FROM {given}) AND {state} = 'ready' AND run_at <= $2 AND crash_count = 0
                AND {NOT_PAUSED}
            ORDER BY id{skip_locked}
        ) AS due
        WHERE jobs.id = due.due_id AND {state} = 'ready'
        RETURNING {CLAIM_COLUMNS}",
        state = dialect::not_by_index("jobs.state"),
        given = Given::source(backend),
        skip_locked = dialect::skip_locked(backend),
    )
}

#[async_trait]
impl Outbox for Store {
    async fn unpublished(
        &self,
        room: &[(Queue, usize)],
        due_by: Timestamp,
    ) -> Result<Vec<Ready>, StoreError> {
        let due = queues_with_unpublished(self, due_by).await?;
        let mut unpublished = Vec::new();
        for (queue, room) in room.iter().filter(|(queue, _)| due.contains(queue)) {
            unpublished.extend(unpublished_of(self, *queue, *room, due_by).await?);
        }
        Ok(unpublished)
    }

    async fn mark_published(&self, jobs: &[Ready], now: Timestamp) -> Result<(), StoreError> {
        retrying(|| mark_published(self, jobs, now)).await
    }

    async fn unpublish(&self) -> Result<u64, StoreError> {
        let mut lost = 0;
        for queue in Queue::ALL {
            lost += retrying(|| unpublish(self, queue)).await?;
        }
        Ok(lost)
    }

    async fn lead(
        &self,
        service: &str,
        holder: Uuid,
        now: Timestamp,
        ttl: Duration,
    ) -> Result<bool, StoreError> {
        processes::acquire_lease(self, service, holder, now, ttl).await
    }
}

async fn queues_with_unpublished(store: &Store, due_by: Timestamp) -> Result<Vec<Queue>, StoreError> {
    let rows = fetch_all(
        store.database().read(),
        "SELECT DISTINCT queues.name AS queue
        FROM (SELECT 'static' AS name UNION ALL SELECT 'llm' UNION ALL SELECT 'coding' UNION ALL SELECT 'rag'
            UNION ALL SELECT 'webhooks' UNION ALL SELECT 'generation' UNION ALL SELECT 'maintenance') AS queues
        CROSS JOIN (SELECT 1 AS priority UNION ALL SELECT 0 UNION ALL SELECT -1) AS lanes
        WHERE queues.name NOT IN (SELECT queue FROM queue_pauses) AND EXISTS (
            SELECT 1 FROM jobs WHERE queue = queues.name AND priority = lanes.priority AND state = 'ready'
                AND run_at <= $1 AND published_at IS NULL AND crash_count = 0)",
        values![due_by.as_micros()],
    )
    .await?;
    rows.iter()
        .map(|row| row.parse("jobs", "queue", Queue::parse))
        .collect()
}

/// In the order in which they are to be claimed.
async fn unpublished_of(
    store: &Store,
    queue: Queue,
    room: usize,
    due_by: Timestamp,
) -> Result<Vec<Ready>, StoreError> {
    let lane = |priority: Priority| {
        let number = priority.as_number();
        let handicap = priority.turn(Timestamp::from_micros(0)).as_micros();
        format!(
            "SELECT * FROM (
                SELECT id, fence, priority, run_at, run_at + {handicap} AS turn FROM jobs
                WHERE queue = $3 AND priority = {number} AND state = 'ready' AND run_at <= $1 AND published_at IS NULL
                    AND crash_count = 0
                ORDER BY run_at, id LIMIT $2) AS lane"
        )
    };
    let text = format!(
        "SELECT id, fence, priority, run_at FROM ({}) AS lanes ORDER BY turn, id LIMIT $2",
        Priority::ALL.map(lane).join(" UNION ALL "),
    );
    let limit = i64::try_from(room).unwrap_or(i64::MAX);
    let bound = values![due_by.as_micros(), limit, queue.as_str()];
    let rows = fetch_all(store.database().read(), &text, bound).await?;
    rows.iter().map(|row| ready_of(row, queue)).collect()
}

fn ready_of(row: &Row, queue: Queue) -> Result<Ready, StoreError> {
    Ok(Ready {
        id: JobId(row.get("id")?),
        fence: Fence(row.get("fence")?),
        queue,
        priority: Priority::of_number(row.get("priority")?)
            .ok_or_else(|| row.inconsistent("jobs", "priority"))?,
        run_at: row.timestamp("run_at")?,
    })
}

/// A row that is locked is being claimed and needs no mark.
async fn mark_published(store: &Store, jobs: &[Ready], now: Timestamp) -> Result<(), StoreError> {
    let backend = store.database().backend();
    let given = Given::rows(jobs.iter().map(|ready| (ready.id, ready.fence)))?;
    let text = format!(
        "UPDATE jobs SET published_at = $2 FROM (
            SELECT jobs.id AS marked_id FROM {given} JOIN jobs ON jobs.id = given_id AND jobs.fence = given_fence
            WHERE {state} = 'ready' AND jobs.published_at IS NULL
            ORDER BY jobs.id{skip_locked}
        ) AS marked
        WHERE jobs.id = marked.marked_id AND {state} = 'ready'",
        state = dialect::not_by_index("jobs.state"),
        given = Given::source(backend),
        skip_locked = dialect::skip_locked_of(backend, "jobs"),
    );
    execute(store.database().write(), &text, values![given, now.as_micros()]).await?;
    Ok(())
}

async fn unpublish(store: &Store, queue: Queue) -> Result<u64, StoreError> {
    let lane = |priority: Priority| {
        let number = priority.as_number();
        format!(
            "SELECT * FROM (
                SELECT id, published_at FROM jobs WHERE queue = $1 AND priority = {number} AND state = 'ready'
                ORDER BY run_at, id LIMIT $2) AS lane"
        )
    };
    let text = format!(
        "UPDATE jobs SET published_at = NULL FROM (
            SELECT jobs.id AS lost_id FROM jobs JOIN ({lanes}) AS lanes ON lanes.id = jobs.id
            WHERE {state} = 'ready' AND jobs.published_at IS NOT NULL AND lanes.published_at IS NOT NULL
            ORDER BY jobs.id{skip_locked}
        ) AS lost
        WHERE jobs.id = lost.lost_id AND {state} = 'ready'",
        state = dialect::not_by_index("jobs.state"),
        lanes = Priority::ALL.map(lane).join(" UNION ALL "),
        skip_locked = dialect::skip_locked_of(store.database().backend(), "jobs"),
    );
    execute(
        store.database().write(),
        &text,
        values![queue.as_str(), LOST_AT_MOST],
    )
    .await
}
