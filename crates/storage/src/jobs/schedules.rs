//! Ticks: whoever moves the schedule's row on inserts the job, in the same transaction.

use ::jobs::Schedule;
use domain::job::{JobId, JobSink as _, StoreError, Timestamp};

use crate::sql::{execute, fetch_optional, values};
use crate::store::Store;
use crate::transaction::SqlTx;

/// Looks without a lock first, so that a schedule that is not due costs one read.
pub(super) async fn tick(
    store: &Store,
    schedule: &Schedule,
    now: Timestamp,
) -> Result<Option<JobId>, StoreError> {
    let due = due_at(store, schedule).await?;
    if due.is_some_and(|due| due > now) {
        return Ok(None);
    }
    let mut tx = store.begin().await?;
    match tick_in(&mut tx, schedule, due, now).await {
        Ok(ticked) => {
            store.commit(tx).await?;
            Ok(ticked)
        }
        Err(error) => {
            // The tick's own error says more than a failing rollback; a dropped transaction is rolled back as well.
            let _ = tx.roll_back().await;
            Err(error)
        }
    }
}

pub(super) async fn correct(store: &Store, schedule: &Schedule, now: Timestamp) -> Result<bool, StoreError> {
    let next = schedule.next_after(now);
    let moved = execute(
        store.database().write(),
        "UPDATE schedules SET next_at = $2 WHERE name = $1 AND next_at > $3",
        values![
            schedule.name,
            next.as_micros(),
            schedule.next_after(next).as_micros()
        ],
    )
    .await?;
    Ok(moved == 1)
}

async fn due_at(store: &Store, schedule: &Schedule) -> Result<Option<Timestamp>, StoreError> {
    let row = fetch_optional(
        store.database().read(),
        "SELECT next_at FROM schedules WHERE name = $1",
        values![schedule.name],
    )
    .await?;
    row.map(|row| row.timestamp("next_at")).transpose()
}

/// The row that was moved on stays locked to the end, so that nobody else inserts a job of this schedule between the
/// look for a live one and the insert.
async fn tick_in(
    tx: &mut SqlTx,
    schedule: &Schedule,
    due: Option<Timestamp>,
    now: Timestamp,
) -> Result<Option<JobId>, StoreError> {
    if !move_on(tx, schedule, due, now).await? || has_live_job(tx, schedule).await? {
        return Ok(None);
    }
    let enqueued = tx.enqueue(schedule.job(due.unwrap_or(now), now)).await?;
    Ok((!enqueued.deduplicated).then_some(enqueued.id))
}

/// True for one of all that saw the schedule due at the same instant, or not there yet.
async fn move_on(
    tx: &SqlTx,
    schedule: &Schedule,
    due: Option<Timestamp>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let next = schedule.next_after(now).as_micros();
    let moved = match due {
        Some(due) => {
            execute(
                &tx.connection,
                "UPDATE schedules SET next_at = $2 WHERE name = $1 AND next_at = $3",
                values![schedule.name, next, due.as_micros()],
            )
            .await?
        }
        None => {
            execute(
                &tx.connection,
                "INSERT INTO schedules (name, next_at) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING",
                values![schedule.name, next],
            )
            .await?
        }
    };
    Ok(moved == 1)
}

/// Ready and running jobs have an index each, which stay small while the ended ones pile up. No tick's job is inserted as
/// waiting.
async fn has_live_job(tx: &SqlTx, schedule: &Schedule) -> Result<bool, StoreError> {
    let live = fetch_optional(
        &tx.connection,
        "SELECT id FROM jobs
        WHERE state = 'ready' AND queue = $1 AND kind = $2 AND substr(dedupe_key, 1, length($3)) = $3
        UNION ALL
        SELECT id FROM jobs
        WHERE state = 'running' AND kind = $2 AND substr(dedupe_key, 1, length($3)) = $3
        LIMIT 1",
        values![
            schedule.kind.queue.as_str(),
            schedule.kind.name,
            schedule.dedupe_prefix()
        ],
    )
    .await?;
    Ok(live.is_some())
}
