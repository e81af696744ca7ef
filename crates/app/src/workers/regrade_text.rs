//! Judges one text again: by the local scorer, and by a language model where one is configured.

use std::sync::Arc;
use std::time::Duration;

use domain::attempts::Models;
use domain::job::{JobKind, StoreError};
use domain::regrades::jobs::REGRADE_TEXT;
use domain::regrades::{RecordJudgement, Regrade, of_text};
use domain::scoring::{DeferralReason, Subject};
use domain::time::Timestamp;
use jobs::{Claim, Handler, JobError, Work, WorkContext};
use storage::JobTx;

use super::local_verdicts::LocalVerdicts;
use super::regraded::Regraded;
use crate::failpoint;
use crate::llm::judge_text;
use crate::runtime::AppState;

pub(super) struct RegradeText {
    state: AppState,
    local: LocalVerdicts,
}

impl RegradeText {
    pub(super) const fn new(state: AppState, local: LocalVerdicts) -> Self {
        Self { state, local }
    }
}

impl Handler<JobTx> for RegradeText {
    const KIND: JobKind = REGRADE_TEXT;
    type Output = RecordJudgement;

    async fn work(&self, job: &Claim, _ctx: &WorkContext) -> Result<Work<RecordJudgement>, JobError> {
        let Some(regraded) = Regraded::of(&self.state, job).await? else {
            return Ok(Regraded::gone());
        };
        let answer = Arc::new(regraded.question.answer.clone());
        let local = self.local.on(&self.state, &answer).await?;
        let subject = Subject {
            attempt_id: regraded.names.attempt_id,
            item_version_id: regraded.names.item_version_id,
            cause: Regrade::cause(regraded.names.regrade_id),
            job_id: Some(job.id),
        };
        let (models, local) = judge_text(&self.state.llm, &subject, &answer, local, job.run_at).await?;
        if let Some(later) = asked_later(job, &models, self.state.now()) {
            return Err(later);
        }
        failpoint::reach("regrade_text.judged").await;
        let proposal = of_text(local, models, &answer.thresholds);
        Ok(regraded.judged(proposal))
    }

    async fn commit(&self, tx: &mut JobTx, _job: &Claim, judged: &RecordJudgement) -> Result<(), StoreError> {
        judged.apply(tx).await
    }
}

/// A preview has time: a model whose turn it is not is waited for, and one that does not answer is asked again as often as a job
/// is tried. Without money nobody is.
fn asked_later(job: &Claim, models: &Models, now: Timestamp) -> Option<JobError> {
    let Models::Missing { reason, not_before } = models else {
        return None;
    };
    match reason {
        DeferralReason::Quota => {
            let after = not_before.map_or(Duration::ZERO, |until| until.since(now));
            Some(JobError::rate_limited("quota", after))
        }
        DeferralReason::LlmUnavailable if job.attempt < job.max_attempts => {
            Some(JobError::transient("llm_unavailable"))
        }
        DeferralReason::LlmUnavailable | DeferralReason::Budget => None,
    }
}
