//! Worker processes and the leases of services that only one of them runs.

use std::time::Duration;

use ::jobs::Process;
use domain::job::{StoreError, Timestamp};
use uuid::Uuid;

use crate::sql::{execute, values};
use crate::store::Store;

pub(super) async fn register(store: &Store, process: &Process, now: Timestamp) -> Result<(), StoreError> {
    execute(
        store.database().write(),
        "INSERT INTO worker_processes (id, host, started_at, last_beat_at) VALUES ($1, $2, $3, $3)
        ON CONFLICT (id) DO UPDATE SET last_beat_at = excluded.last_beat_at, stopped_at = NULL",
        values![process.id, process.host.clone(), now.as_micros()],
    )
    .await?;
    Ok(())
}

pub(super) async fn stop(store: &Store, process: Uuid, now: Timestamp) -> Result<(), StoreError> {
    execute(
        store.database().write(),
        "UPDATE worker_processes SET stopped_at = $2 WHERE id = $1 AND stopped_at IS NULL",
        values![process, now.as_micros()],
    )
    .await?;
    Ok(())
}

pub(super) async fn acquire_lease(
    store: &Store,
    name: &str,
    holder: Uuid,
    now: Timestamp,
    ttl: Duration,
) -> Result<bool, StoreError> {
    let changed = execute(
        store.database().write(),
        "INSERT INTO service_leases (name, holder, lease_until) VALUES ($1, $2, $3)
        ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, lease_until = excluded.lease_until
        WHERE service_leases.holder = excluded.holder OR service_leases.lease_until < $4",
        values![name, holder, (now + ttl).as_micros(), now.as_micros()],
    )
    .await?;
    Ok(changed == 1)
}
