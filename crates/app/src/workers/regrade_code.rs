//! Has one program run again.

use domain::job::{JobKind, StoreError};
use domain::regrades::jobs::REGRADE_CODE;
use domain::regrades::{RecordJudgement, of_program};
use domain::scoring::coding::judge;
use jobs::{Claim, Handler, JobError, Work, WorkContext};
use storage::JobTx;

use super::regraded::Regraded;
use crate::runtime::AppState;

pub(super) struct RegradeCode {
    state: AppState,
}

impl RegradeCode {
    pub(super) const fn new(state: AppState) -> Self {
        Self { state }
    }
}

impl Handler<JobTx> for RegradeCode {
    const KIND: JobKind = REGRADE_CODE;
    type Output = RecordJudgement;

    async fn work(&self, job: &Claim, _ctx: &WorkContext) -> Result<Work<RecordJudgement>, JobError> {
        let Some(regraded) = Regraded::of(&self.state, job).await? else {
            return Ok(Regraded::gone());
        };
        let content = &regraded.question.answer.item.content;
        let answer = Some(&regraded.question.answer.answer);
        let verdict = judge(&*self.state.code_runner, &content.body, content.marks, answer)
            .await
            .map_err(|after| JobError::rate_limited("runner_busy", after))?;
        Ok(regraded.judged(Some(of_program(verdict))))
    }

    async fn commit(&self, tx: &mut JobTx, _job: &Claim, judged: &RecordJudgement) -> Result<(), StoreError> {
        judged.apply(tx).await
    }
}
