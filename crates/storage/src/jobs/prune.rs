//! Removes jobs and processes that ended long ago, in batches that nobody has to wait for.

use std::time::Duration;

use domain::job::{StoreError, Timestamp};
use serde::Serialize;
use uuid::Uuid;

use crate::dialect::{Column, rows_of_json, skip_locked};
use crate::sql::{Row, execute, fetch_all, to_json, values};
use crate::store::Store;

/// How long completed and cancelled jobs are kept.
const ENDED_KEPT: Duration = Duration::from_hours(14 * 24);
/// How long dead letters are kept: somebody may still want to know.
const DEAD_KEPT: Duration = Duration::from_hours(90 * 24);
/// How long processes are remembered after their last beat.
const PROCESSES_KEPT: Duration = Duration::from_hours(7 * 24);

#[derive(Serialize)]
struct Pruned {
    pruned_id: Uuid,
}

fn pruned(row: &Row) -> Result<Pruned, StoreError> {
    Ok(Pruned {
        pruned_id: row.get("id")?,
    })
}

impl Store {
    /// Most jobs that [`Store::prune_jobs`] removes at once.
    pub const PRUNE_BATCH: u64 = 500;

    /// Removes one batch of jobs that ended long ago, with their claims, and returns how many; a full batch
    /// ([`Store::PRUNE_BATCH`]) means that there may be more. Jobs of something (an attempt, a draft) stay with it: they are
    /// its history, and progress is computed from them. A parent goes after its children.
    pub async fn prune_jobs(&self, now: Timestamp) -> Result<u64, StoreError> {
        let tx = self.begin().await?;
        let text = format!(
            "SELECT id FROM jobs WHERE subject_id IS NULL AND created_at < $1
                AND ((state IN ('completed', 'cancelled') AND finished_at < $1) OR (state = 'failed' AND finished_at < $2))
                AND NOT EXISTS (SELECT 1 FROM jobs AS child WHERE child.parent_id = jobs.id)
            ORDER BY created_at LIMIT $3{}",
            skip_locked(tx.backend)
        );
        let bound = values![
            (now - ENDED_KEPT).as_micros(),
            (now - DEAD_KEPT).as_micros(),
            i64::try_from(Self::PRUNE_BATCH).unwrap_or(i64::MAX)
        ];
        let found = fetch_all(&tx.connection, &text, bound).await?;
        let pruned = found.iter().map(pruned).collect::<Result<Vec<_>, _>>()?;
        let rows = rows_of_json(tx.backend, &[("pruned_id", Column::Uuid)]);
        for (table, column) in [("job_attempts", "job_id"), ("jobs", "id")] {
            let text = format!("DELETE FROM {table} WHERE {column} IN (SELECT pruned_id FROM {rows})");
            execute(&tx.connection, &text, values![to_json(&pruned)?]).await?;
        }
        self.commit(tx).await?;
        Ok(u64::try_from(pruned.len()).unwrap_or(0))
    }

    /// Forgets processes that have been silent for long.
    pub async fn prune_processes(&self, now: Timestamp) -> Result<u64, StoreError> {
        execute(
            self.database().write(),
            "DELETE FROM worker_processes WHERE last_beat_at < $1
                AND NOT EXISTS (SELECT 1 FROM jobs WHERE state = 'running' AND owner = worker_processes.id)",
            values![(now - PROCESSES_KEPT).as_micros()],
        )
        .await
    }
}
