//! Judges one text answer: by the local scorer, the way people graded other answers to its question, and by a language model
//! where one is configured.

use std::sync::Arc;
use std::time::Duration;

use domain::attempts::{RecordAnswer, is_rescore};
use domain::job::{JobKind, StoreError};
use domain::scoring::jobs::{SCORE_TEXT, ScoreAnswerPayload};
use domain::scoring::{Deferral, DeferralReason};
use jobs::{Claim, Handler, JobError, Work, WorkContext};
use storage::JobTx;

use super::job_ctx;
use super::judged::Question;
use super::local_verdicts::LocalVerdicts;
use crate::failpoint;
use crate::llm::judge_text;
use crate::runtime::AppState;

/// A rescore that died is tried again after so long.
const AFTER_DEATH: Duration = Duration::from_mins(15);

pub(super) struct ScoreText {
    state: AppState,
    local: LocalVerdicts,
}

impl ScoreText {
    pub(super) const fn new(state: AppState, local: LocalVerdicts) -> Self {
        Self { state, local }
    }
}

impl Handler<JobTx> for ScoreText {
    const KIND: JobKind = SCORE_TEXT;
    type Output = RecordAnswer;

    async fn work(&self, job: &Claim, _ctx: &WorkContext) -> Result<Work<RecordAnswer>, JobError> {
        failpoint::reach("score_text.work").await;
        let Some(question) = Question::of(&self.state, job).await? else {
            return Ok(Question::gone());
        };
        let Question { subject, answer } = question;
        let answer = Arc::new(answer);
        let local = self.local.on(&self.state, &answer).await?;
        let (models, local) = judge_text(&self.state.llm, &subject, &answer, local, job.run_at).await?;
        failpoint::reach("score_text.judged").await;
        Ok(Question::judged(subject, &answer, local, models))
    }

    async fn commit(&self, tx: &mut JobTx, job: &Claim, judged: &RecordAnswer) -> Result<(), StoreError> {
        judged.apply(&job_ctx(&self.state, job), tx).await
    }

    /// What was left to be judged is left again.
    async fn dead(&self, tx: &mut JobTx, job: &Claim) -> Result<(), StoreError> {
        let Ok(payload) = serde_json::from_value::<ScoreAnswerPayload>(job.payload.clone()) else {
            return Ok(());
        };
        if !is_rescore(&payload.cause) {
            return Ok(());
        }
        let now = self.state.now();
        let deferral = Deferral {
            attempt_id: payload.attempt_id,
            item_version_id: payload.item_version_id,
            reason: DeferralReason::LlmUnavailable,
            not_before: Some(now + AFTER_DEATH),
        };
        tx.scoring().defer(&deferral, now).await
    }
}
