//! Claiming: a look without a lock first, so that an idle worker costs one read, then a guarded update per lane.
//!
//! A lane is what is ready of one queue and priority. Each is a range of one index in the order of its claims, so that a
//! claim reads as many rows as it takes, whatever the backlog. Where several lanes of a queue have something, they are
//! merged by their turns (`Priority::turn`) without a lock, and each lane gives its share (docs/adr/0016).

use std::collections::BTreeMap;
use std::time::Instant;

use ::jobs::{Claim, ClaimRequest};
use domain::job::{Priority, Queue, StoreError, Timestamp};
use sea_orm::Value;
use serde::Serialize;
use uuid::Uuid;

use super::floors::{Lane, Place};
use super::{CLAIM_COLUMNS, NOT_PAUSED, claim_of};
use crate::database::Backend;
use crate::dialect::{self, Column, rows_of_json};
use crate::sql::{Row, execute, fetch_all, to_json, values};
use crate::store::Store;
use crate::transaction::SqlTx;

/// Jobs that no dying process was running, of one priority, and that are on their way to nobody.
const UNSUSPECTED: &str = "priority = $6 AND crash_count = 0 AND run_at <= $7
    AND (published_at IS NULL OR published_at <= $7) AND (run_at, id) >= ($8, $9)";
/// Jobs that may have killed their process, whatever their priority: they are few and run one at a time.
const SUSPECTED: &str = "crash_count >= $6";

/// What is due.
#[derive(Debug, Default)]
struct Due {
    /// When the first job of each lane came due, for the queues that were asked for.
    heads: BTreeMap<Lane, i64>,
    /// The queue whose suspect has waited longest.
    suspects: Option<Queue>,
}

impl Due {
    fn is_empty(&self) -> bool {
        self.heads.is_empty() && self.suspects.is_none()
    }
}

pub(super) async fn claim(store: &Store, request: &ClaimRequest) -> Result<Vec<Claim>, StoreError> {
    let due = due(store, request).await?;
    if due.is_empty() {
        return Ok(Vec::new());
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

/// What is due: from the floors where looks from the beginning take long.
async fn due(store: &Store, request: &ClaimRequest) -> Result<Due, StoreError> {
    let due_by = Timestamp::from_micros(unclaimed_since(request)).min(request.now);
    let floors = store.lane_floors();
    if let Some(from) = floors.current() {
        let due = look(store, request, (&from, due_by)).await?;
        if !due.is_empty() || !floors.may_look_again() {
            return Ok(due);
        }
        floors.forget();
    }
    let begun = Instant::now();
    let due = look(store, request, (&BTreeMap::new(), due_by)).await?;
    floors.looked(begun.elapsed(), lanes_of(request), &due.heads, due_by);
    Ok(due)
}

fn lanes_of(request: &ClaimRequest) -> impl Iterator<Item = Lane> {
    let queues = request.slots.iter().map(|(queue, _)| *queue);
    queues.flat_map(|queue| Priority::ALL.map(|priority| (queue, priority)))
}

#[derive(Serialize)]
struct LaneRow {
    lane_queue: &'static str,
    lane_priority: i32,
    begin_at: i64,
    begin_id: Uuid,
}

const LANE_COLUMNS: [(&str, Column); 4] = [
    ("lane_queue", Column::Text),
    ("lane_priority", Column::Integer),
    ("begin_at", Column::BigInt),
    ("begin_id", Column::Uuid),
];

/// One probe of an index per lane, and one per queue for suspects, which show as a lane without a priority.
fn look_text(backend: Backend) -> String {
    format!(
        "SELECT lane_queue AS queue, lane_priority AS priority, (
            SELECT run_at FROM jobs WHERE queue = lane_queue AND priority = lane_priority AND state = 'ready'
                AND (run_at, id) >= (begin_at, begin_id) AND run_at <= $3
            ORDER BY run_at, id LIMIT 1) AS head
        FROM {}
        WHERE lane_queue NOT IN (SELECT queue FROM queue_pauses)
        UNION ALL
        SELECT queue, NULL, MIN(run_at) FROM jobs
        WHERE state = 'ready' AND crash_count > 0 AND run_at <= $2 AND {NOT_PAUSED}
        GROUP BY queue",
        rows_of_json(backend, &LANE_COLUMNS)
    )
}

async fn look(
    store: &Store,
    request: &ClaimRequest,
    (from, due_by): (&BTreeMap<Lane, Place>, Timestamp),
) -> Result<Due, StoreError> {
    let row = |lane: Lane| {
        let begin = from.get(&lane).copied().unwrap_or(Place::BEGINNING);
        LaneRow {
            lane_queue: lane.0.as_str(),
            lane_priority: lane.1.as_number(),
            begin_at: begin.run_at,
            begin_id: begin.id,
        }
    };
    let lanes = to_json(&lanes_of(request).map(row).collect::<Vec<_>>())?;
    let bound = values![lanes, request.now.as_micros(), due_by.as_micros()];
    let text = look_text(store.database().backend());
    let rows = fetch_all(store.database().read(), &text, bound).await?;
    let wanted = |queue: Queue| request.slots.iter().any(|(slot, _)| *slot == queue);
    let mut due = Due::default();
    let mut oldest_suspect = None;
    for row in &rows {
        let queue = row.parse("jobs", "queue", Queue::parse)?;
        let (Some(head), true) = (row.get::<Option<i64>>("head")?, wanted(queue)) else {
            continue;
        };
        match row.get::<Option<i32>>("priority")?.map(Priority::of_number) {
            Some(Some(priority)) => {
                due.heads.insert((queue, priority), head);
            }
            Some(None) => return Err(row.inconsistent("jobs", "priority")),
            None if request.suspect && oldest_suspect.is_none_or(|oldest| head < oldest) => {
                oldest_suspect = Some(head);
                due.suspects = Some(queue);
            }
            None => {}
        }
    }
    Ok(due)
}

/// Later than anything where nothing is delivered.
fn unclaimed_since(request: &ClaimRequest) -> i64 {
    request.unclaimed_since.map_or(i64::MAX, Timestamp::as_micros)
}

async fn claim_in(
    store: &Store,
    tx: &SqlTx,
    request: &ClaimRequest,
    due: &Due,
) -> Result<Vec<Claim>, StoreError> {
    let mut claims = Vec::new();
    if let Some(queue) = due.suspects {
        claims.extend(claim_where(tx, request, (queue, SUSPECTED), 1, values![1]).await?);
    }
    for (queue, free) in &request.slots {
        let taken = claims.iter().filter(|claim| claim.queue == *queue).count();
        for (lane, begin, share) in
            shares(store, tx, request, due, (*queue, free.saturating_sub(taken))).await?
        {
            let claimed = claim_lane(tx, request, (lane, begin), share).await?;
            let last = claimed.last().map(|claim| Place {
                run_at: claim.run_at.as_micros(),
                id: claim.id.0,
            });
            store.lane_floors().claimed(lane, last, request.now);
            claims.extend(claimed);
        }
    }
    record_attempts(tx, request, &claims).await?;
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
    tx: &SqlTx,
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
    claim_where(tx, request, (queue, UNSUSPECTED), limit, further).await
}

/// Claims what fits the condition, whose values are `further`; in the order in which it came due.
async fn claim_where(
    tx: &SqlTx,
    request: &ClaimRequest,
    (queue, condition): (Queue, &str),
    limit: usize,
    further: Vec<Value>,
) -> Result<Vec<Claim>, StoreError> {
    let text = statement(tx.backend, condition);
    let mut bound = values![
        request.now.as_micros(),
        i64::try_from(limit).unwrap_or(i64::MAX),
        (request.now + request.lease).as_micros(),
        request.owner,
        queue.as_str(),
    ];
    bound.extend(further);
    let rows = fetch_all(&tx.connection, &text, bound).await?;
    let mut claims = rows.iter().map(claim_of).collect::<Result<Vec<_>, _>>()?;
    // RETURNING keeps no order.
    claims.sort_by_key(|claim| (claim.run_at, claim.id));
    Ok(claims)
}

/// The texts are few and the same for every batch, so that connections keep them prepared. The subselect is materialised
/// because a planner that ran it twice would lock and claim more rows than the limit.
fn statement(backend: Backend, condition: &str) -> String {
    format!(
        "WITH due AS MATERIALIZED (
            SELECT id AS due_id FROM jobs
            WHERE state = 'ready' AND queue = $5 AND run_at <= $1 AND {condition} AND {NOT_PAUSED}
            ORDER BY run_at, id LIMIT $2{skip_locked}
        )
        UPDATE jobs SET state = 'running', fence = fence + 1, attempt = attempt + 1, lease_until = $3, owner = $4,
            started_at = COALESCE(started_at, $1)
        FROM due WHERE jobs.id = due.due_id AND jobs.state = 'ready'
        RETURNING {CLAIM_COLUMNS}",
        skip_locked = dialect::skip_locked(backend),
    )
}

#[derive(Serialize)]
struct AttemptRow {
    claimed_job: Uuid,
    its_fence: i64,
    number: i32,
}

const ATTEMPT_COLUMNS: [(&str, Column); 3] = [
    ("claimed_job", Column::Uuid),
    ("its_fence", Column::BigInt),
    ("number", Column::Integer),
];

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
        rows_of_json(tx.backend, &ATTEMPT_COLUMNS)
    );
    let bound = values![rows, request.owner, request.now.as_micros()];
    execute(&tx.connection, &text, bound).await?;
    Ok(())
}
