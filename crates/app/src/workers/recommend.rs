//! Looks for micro-credentials that fit whoever took a track, once every text is judged.

use std::sync::Arc;
use std::time::Duration;

use domain::attempts::jobs::{RECOMMEND, RecommendPayload};
use domain::attempts::{AttemptResult, AttemptState, Viewer};
use domain::authoring::Skill;
use domain::embedding::{EmbedError, LexicalHash};
use domain::ids::AttemptId;
use domain::job::{JobKind, StoreError};
use domain::recommendations::{Library, Profile, Recommend, Selection, popular};
use jobs::{Claim, Handler, JobError, Work, WorkContext};
use storage::JobTx;
use tokio::time::Instant;

use super::job_ctx;
use super::shelf::{Shelf, ShelfError};
use crate::failpoint;
use crate::llm::{Reasoning, word};
use crate::runtime::AppState;
use crate::telemetry::chain;

/// A result is not held up by reasons for longer than this after submission: until then texts may have been judged.
const HOLDS_UP: Duration = Duration::from_secs(45);
/// How long a search waits for answers that are being judged.
const LOOKS_AGAIN: Duration = Duration::from_secs(30);

pub(super) struct RecommendCredentials {
    state: AppState,
    shelf: Shelf,
}

/// What was found, with what it was made from.
struct Found {
    library: Arc<Library>,
    profile: Profile,
    selection: Selection,
}

impl RecommendCredentials {
    pub(super) fn new(state: AppState) -> Self {
        let embedder = state.sentence_model.clone();
        let embedder = embedder.unwrap_or_else(|| Arc::new(LexicalHash));
        Self {
            shelf: Shelf::new(state.store.clone(), embedder),
            state,
        }
    }

    /// The attempt, unless there is nothing to be recommended after it any more.
    async fn attempt(&self, id: AttemptId) -> Result<Option<AttemptResult>, StoreError> {
        let store = &self.state.store;
        if store.recommendation(id).await?.is_some() {
            return Ok(None);
        }
        let found = store.attempt_result(id, Viewer::Admin).await?;
        Ok(found.filter(|result| result.attempt.state != AttemptState::Voided))
    }

    /// Whether answers are still being judged. That is so where the search was cancelled, which left them to its parent, and put back.
    async fn is_too_early(&self, job: &Claim) -> Result<bool, StoreError> {
        match job.parent {
            Some(parent) => self.state.store.has_other_live_children(parent, job.id).await,
            None => Ok(false),
        }
    }

    /// What fits, in words of this program.
    async fn search(&self, result: &AttemptResult) -> Result<Found, ShelfError> {
        let store = &self.state.store;
        let skills: Vec<Skill> = store.skills_of_track(result.attempt.definition_id).await?;
        let library = self.shelf.library().await?;
        let profile = Profile::of(&skills, result);
        let embedder = Arc::clone(self.shelf.embedder());
        let select = move || {
            let selection = library.select(&profile, &*embedder)?;
            Ok::<_, EmbedError>(Found {
                library,
                profile,
                selection,
            })
        };
        // What a panic says may quote people, so only the fact is kept.
        let selected = tokio::task::spawn_blocking(select).await;
        Ok(selected.map_err(|_| ShelfError::Panicked)??)
    }

    /// The same in a model's words, where one has them soon. While answers wait for their verdicts models have more to do.
    async fn in_other_words(
        &self,
        found: Found,
        job: &Claim,
        result: &AttemptResult,
    ) -> Result<Selection, StoreError> {
        let attempt = &result.attempt;
        let waited = attempt.ended_at.map(|ended| self.state.now().since(ended));
        let within = HOLDS_UP.saturating_sub(waited.unwrap_or(HOLDS_UP));
        if result.models.waiting_since.is_some() || within.is_zero() {
            return Ok(found.selection);
        }
        let titles: Vec<&str> = found.library.titles().collect();
        let reasoning = Reasoning {
            subject: &attempt.id.to_string(),
            attempt_id: attempt.id,
            job: job.id,
            profile: &found.profile,
            titles: &titles,
            within,
        };
        word(&self.state.llm, found.selection, reasoning).await
    }

    /// What is popular on the track stands in for what could not be looked for.
    async fn stand_in(&self, result: &AttemptResult) -> Result<Selection, StoreError> {
        let track = result.attempt.definition_id;
        let credentials = self.state.store.popular_credentials(track).await?;
        Ok(popular(credentials, self.shelf.embedder().provider()))
    }
}

fn database(error: StoreError) -> JobError {
    JobError::transient("database").because(error)
}

impl Handler<JobTx> for RecommendCredentials {
    const KIND: JobKind = RECOMMEND;
    type Output = Recommend;

    async fn work(&self, job: &Claim, _ctx: &WorkContext) -> Result<Work<Recommend>, JobError> {
        let payload: RecommendPayload = serde_json::from_value(job.payload.clone())
            .map_err(|error| JobError::permanent("payload").because(error))?;
        failpoint::reach("recommend.work").await;
        let Some(result) = self.attempt(payload.attempt_id).await.map_err(database)? else {
            return Ok(Work::Discard {
                reason: "nothing_to_recommend",
            });
        };
        if self.is_too_early(job).await.map_err(database)? {
            return Ok(Work::Snooze {
                until: self.state.now() + LOOKS_AGAIN,
                reason: "answers_open",
            });
        }
        let began = Instant::now();
        let searched = self.search(&result).await;
        let took = began.elapsed();
        let selection = match searched {
            Ok(found) => self.in_other_words(found, job, &result).await,
            Err(ShelfError::Store(error)) => Err(error),
            Err(error) => {
                tracing::warn!(
                    error = chain(&error),
                    "nothing can be looked for in the catalogue; what is popular stands in"
                );
                self.stand_in(&result).await
            }
        };
        Ok(Work::Done(Recommend {
            attempt_id: payload.attempt_id,
            selection: selection.map_err(database)?,
            took,
        }))
    }

    async fn commit(&self, tx: &mut JobTx, job: &Claim, found: &Recommend) -> Result<(), StoreError> {
        found.apply(&job_ctx(&self.state, job), tx).await
    }

    async fn dead(&self, tx: &mut JobTx, job: &Claim) -> Result<(), StoreError> {
        // A payload that cannot be read names nobody to recommend anything to.
        let Ok(payload) = serde_json::from_value::<RecommendPayload>(job.payload.clone()) else {
            return Ok(());
        };
        Recommend::stand_in(payload.attempt_id, &job_ctx(&self.state, job), tx).await
    }
}
