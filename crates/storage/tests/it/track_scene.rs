//! A candidate before a track, and short words for what is done with both.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use domain::attempts::{
    Attempt, AttemptError, NewResponse, SavedResponse, Submit, Submitted, Take, Taken, Touched,
};
use domain::authoring::item::ItemContent;
use domain::authoring::{Settings, Track, VersionedItem};
use domain::identity::{Candidate, Staff};
use domain::ids::AttemptId;
use domain::store::UseCase;
use domain::time::{Clock as _, Timestamp};
use serde_json::Value;
use testkit::{TestDatabase, builders};

use crate::attempt_scene::{alive, ctx, stored};
use crate::repository::in_tx;

/// Student 1 may take the track `backend`, whose bank is [`builders::bank`]; advisor 1 sees it.
pub(crate) struct TrackScene {
    pub(crate) database: TestDatabase,
    pub(crate) candidate: Candidate,
    pub(crate) advisor: Staff,
    pub(crate) track: Track,
}

impl TrackScene {
    pub(crate) async fn new(database: TestDatabase, settings: Settings) -> Self {
        let track = builders::track(&database, "backend", builders::bank(), settings)
            .await
            .unwrap();
        let candidate = builders::candidate(&database, 1).await.unwrap();
        let advisor = builders::advisor(&database, 1).await.unwrap();
        Self {
            database,
            candidate,
            advisor,
            track,
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.database.clock.now()
    }

    pub(crate) fn advance(&self, span: Duration) {
        self.database.clock.advance(span);
    }

    pub(crate) async fn run<U: UseCase>(&self, use_case: &U) -> Result<U::Out, U::Err> {
        self.database.store.run(use_case, &ctx(&self.database)).await
    }

    pub(crate) async fn try_take(&self) -> Result<Taken, AttemptError> {
        self.take_as(&self.take_it()).await
    }

    /// What was taken; where nothing could be but something has expired, that.
    pub(crate) async fn take_as(&self, take: &Take) -> Result<Taken, AttemptError> {
        match self.run(take).await? {
            Touched::Alive(taken) => Ok(taken),
            Touched::Expired(expiry) => Err(AttemptError::Expired { by: Some(expiry) }),
        }
    }

    pub(crate) fn take_it(&self) -> Take {
        Take {
            candidate: self.candidate,
            definition_id: self.track.definition.id,
            access_code: None,
            metadata: None,
        }
    }

    pub(crate) async fn take(&self) -> Attempt {
        self.try_take().await.unwrap().attempt
    }

    pub(crate) async fn save(&self, attempt_id: AttemptId, answers: &[NewResponse]) -> Vec<SavedResponse> {
        let store = &self.database.store;
        let owner = store.attempt_version(attempt_id).await.unwrap().unwrap();
        let saved = store.save_responses(&owner, 0, answers, self.now()).await;
        saved.unwrap().unwrap()
    }

    pub(crate) async fn submit(&self, attempt_id: AttemptId, answers: Vec<NewResponse>) -> Submitted {
        let submit = Submit {
            candidate: self.candidate,
            attempt_id,
            answers,
        };
        alive(self.run(&submit).await)
    }

    /// The items of an attempt's form.
    pub(crate) async fn items(&self, attempt_id: AttemptId) -> Vec<VersionedItem> {
        let attempt = self.stored(attempt_id).await;
        in_tx!(self.database, tx => tx.attempts().items(&attempt)).unwrap()
    }

    /// An answer to each of these items, written now.
    pub(crate) fn answers(
        &self,
        items: &[VersionedItem],
        answer: fn(&ItemContent) -> Value,
    ) -> Vec<NewResponse> {
        let answer = |item: &VersionedItem| NewResponse {
            item_version_id: item.item_version_id,
            answer: answer(&item.content),
            written_at: Some(self.now()),
        };
        items.iter().map(answer).collect()
    }

    /// The row as it is stored now.
    pub(crate) async fn stored(&self, id: AttemptId) -> Attempt {
        stored(&self.database, id).await
    }
}
