//! Puts dead letters back that died of something that may have passed. One process at a time does it, by a leased row.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use domain::job::StoreError;
use tokio_util::sync::CancellationToken;

use crate::runner::Runner;

const SERVICE: &str = "retrier";
/// Jobs put back in one transaction.
const BATCH: usize = 100;
/// How often it looks; a quarter of an hour is the shortest wait of a dead letter.
const EVERY: Duration = Duration::from_secs(30);

/// The retrier of one worker process.
pub struct Retrier<Tx: ?Sized> {
    runner: Arc<Runner<Tx>>,
}

impl<Tx: ?Sized + Send + 'static> Retrier<Tx> {
    pub(crate) const fn new(runner: Arc<Runner<Tx>>) -> Self {
        Self { runner }
    }

    /// Looks once and returns how many dead letters it put back; nothing while another process is the retrier.
    pub async fn tick(&self) -> Result<u64, StoreError> {
        let Runner { store, ports, .. } = &*self.runner;
        let now = ports.clock.now();
        // Twice the pause, so that the leader keeps it; two leaders would do no harm.
        let leads = store
            .acquire_service_lease(SERVICE, ports.process.id, now, EVERY * 2)
            .await?;
        if !leads {
            return Ok(0);
        }
        let retried = store.retry_dead_letters(now, BATCH).await?;
        if retried > 0 {
            tracing::info!(jobs = retried, "dead letters are tried again");
        }
        Ok(retried)
    }

    pub(crate) async fn run(self, shutdown: CancellationToken) {
        while shutdown
            .run_until_cancelled(tokio::time::sleep(EVERY))
            .await
            .is_some()
        {
            if let Err(error) = self.tick().await {
                tracing::debug!(error = &error as &dyn Error, "the retrier could not look");
            }
        }
    }
}
