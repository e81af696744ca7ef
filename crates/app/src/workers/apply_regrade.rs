//! Makes a batch of the changes of a regrade.

use domain::ids::RegradeId;
use domain::job::{JobKind, StoreError};
use domain::regrades::jobs::{APPLY, BatchPayload};
use domain::regrades::{ApplyChanges, StopApplying};
use jobs::{Claim, Handler, JobError, Work, WorkContext};
use storage::JobTx;

use super::job_ctx;
use super::regraded::{payload, regrade_of};
use crate::failpoint;
use crate::runtime::AppState;

pub(super) struct ApplyRegrade {
    state: AppState,
}

impl ApplyRegrade {
    pub(super) const fn new(state: AppState) -> Self {
        Self { state }
    }
}

impl Handler<JobTx> for ApplyRegrade {
    const KIND: JobKind = APPLY;
    type Output = RegradeId;

    async fn work(&self, job: &Claim, _ctx: &WorkContext) -> Result<Work<RegradeId>, JobError> {
        let names: BatchPayload = payload(job)?;
        failpoint::reach("apply_regrade.work").await;
        Ok(Work::Done(names.regrade_id))
    }

    async fn commit(&self, tx: &mut JobTx, job: &Claim, regrade: &RegradeId) -> Result<(), StoreError> {
        let changes = ApplyChanges {
            regrade_id: *regrade,
            job_id: job.id,
        };
        changes.apply(&job_ctx(&self.state, job), tx).await
    }

    async fn dead(&self, tx: &mut JobTx, job: &Claim) -> Result<(), StoreError> {
        match regrade_of(job) {
            Some(regrade_id) => {
                let stop = StopApplying { regrade_id };
                stop.apply(&job_ctx(&self.state, job), tx).await
            }
            None => Ok(()),
        }
    }
}
