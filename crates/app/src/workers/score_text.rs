//! Judges one text answer.

use domain::job::{JobKind, StoreError};
use domain::scoring::jobs::SCORE_TEXT;
use domain::scoring::local::{LocalScorer, score_text};
use jobs::{Claim, Handler, JobError, Work, WorkContext};
use storage::JobTx;

use super::judged::{Judged, Question};
use crate::failpoint;
use crate::runtime::AppState;

pub(super) struct ScoreText {
    state: AppState,
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
        failpoint::reach("score_text.work").await;
        let Some(question) = Question::of(&self.state, job).await? else {
            return Ok(Question::gone());
        };
        // What a panic says may quote the answer, so only the fact is kept.
        let judged = tokio::task::spawn_blocking(move || {
            let content = &question.answer.item.content;
            let answer = Some(&question.answer.answer);
            let verdict = score_text(&LocalScorer, &content.stem, &content.body, content.marks, answer);
            question.judged(verdict)
        });
        judged.await.map_err(|_| JobError::transient("panicked"))
    }

    async fn commit(&self, tx: &mut JobTx, job: &Claim, judged: &Judged) -> Result<(), StoreError> {
        judged.record(&self.state, tx, job).await
    }
}
