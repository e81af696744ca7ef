//! Judges one text answer: by the local scorer, the way people graded other answers to its question, and by a language model
//! where one is configured.

use std::sync::Arc;
use std::time::Duration;

use domain::attempts::{RecordText, is_rescore};
use domain::ids::ItemVersionId;
use domain::job::{JobKind, StoreError};
use domain::scoring::calibration::{GradedAnswer, calibrated, name_of};
use domain::scoring::jobs::{SCORE_TEXT, ScoreAnswerPayload};
use domain::scoring::local::{TextScorer, score_text};
use domain::scoring::{Deferral, DeferralReason, Verdict};
use jobs::{Claim, Handler, JobError, Work, WorkContext};
use moka::sync::Cache;
use storage::JobTx;

use super::job_ctx;
use super::judged::Question;
use crate::failpoint;
use crate::llm::{judge_text, rest_of};
use crate::local_scorer::local_scorer;
use crate::runtime::AppState;

/// Questions whose calibration is kept; learning one judges up to 200 answers.
const CALIBRATIONS_KEPT: u64 = 500;
/// A rescore that died is tried again after so long.
const AFTER_DEATH: Duration = Duration::from_mins(15);

pub(super) struct ScoreText {
    state: AppState,
    scorers: Scorers,
}

/// The scorer of the process, and what it learnt about questions with graded answers.
#[derive(Clone)]
struct Scorers {
    plain: Arc<dyn TextScorer>,
    calibrated: Cache<(ItemVersionId, String), Arc<dyn TextScorer>>,
}

impl ScoreText {
    pub(super) fn new(state: AppState) -> Self {
        let scorers = Scorers {
            plain: local_scorer(state.sentence_model.clone()),
            calibrated: Cache::new(CALIBRATIONS_KEPT),
        };
        Self { state, scorers }
    }

    /// The local verdict, on a thread of its own.
    async fn by_the_local_scorer(
        &self,
        question: Arc<Question>,
        exemplars: Vec<GradedAnswer>,
    ) -> Result<Verdict, JobError> {
        let scorers = self.scorers.clone();
        let asks_models = !self.state.llm.offers().is_empty();
        let judged = tokio::task::spawn_blocking(move || {
            let scorer = scorers.of(&question, &exemplars);
            let content = &question.answer.item.content;
            let rest = asks_models.then(|| rest_of(&question.answer)).flatten();
            let answer = rest.as_ref().or(Some(&question.answer.answer));
            score_text(
                scorer.as_ref(),
                &content.stem,
                &content.body,
                content.marks,
                answer,
            )
        });
        // What a panic says may quote the answer, so only the fact is kept.
        judged.await.map_err(|_| JobError::transient("panicked"))
    }
}

impl Scorers {
    /// The scorer for a question; the same graded answers give the same one.
    fn of(&self, question: &Question, exemplars: &[GradedAnswer]) -> Arc<dyn TextScorer> {
        if exemplars.is_empty() {
            return Arc::clone(&self.plain);
        }
        let item = &question.answer.item;
        let learn = || calibrated(Arc::clone(&self.plain), &item.content, exemplars);
        let key = (item.item_version_id, name_of(exemplars));
        self.calibrated.get_with(key, learn)
    }
}

impl Handler<JobTx> for ScoreText {
    const KIND: JobKind = SCORE_TEXT;
    type Output = RecordText;

    async fn work(&self, job: &Claim, _ctx: &WorkContext) -> Result<Work<RecordText>, JobError> {
        failpoint::reach("score_text.work").await;
        let Some(question) = Question::of(&self.state, job).await? else {
            return Ok(Question::gone());
        };
        let exemplars = question.exemplars(&self.state).await?;
        let question = Arc::new(question);
        let local = self.by_the_local_scorer(Arc::clone(&question), exemplars).await?;
        let Question { subject, answer } = &*question;
        let (models, local) = judge_text(&self.state.llm, subject, answer, local, job.run_at).await?;
        failpoint::reach("score_text.judged").await;
        Ok(Work::Done(RecordText {
            subject: question.subject.clone(),
            local,
            models,
            thresholds: question.answer.thresholds,
        }))
    }

    async fn commit(&self, tx: &mut JobTx, job: &Claim, judged: &RecordText) -> Result<(), StoreError> {
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
