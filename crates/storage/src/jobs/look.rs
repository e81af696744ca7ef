//! Looking for what is due, without a lock, so that an idle worker costs one read.

use std::collections::BTreeMap;
use std::time::Instant;

use ::jobs::ClaimRequest;
use domain::job::{Priority, Queue, StoreError, Timestamp};
use uuid::Uuid;

use super::NOT_PAUSED;
use super::floors::{Lane, Place};
use crate::database::Backend;
use crate::dialect::{json_rows, rows_of_json};
use crate::sql::{fetch_all, to_json, values};
use crate::store::Store;

/// What is due.
#[derive(Debug, Default)]
pub(super) struct Due {
    /// When the first job of each lane came due, for the queues that were asked for.
    pub(super) heads: BTreeMap<Lane, i64>,
    /// The queue whose suspect has waited longest.
    pub(super) suspects: Option<Queue>,
}

impl Due {
    pub(super) fn is_empty(&self) -> bool {
        self.heads.is_empty() && self.suspects.is_none()
    }
}

/// What is due: from the floors where looks from the beginning take long.
pub(super) async fn due(store: &Store, request: &ClaimRequest) -> Result<Due, StoreError> {
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

json_rows! {
    struct LaneRow {
        lane_queue: &'static str,
        lane_priority: i32,
        begin_at: i64,
        begin_id: Uuid,
    }
}

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
        rows_of_json(backend, LaneRow::COLUMNS)
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
pub(super) fn unclaimed_since(request: &ClaimRequest) -> i64 {
    request.unclaimed_since.map_or(i64::MAX, Timestamp::as_micros)
}
