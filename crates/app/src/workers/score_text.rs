//! Judges one text answer.

use domain::job::{JobKind, StoreError};
use domain::scoring::jobs::{SCORE_TEXT, ScoreTextPayload};
use domain::scoring::local::{LocalScorer, score_text};
use domain::scoring::{Subject, Verdict, record_verdict};
use jobs::{Claim, Handler, JobError, Work, WorkContext};
use storage::JobTx;

use super::job_ctx;
use crate::failpoint;
use crate::runtime::AppState;

pub(super) struct ScoreText {
    state: AppState,
}

pub(super) struct Judged {
    subject: Subject,
    verdict: Verdict,
    review_below_confidence: f64,
}

impl ScoreText {
    pub(super) const fn new(state: AppState) -> Self {
        Self { state }
    }
}

impl Handler<JobTx> for ScoreText {
    const KIND: JobKind = SCORE_TEXT;
    type Output = Judged;

    async fn work(&self, job: &Claim, _ctx: &WorkContext) -> Result<Work<Judged>, JobError> {
        let payload: ScoreTextPayload = serde_json::from_value(job.payload.clone())
            .map_err(|error| JobError::permanent("payload").because(error))?;
        failpoint::reach("score_text.work").await;
        let found = self
            .state
            .store
            .text_answer(payload.attempt_id, payload.item_version_id)
            .await;
        let found = found.map_err(|error| JobError::transient("database").because(error))?;
        let Some(text) = found else {
            return Ok(Work::Discard {
                reason: "answer_gone",
            });
        };
        let review_below_confidence = text.review_below_confidence;
        // What a panic says may quote the answer, so only the fact is kept.
        let verdict = tokio::task::spawn_blocking(move || {
            let content = &text.item.content;
            score_text(
                &LocalScorer,
                &content.stem,
                &content.body,
                content.marks,
                Some(&text.answer),
            )
        })
        .await
        .map_err(|_| JobError::transient("panicked"))?;
        let subject = Subject {
            attempt_id: payload.attempt_id,
            item_version_id: payload.item_version_id,
            cause: payload.cause,
            job_id: Some(job.id),
        };
        Ok(Work::Done(Judged {
            subject,
            verdict,
            review_below_confidence,
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
