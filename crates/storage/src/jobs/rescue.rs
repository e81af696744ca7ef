//! What the rescuer looks for: claims that ran out, parents that wait for nobody.

use std::time::Duration;

use ::jobs::Expired;
use domain::job::{StoreError, Timestamp};

use super::claim_of;
use crate::dialect;
use crate::sql::{Row, execute, fetch_all, values};
use crate::store::Store;

/// Parents released by one statement; more are found a minute later.
const PARENTS_AT_ONCE: i64 = 500;

pub(super) async fn expired(
    store: &Store,
    since: Option<Timestamp>,
    now: Timestamp,
    lease: Duration,
    limit: usize,
) -> Result<Vec<Expired>, StoreError> {
    // A claim that begins beside a beat is leased for a little less long than the beat says that its owner lives. A living
    // owner has lost its claim on the way, which is rare; one that has died since would pass for it.
    let lost_long_ago = now - lease / 3;
    // What is locked is being finished, or was when its process froze: waiting for it would hold up all others.
    let skip_locked = dialect::skip_locked_of(store.database().backend(), "jobs");
    let text = format!(
        "SELECT jobs.id, kind, queue, jobs.fence, jobs.attempt, max_attempts, crash_count, payload, parent_id, subject_id,
            run_at, last_beat_at, stopped_at, COALESCE(job_attempts.started_at, $1) AS claimed_at
        FROM jobs LEFT JOIN worker_processes ON worker_processes.id = jobs.owner
        LEFT JOIN job_attempts ON job_attempts.job_id = jobs.id AND job_attempts.fence = jobs.fence
        WHERE state = 'running' AND lease_until < $1 AND lease_until >= $3
            AND (last_beat_at IS NULL OR stopped_at IS NOT NULL OR last_beat_at <= $4 OR lease_until < $5)
        ORDER BY lease_until LIMIT $2{skip_locked}"
    );
    // The primary, not a replica: a replica that lags would show leases that were renewed.
    let rows = fetch_all(
        store.database().write(),
        &text,
        values![
            now.as_micros(),
            i64::try_from(limit).unwrap_or(i64::MAX),
            since.map_or(i64::MIN, Timestamp::as_micros),
            (now - lease).as_micros(),
            lost_long_ago.as_micros()
        ],
    )
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Expired {
                claim: claim_of(row)?,
                owner_gone: owner_gone(row, now - lease)?,
                claimed_at: row.timestamp("claimed_at")?,
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
    let text = format!(
        "UPDATE jobs SET state = 'ready' WHERE state = 'waiting' AND id IN (
            SELECT id FROM jobs WHERE state = 'waiting' AND NOT EXISTS (
                SELECT 1 FROM jobs AS child
                WHERE child.parent_id = jobs.id AND child.state IN ('waiting', 'ready', 'running'))
            ORDER BY created_at LIMIT $1{})",
        dialect::skip_locked(store.database().backend())
    );
    execute(store.database().write(), &text, values![PARENTS_AT_ONCE]).await
}
