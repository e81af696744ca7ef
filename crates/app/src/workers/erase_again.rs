//! Erases what requests have written that were under way when their account was erased.

use domain::job::{JobKind, StoreError};
use domain::privacy::EraseAgain;
use domain::privacy::jobs::{ERASE_AGAIN, EraseAgainPayload};
use jobs::{Claim, Handler, JobError, Work, WorkContext};
use storage::JobTx;

use super::job_ctx;
use crate::runtime::AppState;

pub(super) struct EraseOnceMore {
    state: AppState,
}

impl EraseOnceMore {
    pub(super) const fn new(state: AppState) -> Self {
        Self { state }
    }
}

impl Handler<JobTx> for EraseOnceMore {
    const KIND: JobKind = ERASE_AGAIN;
    type Output = EraseAgainPayload;

    async fn work(&self, job: &Claim, _ctx: &WorkContext) -> Result<Work<EraseAgainPayload>, JobError> {
        let payload = serde_json::from_value(job.payload.clone());
        payload
            .map(Work::Done)
            .map_err(|error| JobError::permanent("payload").because(error))
    }

    async fn commit(
        &self,
        tx: &mut JobTx,
        job: &Claim,
        payload: &EraseAgainPayload,
    ) -> Result<(), StoreError> {
        let again = EraseAgain {
            user_id: payload.user_id,
            address: payload.address.clone(),
        };
        again.apply(&job_ctx(&self.state, job), tx).await?;
        Ok(())
    }
}
