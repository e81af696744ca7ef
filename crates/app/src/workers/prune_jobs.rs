//! Removes jobs that ended long ago.

use domain::job::{JobKind, StoreError};
use domain::operations::jobs::PRUNE_JOBS;
use jobs::{Claim, Handler, JobError, Rhythm, Schedule, Work, WorkContext};
use storage::{JobTx, Store};

use crate::runtime::AppState;

/// Once an hour, beside the busiest minutes.
pub(super) const SCHEDULE: Schedule = Schedule {
    name: "prune_jobs",
    rhythm: Rhythm::Cron("23 * * * *"),
    kind: PRUNE_JOBS,
    max_attempts: 3,
};

pub(super) struct PruneJobs {
    state: AppState,
}

impl PruneJobs {
    pub(super) const fn new(state: AppState) -> Self {
        Self { state }
    }
}

impl Handler<JobTx> for PruneJobs {
    const KIND: JobKind = PRUNE_JOBS;
    const COMMITS: bool = false;
    type Output = ();

    /// Batch after batch, each in a transaction of its own; what a deadline or a shut-down leaves is the next run's.
    async fn work(&self, _job: &Claim, ctx: &WorkContext) -> Result<Work<()>, JobError> {
        let failed = |error| JobError::transient("database").because(error);
        let (store, now) = (&self.state.store, self.state.now());
        store.prune_processes(now).await.map_err(failed)?;
        let mut pruned = 0;
        while !ctx.cancelled().is_cancelled() {
            let batch = store.prune_jobs(now).await.map_err(failed)?;
            pruned += batch;
            if batch < Store::PRUNE_BATCH {
                break;
            }
        }
        tracing::info!(jobs = pruned, "old jobs are removed");
        Ok(Work::Done(()))
    }

    async fn commit(&self, _tx: &mut JobTx, _job: &Claim, (): &()) -> Result<(), StoreError> {
        Ok(())
    }
}
