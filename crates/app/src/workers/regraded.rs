//! What the handlers of regrades have in common: payloads, reads before the work, and what is proposed behind it.

use domain::ids::RegradeId;
use domain::job::StoreError;
use domain::regrades::jobs::{BatchPayload, RegradeAnswerPayload};
use domain::regrades::{FailPreview, Proposal, RecordJudgement, RegradedQuestion};
use jobs::{Claim, JobError, Work};
use serde::de::DeserializeOwned;
use storage::JobTx;

use super::job_ctx;
use crate::runtime::AppState;

pub(super) fn payload<T: DeserializeOwned>(job: &Claim) -> Result<T, JobError> {
    serde_json::from_value(job.payload.clone()).map_err(|error| JobError::permanent("payload").because(error))
}

/// A failed read is tried again.
pub(super) fn read<T>(found: Result<T, StoreError>) -> Result<T, JobError> {
    found.map_err(|error| JobError::transient("database").because(error))
}

/// The regrade of a job that is dead; a payload that cannot be read names none.
pub(super) fn regrade_of(job: &Claim) -> Option<RegradeId> {
    let payload: BatchPayload = serde_json::from_value(job.payload.clone()).ok()?;
    Some(payload.regrade_id)
}

/// Ends a preview that cannot be ended well.
pub(super) async fn fail_preview(state: &AppState, tx: &mut JobTx, job: &Claim) -> Result<(), StoreError> {
    match regrade_of(job) {
        Some(regrade_id) => FailPreview { regrade_id }.apply(&job_ctx(state, job), tx).await,
        None => Ok(()),
    }
}

/// An answer to be judged again.
pub(super) struct Regraded {
    pub(super) names: RegradeAnswerPayload,
    pub(super) question: RegradedQuestion,
}

impl Regraded {
    /// Reads what the job is about; none when nobody waits for it any more.
    pub(super) async fn of(state: &AppState, job: &Claim) -> Result<Option<Self>, JobError> {
        let names: RegradeAnswerPayload = payload(job)?;
        let found = state
            .store
            .regraded_question(names.regrade_id, names.attempt_id, names.item_version_id)
            .await;
        Ok(read(found)?.map(|question| Self { names, question }))
    }

    /// What a handler answers when there is nothing to judge.
    pub(super) const fn gone<T>() -> Work<T> {
        Work::Discard {
            reason: "answer_gone",
        }
    }

    /// What is proposed; none is that no scorer could judge.
    pub(super) fn judged(self, proposal: Option<Proposal>) -> Work<RecordJudgement> {
        Work::Done(RecordJudgement {
            answer: self.names,
            policy: self.question.policy,
            proposal,
        })
    }
}
