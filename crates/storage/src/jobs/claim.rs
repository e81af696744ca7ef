//! Claiming: a look without a lock first, so that an idle worker costs one read, then a guarded update per queue.

use std::cmp::Reverse;

use ::jobs::{Claim, ClaimRequest};
use domain::job::{Queue, StoreError};

use super::{CLAIM_COLUMNS, claim_of, placeholders};
use crate::database::Backend;
use crate::dialect;
use crate::sql::{execute, fetch_all, values};
use crate::store::Store;
use crate::transaction::SqlTx;

/// Jobs that no dying process was running.
const UNSUSPECTED: &str = "crash_count = 0";
/// Jobs that may have killed their process.
const SUSPECTED: &str = "crash_count > 0";

pub(super) async fn claim(store: &Store, request: &ClaimRequest) -> Result<Vec<Claim>, StoreError> {
    let due = due_queues(store, request).await?;
    if due.is_empty() {
        return Ok(Vec::new());
    }
    let tx = store.begin().await?;
    match claim_in(&tx, request, due).await {
        Ok(claims) => {
            store.commit(tx).await?;
            Ok(claims)
        }
        Err(error) => {
            // The claim's own error says more than a failing rollback; a dropped transaction is rolled back as well.
            let _ = tx.roll_back().await;
            Err(error)
        }
    }
}

async fn due_queues(store: &Store, request: &ClaimRequest) -> Result<Vec<(Queue, usize)>, StoreError> {
    const DUE: &str = "SELECT queues.name FROM (
            SELECT 'static' AS name UNION ALL SELECT 'llm' UNION ALL SELECT 'coding' UNION ALL SELECT 'rag'
            UNION ALL SELECT 'webhooks' UNION ALL SELECT 'generation' UNION ALL SELECT 'maintenance'
        ) AS queues
        WHERE EXISTS (SELECT 1 FROM jobs WHERE queue = queues.name AND state = 'ready' AND run_at <= $1)";
    let rows = fetch_all(store.database().read(), DUE, values![request.now.as_micros()]).await?;
    let names = rows
        .iter()
        .map(|row| row.get::<String>("name"))
        .collect::<Result<Vec<_>, _>>()?;
    let is_due = |queue: Queue| names.iter().any(|name| name == queue.as_str());
    Ok(request
        .slots
        .iter()
        .copied()
        .filter(|(queue, _)| is_due(*queue))
        .collect())
}

async fn claim_in(
    tx: &SqlTx,
    request: &ClaimRequest,
    mut slots: Vec<(Queue, usize)>,
) -> Result<Vec<Claim>, StoreError> {
    let mut claims = Vec::new();
    if request.suspect {
        let queues: Vec<_> = slots.iter().map(|(queue, _)| *queue).collect();
        claims.extend(claim_where(tx, request, &queues, SUSPECTED, 1).await?);
        for claim in &claims {
            slots
                .iter_mut()
                .filter(|(queue, _)| *queue == claim.queue)
                .for_each(|(_, free)| *free -= 1);
        }
    }
    for (queue, free) in slots.into_iter().filter(|(_, free)| *free > 0) {
        claims.extend(claim_where(tx, request, &[queue], UNSUSPECTED, free).await?);
    }
    record_attempts(tx, request, &claims).await?;
    Ok(claims)
}

async fn claim_where(
    tx: &SqlTx,
    request: &ClaimRequest,
    queues: &[Queue],
    condition: &str,
    limit: usize,
) -> Result<Vec<Claim>, StoreError> {
    let text = statement(tx.backend, queues, condition);
    let lease_until = request.now + request.lease;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let bound = values![
        request.now.as_micros(),
        limit,
        lease_until.as_micros(),
        request.owner
    ];
    let rows = fetch_all(&tx.connection, &text, bound).await?;
    let mut claims = rows
        .iter()
        .map(|row| Ok((row.get::<i32>("priority")?, claim_of(row)?)))
        .collect::<Result<Vec<_>, StoreError>>()?;
    // RETURNING keeps no order.
    claims.sort_by_key(|(priority, claim)| (Reverse(*priority), claim.run_at));
    Ok(claims.into_iter().map(|(_, claim)| claim).collect())
}

/// Queue names are constants of this program. The subselect is materialised because a planner that ran it twice would
/// lock and claim more rows than the limit.
fn statement(backend: Backend, queues: &[Queue], condition: &str) -> String {
    let names: Vec<_> = queues
        .iter()
        .map(|queue| format!("'{}'", queue.as_str()))
        .collect();
    format!(
        "WITH due AS MATERIALIZED (
            SELECT id AS due_id FROM jobs
            WHERE state = 'ready' AND queue IN ({names}) AND run_at <= $1 AND {condition}
            ORDER BY priority DESC, run_at LIMIT $2{skip_locked}
        )
        UPDATE jobs SET state = 'running', fence = fence + 1, attempt = attempt + 1, lease_until = $3, owner = $4,
            started_at = COALESCE(started_at, $1)
        FROM due WHERE jobs.id = due.due_id AND jobs.state = 'ready'
        RETURNING {CLAIM_COLUMNS}, priority",
        names = names.join(", "),
        skip_locked = dialect::skip_locked(backend),
    )
}

async fn record_attempts(tx: &SqlTx, request: &ClaimRequest, claims: &[Claim]) -> Result<(), StoreError> {
    if claims.is_empty() {
        return Ok(());
    }
    let text = format!(
        "INSERT INTO job_attempts (job_id, fence, attempt, owner, started_at, outcome) VALUES {}",
        placeholders(1, claims.len(), 6)
    );
    let bound = claims
        .iter()
        .flat_map(|claim| {
            values![
                claim.id.0,
                claim.fence.0,
                claim.attempt,
                request.owner,
                request.now.as_micros(),
                "running"
            ]
        })
        .collect();
    execute(&tx.connection, &text, bound).await?;
    Ok(())
}
