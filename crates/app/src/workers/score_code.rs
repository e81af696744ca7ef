//! Has one program run and scores what came of it.

use domain::job::{JobKind, StoreError};
use domain::scoring::coding::judge;
use domain::scoring::jobs::{SCORE_CODE, ScoreCodePayload};
use domain::scoring::{Subject, Verdict, record_verdict};
use jobs::{Claim, Handler, JobError, Work, WorkContext};
use storage::JobTx;

use super::job_ctx;
use crate::runtime::AppState;

pub(super) struct ScoreCode {
    state: AppState,
}

pub(super) struct Judged {
    subject: Subject,
    verdict: Verdict,
    review_below_confidence: f64,
}

impl ScoreCode {
    pub(super) const fn new(state: AppState) -> Self {
        Self { state }
    }
}

impl Handler<JobTx> for ScoreCode {
    const KIND: JobKind = SCORE_CODE;
    type Output = Judged;

    async fn work(&self, job: &Claim, _ctx: &WorkContext) -> Result<Work<Judged>, JobError> {
        let payload: ScoreCodePayload = serde_json::from_value(job.payload.clone())
            .map_err(|error| JobError::permanent("payload").because(error))?;
        let found = self
            .state
            .store
            .text_answer(payload.attempt_id, payload.item_version_id)
            .await;
        let found = found.map_err(|error| JobError::transient("database").because(error))?;
        let Some(program) = found else {
            return Ok(Work::Discard {
                reason: "answer_gone",
            });
        };
        let content = &program.item.content;
        let verdict = judge(
            &*self.state.code_runner,
            &content.body,
            content.marks,
            Some(&program.answer),
        )
        .await
        .map_err(|after| JobError::rate_limited("runner_busy", after))?;
        let subject = Subject {
            attempt_id: payload.attempt_id,
            item_version_id: payload.item_version_id,
            cause: payload.cause,
            job_id: Some(job.id),
        };
        Ok(Work::Done(Judged {
            subject,
            verdict,
            review_below_confidence: program.review_below_confidence,
        }))
    }

    async fn commit(&self, tx: &mut JobTx, job: &Claim, judged: &Judged) -> Result<(), StoreError> {
        let ctx = job_ctx(&self.state, job);
        record_verdict(
            &ctx,
            tx,
            &judged.subject,
            judged.verdict.clone(),
            judged.review_below_confidence,
        )
        .await
    }
}
