//! Gives attempts that nobody scores their jobs back, or their end.

use std::time::Duration;

use domain::attempts::jobs::RECONCILE;
use domain::attempts::{Reconcile, Reconciled};
use domain::job::{JobKind, StoreError};
use jobs::{Claim, Handler, JobError, Rhythm, Schedule, Work, WorkContext};
use storage::JobTx;

use super::job_ctx;
use crate::runtime::AppState;

/// Every minute. A full batch is followed by the next one a minute later: nothing stalls by the thousand.
pub(super) const SCHEDULE: Schedule = Schedule {
    name: "reconcile_attempts",
    rhythm: Rhythm::Every(Duration::from_mins(1)),
    kind: RECONCILE,
    max_attempts: 5,
};

pub(super) struct ReconcileAttempts {
    state: AppState,
}

impl ReconcileAttempts {
    pub(super) const fn new(state: AppState) -> Self {
        Self { state }
    }
}

impl Handler<JobTx> for ReconcileAttempts {
    const KIND: JobKind = RECONCILE;
    type Output = ();

    async fn work(&self, _job: &Claim, _ctx: &WorkContext) -> Result<Work<()>, JobError> {
        Ok(Work::Done(()))
    }

    async fn commit(&self, tx: &mut JobTx, job: &Claim, (): &()) -> Result<(), StoreError> {
        let reconcile = Reconcile { job_id: job.id };
        let reconciled = reconcile.apply(&job_ctx(&self.state, job), tx).await?;
        if reconciled != Reconciled::default() {
            let Reconciled {
                resumed,
                given_up,
                unreadable,
            } = reconciled;
            tracing::warn!(
                resumed,
                given_up,
                unreadable,
                "attempts waited for a scoring without jobs"
            );
        }
        Ok(())
    }
}
