//! What the rescuer looks for: claims that ran out, parents that wait for nobody.

use std::time::Duration;

use ::jobs::Expired;
use domain::job::{StoreError, Timestamp};

use super::claim_of;
use crate::sql::{Row, execute, fetch_all, values};
use crate::store::Store;

pub(super) async fn expired(
    store: &Store,
    now: Timestamp,
    lease: Duration,
    limit: usize,
) -> Result<Vec<Expired>, StoreError> {
    // The primary, not a replica: a replica that lags would show leases that were renewed.
    let rows = fetch_all(
        store.database().write(),
        "SELECT jobs.id, kind, queue, fence, attempt, max_attempts, crash_count, payload, parent_id, subject_id, run_at,
            last_beat_at, stopped_at
        FROM jobs LEFT JOIN worker_processes ON worker_processes.id = jobs.owner
        WHERE state = 'running' AND lease_until < $1 ORDER BY lease_until LIMIT $2",
        values![now.as_micros(), i64::try_from(limit).unwrap_or(i64::MAX)],
    )
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Expired {
                claim: claim_of(row)?,
                owner_gone: owner_gone(row, now - lease)?,
            })
        })
        .collect()
}

fn owner_gone(row: &Row, oldest_beat: Timestamp) -> Result<bool, StoreError> {
    let last_beat: Option<i64> = row.get("last_beat_at")?;
    let stopped: Option<i64> = row.get("stopped_at")?;
    Ok(stopped.is_some() || last_beat.is_none_or(|beat| beat <= oldest_beat.as_micros()))
}

pub(super) async fn release_parents(store: &Store) -> Result<u64, StoreError> {
    execute(
        store.database().write(),
        "UPDATE jobs SET state = 'ready' WHERE state = 'waiting' AND NOT EXISTS (
            SELECT 1 FROM jobs AS child WHERE child.parent_id = jobs.id AND child.state IN ('waiting', 'ready', 'running'))",
        Vec::new(),
    )
    .await
}
