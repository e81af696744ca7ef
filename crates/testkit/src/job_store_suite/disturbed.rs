//! The real store, but for the calls that the test fails.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::job::{Claim, JobId, StoreError, Timestamp};
use jobs::{ClaimRequest, Effect, Expired, Finish, Finished, FoundById, JobStore, Process, Schedule};
use storage::{JobTx, Store};
use uuid::Uuid;

/// What a test may fail.
pub(super) enum Call<'call> {
    Claim {
        suspect: bool,
    },
    Finish {
        claim: &'call Claim,
        finish: &'call Finish,
        with_effect: bool,
    },
    Renew,
    Expired {
        since: Option<Timestamp>,
    },
    ReleaseParents,
}

type Disturbance = dyn Fn(&Call<'_>) -> Result<(), StoreError> + Send + Sync;

pub(super) struct Disturbed {
    store: Store,
    disturbance: Box<Disturbance>,
}

impl Disturbed {
    pub(super) fn new(
        store: &Store,
        disturbance: impl Fn(&Call<'_>) -> Result<(), StoreError> + Send + Sync + 'static,
    ) -> Arc<Self> {
        Arc::new(Self {
            store: store.clone(),
            disturbance: Box::new(disturbance),
        })
    }

    fn ending(&self, claim: &Claim, finish: &Finish, with_effect: bool) -> Result<(), StoreError> {
        (self.disturbance)(&Call::Finish {
            claim,
            finish,
            with_effect,
        })
    }
}

#[async_trait]
impl JobStore<JobTx> for Disturbed {
    async fn claim(&self, request: &ClaimRequest) -> Result<Vec<Claim>, StoreError> {
        (self.disturbance)(&Call::Claim {
            suspect: request.suspect,
        })?;
        self.store.claim(request).await
    }

    async fn claim_by_id(&self, request: &ClaimRequest, ids: &[JobId]) -> Result<FoundById, StoreError> {
        self.store.claim_by_id(request, ids).await
    }

    async fn finish(
        &self,
        claim: &Claim,
        finish: &Finish,
        effect: Option<&dyn Effect<JobTx>>,
    ) -> Result<Finished, StoreError> {
        self.ending(claim, finish, effect.is_some())?;
        self.store.finish(claim, finish, effect).await
    }

    async fn finish_many(&self, endings: &[(Arc<Claim>, Finish)]) -> Result<Vec<Finished>, StoreError> {
        for (claim, finish) in endings {
            self.ending(claim, finish, false)?;
        }
        self.store.finish_many(endings).await
    }

    async fn renew(&self, claim: &Claim, until: Timestamp) -> Result<bool, StoreError> {
        (self.disturbance)(&Call::Renew)?;
        self.store.renew(claim, until).await
    }

    async fn expired(
        &self,
        since: Option<Timestamp>,
        now: Timestamp,
        lease: Duration,
        limit: usize,
    ) -> Result<Vec<Expired>, StoreError> {
        (self.disturbance)(&Call::Expired { since })?;
        self.store.expired(since, now, lease, limit).await
    }

    async fn release_parents(&self) -> Result<u64, StoreError> {
        (self.disturbance)(&Call::ReleaseParents)?;
        self.store.release_parents().await
    }

    async fn retry_dead_letters(&self, now: Timestamp, limit: usize) -> Result<u64, StoreError> {
        self.store.retry_dead_letters(now, limit).await
    }

    async fn register_process(&self, process: &Process, now: Timestamp) -> Result<(), StoreError> {
        self.store.register_process(process, now).await
    }

    async fn stop_process(&self, process: Uuid, now: Timestamp) -> Result<(), StoreError> {
        self.store.stop_process(process, now).await
    }

    async fn acquire_service_lease(
        &self,
        name: &str,
        holder: Uuid,
        now: Timestamp,
        ttl: Duration,
    ) -> Result<bool, StoreError> {
        self.store.acquire_service_lease(name, holder, now, ttl).await
    }

    async fn tick(&self, schedule: &Schedule, now: Timestamp) -> Result<Option<JobId>, StoreError> {
        self.store.tick(schedule, now).await
    }

    async fn correct_schedule(&self, schedule: &Schedule, now: Timestamp) -> Result<bool, StoreError> {
        self.store.correct_schedule(schedule, now).await
    }
}
