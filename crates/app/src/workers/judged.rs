//! What the handlers that score one answer have in common: the answer read before the work, the record written after it.

use domain::attempts::TextAnswer;
use domain::job::StoreError;
use domain::scoring::jobs::ScoreAnswerPayload;
use domain::scoring::llm::Thresholds;
use domain::scoring::{Subject, Verdict, record_verdict};
use jobs::{Claim, JobError, Work};
use storage::JobTx;

use super::job_ctx;
use crate::runtime::AppState;

/// An answer to be judged.
pub(super) struct Question {
    pub(super) subject: Subject,
    /// The answer with its item.
    pub(super) answer: TextAnswer,
}

/// A verdict to be recorded.
pub(super) struct Judged {
    subject: Subject,
    verdict: Verdict,
    thresholds: Thresholds,
}

impl Question {
    /// Reads what the job is about; none when the answer is gone.
    pub(super) async fn of(state: &AppState, job: &Claim) -> Result<Option<Self>, JobError> {
        let payload: ScoreAnswerPayload = serde_json::from_value(job.payload.clone())
            .map_err(|error| JobError::permanent("payload").because(error))?;
        let found = state
            .store
            .text_answer(payload.attempt_id, payload.item_version_id)
            .await;
        let found = found.map_err(|error| JobError::transient("database").because(error))?;
        let subject = Subject {
            attempt_id: payload.attempt_id,
            item_version_id: payload.item_version_id,
            cause: payload.cause,
            job_id: Some(job.id),
        };
        Ok(found.map(|answer| Self { subject, answer }))
    }

    /// What a handler answers when there is nothing to judge.
    pub(super) const fn gone<T>() -> Work<T> {
        Work::Discard {
            reason: "answer_gone",
        }
    }

    /// The answer judged.
    pub(super) fn judged(self, verdict: Verdict) -> Work<Judged> {
        Work::Done(Judged {
            subject: self.subject,
            verdict,
            thresholds: self.answer.thresholds,
        })
    }
}

impl Judged {
    /// Records the verdict in the transaction that completes the job.
    pub(super) async fn record(
        &self,
        state: &AppState,
        tx: &mut JobTx,
        job: &Claim,
    ) -> Result<(), StoreError> {
        let ctx = job_ctx(state, job);
        let verdict = self.verdict.clone();
        record_verdict(
            &ctx,
            tx,
            &self.subject,
            verdict,
            self.thresholds.review_below_confidence,
        )
        .await
    }
}
