//! The heartbeat's side: a connection of its own, opened on the heartbeat's thread.

use ::jobs::{BeatConnector, BeatStore, Claim, Pulse};
use async_trait::async_trait;
use domain::job::{Fence, JobId, StoreError, Timestamp};
use serde::Serialize;
use uuid::Uuid;

use crate::database::{Backend, Database};
use crate::dialect::{self, Column, rows_of_json};
use crate::sql::{Row, execute, fetch_all, to_json, values};
use crate::store::{Store, retrying};

/// Opens heartbeat connections to the same database.
pub struct SqlBeatConnector {
    database: Database,
}

impl SqlBeatConnector {
    /// Takes the options, not the connections, of `database`.
    pub const fn new(database: Database) -> Self {
        Self { database }
    }
}

#[async_trait]
impl BeatConnector for SqlBeatConnector {
    async fn connect(&self) -> Result<Box<dyn BeatStore>, StoreError> {
        let database = self.database.reconnect(1).await;
        Ok(Box::new(SqlBeat {
            database: database.map_err(|error| StoreError::Unavailable(Box::new(error)))?,
        }))
    }
}

struct SqlBeat {
    database: Database,
}

#[async_trait]
impl BeatStore for SqlBeat {
    /// A conflict costs a moment; to wait for the next beat might cost the lease.
    async fn beat(&mut self, pulse: &Pulse<'_>) -> Result<Vec<(JobId, Fence)>, StoreError> {
        let beating = &*self;
        retrying(|| beating.once(pulse)).await
    }
}

impl SqlBeat {
    async fn once(&self, pulse: &Pulse<'_>) -> Result<Vec<(JobId, Fence)>, StoreError> {
        let Pulse {
            owner,
            now,
            lease,
            held,
            stuck,
        } = *pulse;
        let connection = self.database.write();
        execute(
            connection,
            "UPDATE worker_processes SET last_beat_at = $2, stuck_handlers = $3 WHERE id = $1",
            values![owner, now.as_micros(), i32::try_from(stuck).unwrap_or(i32::MAX)],
        )
        .await?;
        if held.is_empty() {
            return Ok(Vec::new());
        }
        let rows: Vec<_> = held.iter().map(|(id, _)| HeldRow { held_id: id.0 }).collect();
        let ids = to_json(&rows)?;
        let text = renewal(self.database.backend());
        let renewed = fetch_all(
            connection,
            &text,
            values![ids.clone(), owner, (now + lease).as_micros()],
        )
        .await?;
        if renewed.len() == held.len() {
            return keys(&renewed);
        }
        let text = format!("SELECT id, fence FROM {}", still_held(self.database.backend()));
        keys(&fetch_all(connection, &text, values![ids, owner]).await?)
    }
}

/// One claim, by a statement of its own that waits for a lock as long as any.
pub(super) async fn renew(store: &Store, claim: &Claim, until: Timestamp) -> Result<bool, StoreError> {
    let renewed = execute(
        store.database().write(),
        "UPDATE jobs SET lease_until = $3 WHERE id = $1 AND fence = $2 AND (state || '') = 'running'",
        values![claim.id.0, claim.fence.0, until.as_micros()],
    )
    .await?;
    Ok(renewed == 1)
}

#[derive(Serialize)]
struct HeldRow {
    held_id: Uuid,
}

/// Rows that a finish of this process has locked are passed over: the beat never waits for one, and two that lock many
/// rows in different orders would wait for each other. Such a claim is still the process's own, so it is confirmed.
fn renewal(backend: Backend) -> String {
    format!(
        "WITH renewed AS MATERIALIZED (SELECT id AS renewed_id FROM {}{})
        UPDATE jobs SET lease_until = $3 FROM renewed
        WHERE id = renewed_id AND owner = $2 AND state = 'running' RETURNING id, fence",
        still_held(backend),
        dialect::skip_locked_of(backend, "jobs"),
    )
}

fn still_held(backend: Backend) -> String {
    format!(
        "{} JOIN jobs ON id = held_id WHERE owner = $2 AND state = 'running'",
        rows_of_json(backend, &[("held_id", Column::Uuid)])
    )
}

fn keys(rows: &[Row]) -> Result<Vec<(JobId, Fence)>, StoreError> {
    rows.iter()
        .map(|row| Ok((JobId(row.get("id")?), Fence(row.get("fence")?))))
        .collect()
}
