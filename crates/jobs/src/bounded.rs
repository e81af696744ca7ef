//! A store that answers in time or not at all: on a network that swallows packets a statement waits for a quarter of an hour,
//! while the heartbeat, on a connection of its own, keeps the leases.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::job::{Claim, JobId, StoreError, Timestamp};
use uuid::Uuid;

use crate::schedule::Schedule;
use crate::store::{ClaimRequest, Effect, Expired, Finish, Finished, FoundById, JobStore, Process};

/// Time that even a busy database with short leases is given.
pub(crate) const LEAST: Duration = Duration::from_secs(15);

/// Passes everything on. What is not answered in time is dropped and counts as an outage: a claim whose reply is lost expires,
/// a finish is asked for again.
pub(crate) struct Bounded<Tx: ?Sized> {
    store: Arc<dyn JobStore<Tx>>,
    limit: Duration,
}

#[derive(Debug, thiserror::Error)]
#[error("the database gave no answer within {0:?}")]
struct NoAnswer(Duration);

/// Whether only this call took too long, as far as one can tell.
pub(crate) fn took_too_long(error: &StoreError) -> bool {
    let unanswered = matches!(error, StoreError::Unavailable(source) if source.is::<NoAnswer>());
    unanswered || error.is_statement_timeout()
}

/// Whether the database itself was away, so that nobody could beat.
pub(crate) fn is_outage(error: &StoreError) -> bool {
    matches!(error, StoreError::Unavailable(_)) && !error.is_statement_timeout()
}

/// The same for one call.
pub(crate) async fn in_time<T>(
    limit: Duration,
    call: impl Future<Output = Result<T, StoreError>> + Send,
) -> Result<T, StoreError> {
    tokio::time::timeout(limit, call)
        .await
        .unwrap_or_else(|_| Err(StoreError::Unavailable(Box::new(NoAnswer(limit)))))
}

impl<Tx: ?Sized> Bounded<Tx> {
    pub(crate) fn new(store: Arc<dyn JobStore<Tx>>, lease: Duration) -> Self {
        let limit = lease.max(LEAST);
        Self { store, limit }
    }

    async fn in_time<T>(
        &self,
        call: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        in_time(self.limit, call).await
    }
}

#[async_trait]
impl<Tx: ?Sized + Send + 'static> JobStore<Tx> for Bounded<Tx> {
    async fn claim(&self, request: &ClaimRequest) -> Result<Vec<Claim>, StoreError> {
        self.in_time(self.store.claim(request)).await
    }

    async fn claim_by_id(&self, request: &ClaimRequest, ids: &[JobId]) -> Result<FoundById, StoreError> {
        self.in_time(self.store.claim_by_id(request, ids)).await
    }

    async fn finish(
        &self,
        claim: &Claim,
        finish: &Finish,
        effect: Option<&dyn Effect<Tx>>,
    ) -> Result<Finished, StoreError> {
        self.in_time(self.store.finish(claim, finish, effect)).await
    }

    async fn finish_many(&self, endings: &[(Arc<Claim>, Finish)]) -> Result<Vec<Finished>, StoreError> {
        self.in_time(self.store.finish_many(endings)).await
    }

    async fn renew(&self, claim: &Claim, until: Timestamp) -> Result<bool, StoreError> {
        self.in_time(self.store.renew(claim, until)).await
    }

    async fn expired(
        &self,
        since: Option<Timestamp>,
        now: Timestamp,
        lease: Duration,
        limit: usize,
    ) -> Result<Vec<Expired>, StoreError> {
        self.in_time(self.store.expired(since, now, lease, limit)).await
    }

    async fn release_parents(&self) -> Result<u64, StoreError> {
        self.in_time(self.store.release_parents()).await
    }

    async fn retry_dead_letters(&self, now: Timestamp, limit: usize) -> Result<u64, StoreError> {
        self.in_time(self.store.retry_dead_letters(now, limit)).await
    }

    async fn register_process(&self, process: &Process, now: Timestamp) -> Result<(), StoreError> {
        self.in_time(self.store.register_process(process, now)).await
    }

    async fn stop_process(&self, process: Uuid, now: Timestamp) -> Result<(), StoreError> {
        self.in_time(self.store.stop_process(process, now)).await
    }

    async fn acquire_service_lease(
        &self,
        name: &str,
        holder: Uuid,
        now: Timestamp,
        ttl: Duration,
    ) -> Result<bool, StoreError> {
        self.in_time(self.store.acquire_service_lease(name, holder, now, ttl))
            .await
    }

    async fn tick(&self, schedule: &Schedule, now: Timestamp) -> Result<Option<JobId>, StoreError> {
        self.in_time(self.store.tick(schedule, now)).await
    }

    async fn correct_schedule(&self, schedule: &Schedule, now: Timestamp) -> Result<bool, StoreError> {
        self.in_time(self.store.correct_schedule(schedule, now)).await
    }
}

#[cfg(test)]
mod tests {
    use domain::job::StatementTimeout;

    use super::*;

    #[tokio::test]
    async fn what_is_never_answered_is_an_outage_in_the_end() {
        let silent = std::future::pending::<Result<(), StoreError>>();
        let Err(error) = in_time(Duration::from_millis(1), silent).await else {
            panic!("it was answered");
        };
        assert!(is_outage(&error) && took_too_long(&error));
        assert_eq!(in_time(LEAST, async { Ok(7) }).await.ok(), Some(7));
    }

    #[test]
    fn a_statement_that_the_database_gave_up_is_no_outage() {
        let statement = StoreError::Unavailable(Box::new(StatementTimeout("slow".into())));
        assert!(took_too_long(&statement) && !is_outage(&statement));
        let away = StoreError::Unavailable("refused".into());
        assert!(is_outage(&away) && !took_too_long(&away));
        assert!(!is_outage(&StoreError::Conflict) && !took_too_long(&StoreError::Conflict));
    }
}
