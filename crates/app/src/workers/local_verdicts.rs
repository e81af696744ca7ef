//! The local verdict on a text, the way people graded other answers to its question.

use std::sync::Arc;

use domain::attempts::TextAnswer;
use domain::ids::ItemVersionId;
use domain::scoring::Verdict;
use domain::scoring::calibration::{GradedAnswer, calibrated, name_of};
use domain::scoring::local::{TextScorer, score_text};
use jobs::JobError;
use moka::sync::Cache;

use crate::llm::rest_of;
use crate::local_scorer::local_scorer;
use crate::runtime::AppState;

/// Questions whose calibration is kept; learning one judges up to 200 answers.
const CALIBRATIONS_KEPT: u64 = 500;

/// The scorer of the process, and what it learnt about questions with graded answers.
#[derive(Clone)]
pub(super) struct LocalVerdicts {
    plain: Arc<dyn TextScorer>,
    calibrated: Cache<(ItemVersionId, String), Arc<dyn TextScorer>>,
}

impl LocalVerdicts {
    pub(super) fn new(state: &AppState) -> Self {
        Self {
            plain: local_scorer(state.sentence_model.clone()),
            calibrated: Cache::new(CALIBRATIONS_KEPT),
        }
    }

    /// The verdict, found on a thread of its own.
    pub(super) async fn on(&self, state: &AppState, answer: &Arc<TextAnswer>) -> Result<Verdict, JobError> {
        let item = &answer.item;
        let exemplars = state.store.graded_answers(item.item_id, &item.content).await;
        let exemplars = exemplars.map_err(|error| JobError::transient("database").because(error))?;
        let (scorers, answer) = (self.clone(), Arc::clone(answer));
        let asks_models = !state.llm.offers().is_empty();
        let judged = tokio::task::spawn_blocking(move || {
            let scorer = scorers.of(&answer, &exemplars);
            let content = &answer.item.content;
            let rest = asks_models.then(|| rest_of(&answer)).flatten();
            score_text(
                scorer.as_ref(),
                &content.stem,
                &content.body,
                content.marks,
                rest.as_ref().or(Some(&answer.answer)),
            )
        });
        // What a panic says may quote the answer, so only the fact is kept.
        judged.await.map_err(|_| JobError::transient("panicked"))
    }

    /// The scorer for a question; the same graded answers give the same one.
    fn of(&self, answer: &TextAnswer, exemplars: &[GradedAnswer]) -> Arc<dyn TextScorer> {
        if exemplars.is_empty() {
            return Arc::clone(&self.plain);
        }
        let item = &answer.item;
        let learn = || calibrated(Arc::clone(&self.plain), &item.content, exemplars);
        let key = (item.item_version_id, name_of(exemplars));
        self.calibrated.get_with(key, learn)
    }
}
