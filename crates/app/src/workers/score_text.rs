//! Judges one text answer, the way people graded other answers to its question.

use std::sync::Arc;

use domain::ids::ItemVersionId;
use domain::job::{JobKind, StoreError};
use domain::scoring::calibration::{GradedAnswer, calibrated, name_of};
use domain::scoring::jobs::SCORE_TEXT;
use domain::scoring::local::{TextScorer, score_text};
use jobs::{Claim, Handler, JobError, Work, WorkContext};
use moka::sync::Cache;
use storage::JobTx;

use super::judged::{Judged, Question};
use crate::failpoint;
use crate::local_scorer::local_scorer;
use crate::runtime::AppState;

/// Questions whose calibration is kept; learning one judges up to 200 answers.
const CALIBRATIONS_KEPT: u64 = 500;

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
    type Output = Judged;

    async fn work(&self, job: &Claim, _ctx: &WorkContext) -> Result<Work<Judged>, JobError> {
        failpoint::reach("score_text.work").await;
        let Some(question) = Question::of(&self.state, job).await? else {
            return Ok(Question::gone());
        };
        let exemplars = question.exemplars(&self.state).await?;
        let scorers = self.scorers.clone();
        // What a panic says may quote the answer, so only the fact is kept.
        let judged = tokio::task::spawn_blocking(move || {
            let scorer = scorers.of(&question, &exemplars);
            let content = &question.answer.item.content;
            let answer = Some(&question.answer.answer);
            let verdict = score_text(
                scorer.as_ref(),
                &content.stem,
                &content.body,
                content.marks,
                answer,
            );
            question.judged(verdict)
        });
        judged.await.map_err(|_| JobError::transient("panicked"))
    }

    async fn commit(&self, tx: &mut JobTx, job: &Claim, judged: &Judged) -> Result<(), StoreError> {
        judged.record(&self.state, tx, job).await
    }
}
