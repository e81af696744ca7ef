//! Claiming: a look without a lock first, so that an idle worker costs one read, then a guarded update per lane.
//!
//! A lane is what is ready of one queue and priority. Each is a range of one index in the order of its claims, so that a
//! claim reads as many rows as it takes, whatever the backlog. Where several lanes of a queue have something, they are
//! merged by their turns (`Priority::turn`) without a lock, and each lane gives its share (docs/adr/0016).

use std::collections::BTreeMap;
use std::time::Instant;

use ::jobs::{Claim, ClaimRequest};
use domain::job::{Priority, Queue, StoreError, Timestamp};
use sea_orm::{ConnectionTrait, Value};
use uuid::Uuid;

use super::floors::{Lane, Place};
use super::look::{Due, due, unclaimed_since};
use super::plenty::Rest;
use super::{CLAIM_COLUMNS, NOT_PAUSED, claim_of};
use crate::database::Backend;
use crate::dialect::{self, json_rows, rows_of_json};
use crate::sql::{Row, execute, fetch_all, to_json, values};
use crate::store::Store;
use crate::transaction::SqlTx;

/// Jobs that no dying process was running, of one priority, and that are on their way to nobody.
const UNSUSPECTED: &str = "priority = $6 AND crash_count = 0 AND run_at <= $7
    AND (published_at IS NULL OR published_at <= $7) AND (run_at, id) >= ($8, $9)";
/// Jobs that may have killed their process, whatever their priority: they are few and run one at a time.
const SUSPECTED: &str = "crash_count >= $6";

pub(super) async fn claim(store: &Store, request: &ClaimRequest) -> Result<Vec<Claim>, StoreError> {
    if let Some(rest) = store.plenty().rest(Instant::now()) {
        let claims = claim_from_one_lane(store, request, rest).await?;
        if !claims.is_empty() {
            return Ok(claims);
        }
    }
    let looked = Instant::now();
    let due = due(store, request).await?;
    if due.is_empty() {
        return Ok(Vec::new());
    }
    let lanes: Vec<_> = due.heads.iter().collect();
    if let (Backend::Postgres, None, [(lane, head)]) = (store.database().backend(), due.suspects, &lanes[..])
    {
        let (lane, head) = (**lane, **head);
        let claims = claim_from_one_lane(store, request, Rest { lane, head, looked }).await?;
        if claims.is_empty() {
            // There was something.
            store.lane_floors().claimed(lane, None, request.now);
        }
        return Ok(claims);
    }
    let tx = store.begin().await?;
    match claim_in(store, &tx, request, &due).await {
        Ok(claims) => {
            store.commit(tx).await?;
            Ok(claims)
        }
        Err(error) => {
            // Nothing was claimed up to anywhere.
            store.lane_floors().forget();
            // The claim's own error says more than a failing rollback; a dropped transaction is rolled back as well.
            let _ = tx.roll_back().await;
            Err(error)
        }
    }
}

/// One statement needs no transaction around it. Nothing where the queue has no slot.
async fn claim_from_one_lane(
    store: &Store,
    request: &ClaimRequest,
    rest: Rest,
) -> Result<Vec<Claim>, StoreError> {
    let Rest { lane, head, looked } = rest;
    let Some((_, free)) = request.slots.iter().find(|(queue, _)| *queue == lane.0) else {
        return Ok(Vec::new());
    };
    let begin = store.lane_floors().begin(lane, head);
    let connection = (store.database().write(), Backend::Postgres);
    let claims = claim_lane(connection, request, (lane, begin), *free).await?;
    if !claims.is_empty() {
        note_floor(store, lane, &claims, request);
    }
    let last = claims.last().filter(|_| claims.len() == *free);
    store.plenty().leave(last.map(|last| Rest {
        lane,
        head: last.run_at.as_micros(),
        looked,
    }));
    Ok(claims)
}

fn note_floor(store: &Store, lane: Lane, claims: &[Claim], request: &ClaimRequest) {
    let last = claims.last().map(|claim| Place {
        run_at: claim.run_at.as_micros(),
        id: claim.id.0,
    });
    store.lane_floors().claimed(lane, last, request.now);
}

async fn claim_in(
    store: &Store,
    tx: &SqlTx,
    request: &ClaimRequest,
    due: &Due,
) -> Result<Vec<Claim>, StoreError> {
    let mut claims = Vec::new();
    let connection = (&tx.connection, tx.backend);
    if let Some(queue) = due.suspects {
        claims.extend(claim_where(connection, request, (queue, SUSPECTED), 1, values![1]).await?);
    }
    for (queue, free) in &request.slots {
        let taken = claims.iter().filter(|claim| claim.queue == *queue).count();
        for (lane, begin, share) in
            shares(store, tx, request, due, (*queue, free.saturating_sub(taken))).await?
        {
            let claimed = claim_lane(connection, request, (lane, begin), share).await?;
            note_floor(store, lane, &claimed, request);
            claims.extend(claimed);
        }
    }
    if tx.backend == Backend::Sqlite {
        record_attempts(tx, request, &claims).await?;
    }
    Ok(claims)
}

/// The lanes of a queue that have something due, where each begins, and how many of the first `free` jobs, in the order of
/// their turns, are of it.
async fn shares(
    store: &Store,
    tx: &SqlTx,
    request: &ClaimRequest,
    due: &Due,
    (queue, free): (Queue, usize),
) -> Result<Vec<(Lane, Place, usize)>, StoreError> {
    let heads = due.heads.iter().filter(|((of, _), _)| *of == queue);
    let lanes: Vec<(Lane, Place)> = heads
        .map(|(lane, head)| (*lane, store.lane_floors().begin(*lane, *head)))
        .collect();
    if free == 0 {
        return Ok(Vec::new());
    }
    if let [(lane, begin)] = lanes[..] {
        return Ok(vec![(lane, begin, free)]);
    }
    if lanes.is_empty() {
        return Ok(Vec::new());
    }
    let counts = merged(tx, request, &lanes, (queue, free)).await?;
    let share = |(lane, begin): &(Lane, Place)| Some((*lane, *begin, *counts.get(&lane.1)?));
    Ok(lanes.iter().rev().filter_map(share).collect())
}

/// How many of the first `free` jobs of a queue are of which priority. Nothing is locked: a lane whose rows another worker
/// takes meanwhile gives its share of later ones.
async fn merged(
    tx: &SqlTx,
    request: &ClaimRequest,
    lanes: &[(Lane, Place)],
    (queue, free): (Queue, usize),
) -> Result<BTreeMap<Priority, usize>, StoreError> {
    let mut bound = values![
        request.now.as_micros(),
        i64::try_from(free).unwrap_or(i64::MAX),
        queue.as_str(),
        unclaimed_since(request)
    ];
    let mut texts = Vec::new();
    for priority in Priority::ALL {
        let found = lanes.iter().find(|(lane, _)| lane.1 == priority);
        let begin = found.map_or(Place::END, |(_, begin)| *begin);
        let number = priority.as_number();
        let handicap = priority.turn(Timestamp::from_micros(0)).as_micros();
        texts.push(format!(
            "SELECT * FROM (
                SELECT {number} AS priority, run_at + {handicap} AS turn FROM jobs
                WHERE queue = $3 AND priority = {number} AND state = 'ready' AND run_at <= $1 AND crash_count = 0
                    AND run_at <= $4 AND (published_at IS NULL OR published_at <= $4)
                    AND (run_at, id) >= (${}, ${})
                ORDER BY run_at, id LIMIT $2) AS lane",
            bound.len() + 1,
            bound.len() + 2,
        ));
        bound.extend(values![begin.run_at, begin.id]);
    }
    let text = format!(
        "SELECT priority, COUNT(*) AS count FROM (
            SELECT priority FROM ({}) AS lanes ORDER BY turn LIMIT $2
        ) AS chosen GROUP BY priority",
        texts.join(" UNION ALL "),
    );
    let rows = fetch_all(&tx.connection, &text, bound).await?;
    let count = |row: &Row| {
        let priority =
            Priority::of_number(row.get("priority")?).ok_or_else(|| row.inconsistent("jobs", "priority"))?;
        let count = usize::try_from(row.get::<i64>("count")?).unwrap_or(0);
        Ok((priority, count))
    };
    rows.iter().map(count).collect()
}

/// Claims from one lane.
async fn claim_lane(
    connection: (&impl ConnectionTrait, Backend),
    request: &ClaimRequest,
    ((queue, priority), begin): (Lane, Place),
    limit: usize,
) -> Result<Vec<Claim>, StoreError> {
    let further = values![
        priority.as_number(),
        unclaimed_since(request),
        begin.run_at,
        begin.id
    ];
    claim_where(connection, request, (queue, UNSUSPECTED), limit, further).await
}

/// Claims what fits the condition, whose values are `further`; in the order in which it came due.
async fn claim_where(
    (connection, backend): (&impl ConnectionTrait, Backend),
    request: &ClaimRequest,
    (queue, condition): (Queue, &str),
    limit: usize,
    further: Vec<Value>,
) -> Result<Vec<Claim>, StoreError> {
    let text = statement(backend, condition);
    let mut bound = values![
        request.now.as_micros(),
        i64::try_from(limit).unwrap_or(i64::MAX),
        (request.now + request.lease).as_micros(),
        request.owner,
        queue.as_str(),
    ];
    bound.extend(further);
    let rows = fetch_all(connection, &text, bound).await?;
    let mut claims = rows.iter().map(claim_of).collect::<Result<Vec<_>, _>>()?;
    // RETURNING keeps no order.
    claims.sort_by_key(|claim| (claim.run_at, claim.id));
    Ok(claims)
}

/// The texts are few and the same for every batch, so that connections keep them prepared. The subselect is materialised
/// because a planner that ran it twice would lock and claim more rows than the limit. On PostgreSQL the statement inserts the
/// attempts as well; on SQLite, where it cannot, [`record_attempts`] does.
fn statement(backend: Backend, condition: &str) -> String {
    let due = format!(
        "due AS MATERIALIZED (
            SELECT id AS due_id FROM jobs
            WHERE state = 'ready' AND queue = $5 AND run_at <= $1 AND {condition} AND {NOT_PAUSED}
            ORDER BY run_at, id LIMIT $2{}
        )",
        dialect::skip_locked(backend),
    );
    let claim = format!(
        "UPDATE jobs SET state = 'running', fence = fence + 1, attempt = attempt + 1, lease_until = $3, owner = $4,
            started_at = COALESCE(started_at, $1)
        FROM due WHERE jobs.id = due.due_id AND {state} = 'ready'
        RETURNING {CLAIM_COLUMNS}",
        state = dialect::not_by_index("jobs.state"),
    );
    match backend {
        Backend::Sqlite => format!("WITH {due} {claim}"),
        Backend::Postgres => format!(
            "WITH {due}, claimed AS ({claim}), recorded AS (
                INSERT INTO job_attempts (job_id, fence, attempt, owner, started_at, outcome)
                SELECT id, fence, attempt, $4, $1, 'running' FROM claimed
            )
            SELECT {CLAIM_COLUMNS} FROM claimed"
        ),
    }
}

json_rows! {
    struct AttemptRow {
        claimed_job: Uuid,
        its_fence: i64,
        number: i32,
    }
}

pub(super) async fn record_attempts(
    tx: &SqlTx,
    request: &ClaimRequest,
    claims: &[Claim],
) -> Result<(), StoreError> {
    if claims.is_empty() {
        return Ok(());
    }
    let row = |claim: &Claim| AttemptRow {
        claimed_job: claim.id.0,
        its_fence: claim.fence.0,
        number: claim.attempt,
    };
    let rows = to_json(&claims.iter().map(row).collect::<Vec<_>>())?;
    let text = format!(
        "INSERT INTO job_attempts (job_id, fence, attempt, owner, started_at, outcome)
        SELECT claimed_job, its_fence, number, $2, $3, 'running' FROM {}",
        rows_of_json(tx.backend, AttemptRow::COLUMNS)
    );
    let bound = values![rows, request.owner, request.now.as_micros()];
    execute(&tx.connection, &text, bound).await?;
    Ok(())
}
