//! The heartbeat's side: a connection of its own, opened on the heartbeat's thread.

use std::time::Duration;

use ::jobs::{BeatConnector, BeatStore};
use async_trait::async_trait;
use domain::job::{Fence, JobId, StoreError, Timestamp};
use uuid::Uuid;

use crate::database::Database;
use crate::sql::{execute, fetch_all, values};

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
    async fn beat(
        &mut self,
        owner: Uuid,
        now: Timestamp,
        lease: Duration,
        held: &[(JobId, Fence)],
    ) -> Result<Vec<(JobId, Fence)>, StoreError> {
        let connection = self.database.write();
        execute(
            connection,
            "UPDATE worker_processes SET last_beat_at = $2 WHERE id = $1",
            values![owner, now.as_micros()],
        )
        .await?;
        if held.is_empty() {
            return Ok(Vec::new());
        }
        let numbers: Vec<_> = (3..held.len() + 3).map(|number| format!("${number}")).collect();
        let text = format!(
            "UPDATE jobs SET lease_until = $2 WHERE owner = $1 AND state = 'running' AND id IN ({})
            RETURNING id, fence",
            numbers.join(", ")
        );
        let mut bound = values![owner, (now + lease).as_micros()];
        bound.extend(held.iter().map(|(id, _)| id.0.into()));
        let rows = fetch_all(connection, &text, bound).await?;
        rows.iter()
            .map(|row| Ok((JobId(row.get("id")?), Fence(row.get("fence")?))))
            .collect()
    }
}
