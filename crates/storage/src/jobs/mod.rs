//! The job engine's tables: `jobs`, `job_attempts`, `queue_pauses`, `schedules`, `worker_processes`, `service_leases`.
//!
//! Every change of a claimed row is guarded by its fence and `state = 'running'`; a claim passes over rows that another
//! worker is claiming. Statements are the same on both databases but for that skipping (`dialect.rs`).

mod beat;
mod claim;
mod control;
mod dispatch;
mod finish;
mod finish_rows;
mod floors;
mod look;
mod operations;
mod plenty;
mod processes;
mod prune;
mod rescue;
mod schedules;
mod sink;
mod views;

use std::sync::Arc;
use std::time::Duration;

use ::jobs::{
    Claim, ClaimRequest, Effect, Expired, Finish, Finished, FoundById, JobStore, Process, Schedule,
};
use async_trait::async_trait;
use domain::job::{Fence, JobId, Queue, StoreError, Timestamp};
use domain::store::Tx;
use uuid::Uuid;

pub use beat::SqlBeatConnector;
pub(crate) use floors::LaneFloors;
pub(crate) use plenty::Plenty;

use crate::sql::Row;
use crate::store::{Store, retrying};

/// The transaction type of job handlers: `impl Handler<JobTx> for …`.
pub type JobTx = dyn Tx;

/// The columns a [`Claim`] is made of; the table is not named because `RETURNING` on SQLite takes none.
const CLAIM_COLUMNS: &str =
    "id, kind, queue, fence, attempt, max_attempts, crash_count, payload, parent_id, subject_id, run_at";

/// Holds for jobs of queues that nobody has paused. Whatever claims has to repeat it.
const NOT_PAUSED: &str = "queue NOT IN (SELECT queue FROM queue_pauses)";

#[async_trait]
impl JobStore<JobTx> for Store {
    async fn claim(&self, request: &ClaimRequest) -> Result<Vec<Claim>, StoreError> {
        retrying(|| claim::claim(self, request)).await
    }

    async fn claim_by_id(&self, request: &ClaimRequest, ids: &[JobId]) -> Result<FoundById, StoreError> {
        dispatch::claim_by_id(self, request, ids).await
    }

    async fn finish(
        &self,
        claim: &Claim,
        finish: &Finish,
        effect: Option<&dyn Effect<JobTx>>,
    ) -> Result<Finished, StoreError> {
        retrying(|| finish::finish(self, claim, finish, effect)).await
    }

    async fn finish_many(&self, endings: &[(Arc<Claim>, Finish)]) -> Result<Vec<Finished>, StoreError> {
        retrying(|| finish::finish_many(self, endings)).await
    }

    async fn renew(&self, claim: &Claim, until: Timestamp) -> Result<bool, StoreError> {
        beat::renew(self, claim, until).await
    }

    async fn expired(
        &self,
        since: Option<Timestamp>,
        now: Timestamp,
        lease: Duration,
        limit: usize,
    ) -> Result<Vec<Expired>, StoreError> {
        rescue::expired(self, since, now, lease, limit).await
    }

    async fn release_parents(&self) -> Result<u64, StoreError> {
        rescue::release_parents(self).await
    }

    async fn retry_dead_letters(&self, now: Timestamp, limit: usize) -> Result<u64, StoreError> {
        retrying(|| control::retry_dead_letters(self, now, limit)).await
    }

    async fn register_process(&self, process: &Process, now: Timestamp) -> Result<(), StoreError> {
        processes::register(self, process, now).await
    }

    async fn stop_process(&self, process: Uuid, now: Timestamp) -> Result<(), StoreError> {
        processes::stop(self, process, now).await
    }

    async fn acquire_service_lease(
        &self,
        name: &str,
        holder: Uuid,
        now: Timestamp,
        ttl: Duration,
    ) -> Result<bool, StoreError> {
        processes::acquire_lease(self, name, holder, now, ttl).await
    }

    async fn tick(&self, schedule: &Schedule, now: Timestamp) -> Result<Option<JobId>, StoreError> {
        retrying(|| schedules::tick(self, schedule, now)).await
    }

    async fn correct_schedule(&self, schedule: &Schedule, now: Timestamp) -> Result<bool, StoreError> {
        schedules::correct(self, schedule, now).await
    }
}

fn claim_of(row: &Row) -> Result<Claim, StoreError> {
    Ok(Claim {
        id: JobId(row.get("id")?),
        kind: row.get("kind")?,
        queue: row.parse("jobs", "queue", Queue::parse)?,
        fence: Fence(row.get("fence")?),
        attempt: row.get("attempt")?,
        max_attempts: row.get("max_attempts")?,
        crash_count: row.get("crash_count")?,
        payload: row.json("jobs", "payload")?,
        parent: row.get::<Option<Uuid>>("parent_id")?.map(JobId),
        subject: row.get("subject_id")?,
        run_at: row.timestamp("run_at")?,
    })
}
