//! Has one program run and scores what came of it.

use domain::attempts::{Models, RecordAnswer};
use domain::job::{JobKind, StoreError};
use domain::scoring::coding::judge;
use domain::scoring::jobs::SCORE_CODE;
use jobs::{Claim, Handler, JobError, Work, WorkContext};
use storage::JobTx;

use super::job_ctx;
use super::judged::Question;
use crate::runtime::AppState;

pub(super) struct ScoreCode {
    state: AppState,
}

impl ScoreCode {
    pub(super) const fn new(state: AppState) -> Self {
        Self { state }
    }
}

impl Handler<JobTx> for ScoreCode {
    const KIND: JobKind = SCORE_CODE;
    type Output = RecordAnswer;

    async fn work(&self, job: &Claim, _ctx: &WorkContext) -> Result<Work<RecordAnswer>, JobError> {
        let Some(question) = Question::of(&self.state, job).await? else {
            return Ok(Question::gone());
        };
        let content = &question.answer.item.content;
        let answer = Some(&question.answer.answer);
        let verdict = judge(&*self.state.code_runner, &content.body, content.marks, answer)
            .await
            .map_err(|after| JobError::rate_limited("runner_busy", after))?;
        Ok(Question::judged(
            question.subject,
            &question.answer,
            verdict,
            Models::Unset,
        ))
    }

    async fn commit(&self, tx: &mut JobTx, job: &Claim, judged: &RecordAnswer) -> Result<(), StoreError> {
        judged.apply(&job_ctx(&self.state, job), tx).await
    }
}
