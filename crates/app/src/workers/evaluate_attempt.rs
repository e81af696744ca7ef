//! Ends the scoring of an attempt once every text is judged.

use domain::attempts::FinishEvaluation;
use domain::attempts::jobs::{EVALUATE, EvaluatePayload};
use domain::job::{JobKind, StoreError};
use jobs::{Claim, Handler, JobError, Work, WorkContext};
use storage::JobTx;

use super::job_ctx;
use crate::runtime::AppState;

pub(super) struct EvaluateAttempt {
    state: AppState,
}

impl EvaluateAttempt {
    pub(super) const fn new(state: AppState) -> Self {
        Self { state }
    }
}

impl Handler<JobTx> for EvaluateAttempt {
    const KIND: JobKind = EVALUATE;
    type Output = EvaluatePayload;

    async fn work(&self, job: &Claim, _ctx: &WorkContext) -> Result<Work<EvaluatePayload>, JobError> {
        let payload = serde_json::from_value(job.payload.clone());
        payload
            .map(Work::Done)
            .map_err(|error| JobError::permanent("payload").because(error))
    }

    async fn commit(&self, tx: &mut JobTx, job: &Claim, payload: &EvaluatePayload) -> Result<(), StoreError> {
        finish(job, payload).apply(&job_ctx(&self.state, job), tx).await
    }

    async fn dead(&self, tx: &mut JobTx, job: &Claim) -> Result<(), StoreError> {
        // A payload that cannot be read names no attempt to fail.
        let Ok(payload) = serde_json::from_value(job.payload.clone()) else {
            return Ok(());
        };
        finish(job, &payload)
            .give_up(&job_ctx(&self.state, job), tx)
            .await
    }
}

fn finish(job: &Claim, payload: &EvaluatePayload) -> FinishEvaluation {
    FinishEvaluation {
        attempt_id: payload.attempt_id,
        cause: payload.cause.clone(),
        job_id: job.id,
    }
}
