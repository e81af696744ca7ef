//! Has answers judged by a model that none could judge before.

use std::time::Duration;

use domain::attempts::RescoreDeferred as Rescore;
use domain::job::{JobKind, StoreError};
use domain::scoring::jobs::RESCORE_DEFERRED;
use jobs::{Claim, Handler, JobError, Rhythm, Schedule, Work, WorkContext};
use storage::JobTx;

use super::job_ctx;
use crate::runtime::AppState;

/// Often, so that little time passes between a provider's return and the first verdict.
pub(super) const SCHEDULE: Schedule = Schedule {
    name: "rescore_deferred",
    rhythm: Rhythm::Every(Duration::from_secs(10)),
    kind: RESCORE_DEFERRED,
    max_attempts: 5,
};

/// Answers that are given jobs at once while all is well.
const BATCH: u32 = 500;

pub(super) struct RescoreDeferred {
    state: AppState,
}

impl RescoreDeferred {
    pub(super) const fn new(state: AppState) -> Self {
        Self { state }
    }
}

impl Handler<JobTx> for RescoreDeferred {
    const KIND: JobKind = RESCORE_DEFERRED;
    type Output = u32;

    async fn work(&self, _job: &Claim, _ctx: &WorkContext) -> Result<Work<u32>, JobError> {
        let (offers, now) = (self.state.llm.offers(), self.state.now());
        // One answer finds out whether a model is there again; the others would only be put off once more.
        let limit = if offers.iter().any(|offer| offer.is_well(now)) {
            BATCH
        } else {
            u32::from(!offers.is_empty())
        };
        Ok(Work::Done(limit))
    }

    async fn commit(&self, tx: &mut JobTx, job: &Claim, limit: &u32) -> Result<(), StoreError> {
        if *limit > 0 {
            let rescore = Rescore { limit: *limit };
            rescore.apply(&job_ctx(&self.state, job), tx).await?;
        }
        Ok(())
    }
}
