//! Looks for micro-credentials that fit whoever took a track, once every text is judged.

use std::sync::Arc;

use domain::attempts::jobs::{RECOMMEND, RecommendPayload};
use domain::attempts::{AttemptResult, AttemptState, Viewer};
use domain::authoring::Skill;
use domain::catalog::CatalogStamp;
use domain::embedding::{EmbedError, Embedder, LexicalHash};
use domain::ids::AttemptId;
use domain::job::{JobKind, StoreError};
use domain::recommendations::{Library, Profile, Recommend, Selection, popular};
use jobs::{Claim, Handler, JobError, Work, WorkContext};
use moka::future::Cache;
use storage::JobTx;
use tokio::time::Instant;

use super::job_ctx;
use crate::failpoint;
use crate::llm::{Reasoning, word};
use crate::runtime::AppState;
use crate::telemetry::chain;

pub(super) struct RecommendCredentials {
    state: AppState,
    embedder: Arc<dyn Embedder>,
    /// The catalogue as it was last read; another one replaces it.
    libraries: Cache<CatalogStamp, Arc<Library>>,
}

/// What was found, with what it was made from.
struct Found {
    library: Arc<Library>,
    profile: Profile,
    selection: Selection,
}

/// Why nothing could be looked for.
#[derive(Debug, thiserror::Error)]
enum SearchError {
    #[error("the database cannot be read")]
    Store(#[from] StoreError),
    #[error("sentences cannot be compared")]
    Embed(#[from] EmbedError),
    #[error("the search panicked")]
    Panicked,
    #[error(transparent)]
    OfLibrary(#[from] Arc<SearchError>),
}

impl SearchError {
    /// Whether it will be another time what it is not now.
    fn is_of_database(&self) -> bool {
        match self {
            Self::Store(_) => true,
            Self::Embed(_) | Self::Panicked => false,
            Self::OfLibrary(error) => error.is_of_database(),
        }
    }
}

impl RecommendCredentials {
    pub(super) fn new(state: AppState) -> Self {
        let embedder = state.sentence_model.clone();
        Self {
            embedder: embedder.unwrap_or_else(|| Arc::new(LexicalHash)),
            libraries: Cache::new(1),
            state,
        }
    }

    /// What fits, in words of this program.
    async fn search(&self, result: &AttemptResult) -> Result<Found, SearchError> {
        let store = &self.state.store;
        let skills: Vec<Skill> = store.skills_of_track(result.attempt.definition_id).await?;
        let library = self.library().await?;
        let profile = Profile::of(&skills, result);
        let embedder = Arc::clone(&self.embedder);
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
        Ok(selected.map_err(|_| SearchError::Panicked)??)
    }

    /// The same in a model's words, where one has them.
    async fn in_other_words(
        &self,
        found: Found,
        job: &Claim,
        attempt_id: AttemptId,
    ) -> Result<Selection, JobError> {
        let titles: Vec<&str> = found.library.titles().collect();
        let reasoning = Reasoning {
            subject: &attempt_id.to_string(),
            attempt_id,
            job: job.id,
            profile: &found.profile,
            titles: &titles,
        };
        let worded = word(&self.state.llm, found.selection, reasoning).await;
        worded.map_err(|error| JobError::transient("database").because(error))
    }

    /// The catalogue as it is now, prepared for searching once for everybody who asks meanwhile.
    async fn library(&self) -> Result<Arc<Library>, SearchError> {
        let stamp = self.state.store.catalog_stamp().await?;
        let prepare = async {
            let credentials = self.state.store.catalog().await?;
            let embedder = Arc::clone(&self.embedder);
            let build = move || Library::build(credentials, &*embedder);
            let library = tokio::task::spawn_blocking(build).await;
            Ok::<_, SearchError>(Arc::new(library.map_err(|_| SearchError::Panicked)??))
        };
        Ok(self.libraries.try_get_with(stamp, prepare).await?)
    }

    /// What is popular on the track stands in for what could not be looked for.
    async fn stand_in(&self, result: &AttemptResult) -> Result<Selection, JobError> {
        let credentials = self
            .state
            .store
            .popular_credentials(result.attempt.definition_id)
            .await;
        let credentials = credentials.map_err(|error| JobError::transient("database").because(error))?;
        Ok(popular(credentials, self.embedder.provider()))
    }
}

impl Handler<JobTx> for RecommendCredentials {
    const KIND: JobKind = RECOMMEND;
    type Output = Recommend;

    async fn work(&self, job: &Claim, _ctx: &WorkContext) -> Result<Work<Recommend>, JobError> {
        let payload: RecommendPayload = serde_json::from_value(job.payload.clone())
            .map_err(|error| JobError::permanent("payload").because(error))?;
        let attempt_id = payload.attempt_id;
        failpoint::reach("recommend.work").await;
        let found = self.state.store.attempt_result(attempt_id, Viewer::Admin).await;
        let found = found.map_err(|error| JobError::transient("database").because(error))?;
        let Some(result) = found.filter(|result| result.attempt.state != AttemptState::Voided) else {
            return Ok(Work::Discard {
                reason: "attempt_gone",
            });
        };
        let began = Instant::now();
        let searched = self.search(&result).await;
        let took = began.elapsed();
        let selection = match searched {
            Ok(found) => self.in_other_words(found, job, attempt_id).await?,
            Err(error) if error.is_of_database() => {
                return Err(JobError::transient("database").because(error));
            }
            Err(error) => {
                tracing::warn!(
                    error = chain(&error),
                    "nothing can be looked for in the catalogue; what is popular stands in"
                );
                self.stand_in(&result).await?
            }
        };
        Ok(Work::Done(Recommend {
            attempt_id,
            selection,
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
