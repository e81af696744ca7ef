//! Says what would become of attempts once every answer is judged again, a batch at a time, and ends the preview.

use domain::attempts::Viewer;
use domain::job::{JobKind, StoreError};
use domain::regrades::jobs::{BatchPayload, END_PREVIEW};
use domain::regrades::{EndPreview, PREVIEW_BATCH, standing};
use jobs::{Claim, Handler, JobError, Work, WorkContext};
use storage::JobTx;

use super::job_ctx;
use super::regraded::{fail_preview, payload, read};
use crate::runtime::AppState;

pub(super) struct EndRegradePreview {
    state: AppState,
}

impl EndRegradePreview {
    pub(super) const fn new(state: AppState) -> Self {
        Self { state }
    }
}

impl Handler<JobTx> for EndRegradePreview {
    const KIND: JobKind = END_PREVIEW;
    type Output = EndPreview;

    async fn work(&self, job: &Claim, _ctx: &WorkContext) -> Result<Work<EndPreview>, JobError> {
        let names: BatchPayload = payload(job)?;
        let store = &self.state.store;
        let attempts = store.proposed_points(names.regrade_id, names.after, PREVIEW_BATCH);
        let attempts = read(attempts.await)?;
        let is_full = attempts.len() == PREVIEW_BATCH as usize;
        let next = attempts.last().map(|(attempt, _)| *attempt);
        let mut standings = Vec::new();
        for (attempt, changed) in &attempts {
            if let Some(result) = read(store.attempt_result(*attempt, Viewer::Admin).await)? {
                standings.push(standing(&result, changed));
            }
        }
        Ok(Work::Done(EndPreview {
            regrade_id: names.regrade_id,
            standings,
            next: next.filter(|_| is_full),
        }))
    }

    async fn commit(&self, tx: &mut JobTx, job: &Claim, end: &EndPreview) -> Result<(), StoreError> {
        end.apply(&job_ctx(&self.state, job), tx).await
    }

    async fn dead(&self, tx: &mut JobTx, job: &Claim) -> Result<(), StoreError> {
        fail_preview(&self.state, tx, job).await
    }
}
