//! What the handlers that score one answer have in common: the answer read before the work, what is recorded after it.

use domain::attempts::{Models, RecordAnswer, TextAnswer};
use domain::scoring::jobs::ScoreAnswerPayload;
use domain::scoring::{Subject, Verdict};
use jobs::{Claim, JobError, Work};

use crate::runtime::AppState;

/// An answer to be judged.
pub(super) struct Question {
    pub(super) subject: Subject,
    /// The answer with its item.
    pub(super) answer: TextAnswer,
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

    /// The answer judged, and that by models where one is asked.
    pub(super) fn judged(
        subject: Subject,
        answer: &TextAnswer,
        own: Verdict,
        models: Models,
    ) -> Work<RecordAnswer> {
        Work::Done(RecordAnswer {
            subject,
            own,
            models,
            thresholds: answer.thresholds,
            human_oversight: answer.human_oversight,
        })
    }
}
