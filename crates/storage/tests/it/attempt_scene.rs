//! A candidate before a published sample assessment, and short words for what candidates do.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use async_trait::async_trait;
use domain::attempts::{
    Attempt, AttemptError, AttemptResult, AttemptStatus, FinishEvaluation, Heartbeat, NewResponse, OptIn,
    ResolveRefusedSave, ResultItem, SavedResponse, SectionSubmitted, StartAttempt, Submit, SubmitSection,
    Submitted, Touched, Viewer,
};
use domain::authoring::Settings;
use domain::authoring::item::{ItemContent, ItemKind};
use domain::identity::Candidate;
use domain::ids::AttemptId;
use domain::job::JobId;
use domain::points::Points;
use domain::scoring::Reason;
use domain::store::{Ctx, StoreError, Tx, UseCase};
use domain::time::Timestamp;
use domain::{audit::Actor, time::Clock as _};
use serde_json::Value;
use testkit::builders::Published;
use testkit::{TestDatabase, builders};

pub(crate) const MINUTE: Duration = Duration::from_mins(1);

/// Student 1 has opted in; nothing has started.
pub(crate) struct Scene {
    pub(crate) database: TestDatabase,
    pub(crate) candidate: Candidate,
    pub(crate) published: Published,
    pub(crate) attempt_id: AttemptId,
}

impl Scene {
    pub(crate) async fn new(database: TestDatabase, settings: Settings) -> Self {
        let published = builders::publish_sample(&database, settings).await.unwrap();
        let candidate = builders::candidate(&database, 1).await.unwrap();
        let opt_in = OptIn {
            candidate,
            definition_id: published.definition_id,
        };
        let attempt = alive(database.store.run(&opt_in, &ctx(&database)).await);
        Self {
            candidate,
            published,
            attempt_id: attempt.id,
            database,
        }
    }

    /// Every section has been answered in this way and the whole is submitted, a minute after the start.
    pub(crate) async fn submitted(database: TestDatabase, answer: fn(&ItemContent) -> Value) -> Self {
        let scene = Scene::new(database, Settings::default()).await;
        scene.start().await;
        scene.advance(MINUTE);
        scene.submit_all_sections(answer).await;
        scene.submit().await;
        scene
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

    pub(crate) async fn opt_in(&self) -> Result<Attempt, AttemptError> {
        let opt_in = OptIn {
            candidate: self.candidate,
            definition_id: self.published.definition_id,
        };
        match self.run(&opt_in).await? {
            Touched::Alive(attempt) => Ok(attempt),
            Touched::Expired(expiry) => Err(AttemptError::Expired { by: Some(expiry) }),
        }
    }

    pub(crate) async fn try_start(&self) -> Result<Touched<Attempt>, AttemptError> {
        self.run(&StartAttempt {
            candidate: self.candidate,
            attempt_id: self.attempt_id,
            access_code: None,
        })
        .await
    }

    pub(crate) async fn start(&self) -> Attempt {
        alive(self.try_start().await)
    }

    pub(crate) async fn heartbeat(&self) -> Result<Touched<Attempt>, AttemptError> {
        self.run(&Heartbeat {
            candidate: self.candidate,
            attempt_id: self.attempt_id,
        })
        .await
    }

    /// An answer to the first item of a kind, written now.
    pub(crate) fn answer(&self, kind: ItemKind, answer: impl Into<Value>) -> NewResponse {
        let item_version_id = self.published.item(kind).unwrap().item_version_id;
        NewResponse {
            item_version_id,
            answer: answer.into(),
            written_at: Some(self.now()),
        }
    }

    pub(crate) async fn save(
        &self,
        section_index: i32,
        responses: &[NewResponse],
    ) -> Option<Vec<SavedResponse>> {
        let owner = self
            .database
            .store
            .attempt_version(self.attempt_id)
            .await
            .unwrap()
            .unwrap();
        self.database
            .store
            .save_responses(&owner, section_index, responses, self.now())
            .await
            .unwrap()
    }

    pub(crate) async fn resolve_refused_save(&self, section_index: i32) -> Result<Touched<()>, AttemptError> {
        let (candidate, attempt_id) = (self.candidate, self.attempt_id);
        self.run(&ResolveRefusedSave {
            candidate,
            attempt_id,
            section_index,
        })
        .await
    }

    pub(crate) async fn submit_section(
        &self,
        section_index: i32,
        answers: Vec<NewResponse>,
    ) -> Result<Touched<SectionSubmitted>, AttemptError> {
        let (candidate, attempt_id) = (self.candidate, self.attempt_id);
        self.run(&SubmitSection {
            candidate,
            attempt_id,
            section_index,
            answers,
        })
        .await
    }

    pub(crate) async fn submit_all_sections(&self, answer: fn(&ItemContent) -> Value) {
        for (section, index) in self.published.sections.iter().zip(0..) {
            alive(
                self.submit_section(index, section.answers(self.now(), answer))
                    .await,
            );
        }
    }

    pub(crate) async fn try_submit(&self) -> Result<Touched<Submitted>, AttemptError> {
        self.run(&Submit {
            candidate: self.candidate,
            attempt_id: self.attempt_id,
            answers: Vec::new(),
        })
        .await
    }

    pub(crate) async fn submit(&self) -> Submitted {
        alive(self.try_submit().await)
    }

    pub(crate) async fn finish_evaluation(&self, job_id: JobId) {
        finish_evaluation(&self.database, self.attempt_id, job_id).await;
    }

    pub(crate) async fn give_up_evaluation(&self, job_id: JobId) {
        let cause = "initial".to_owned();
        let attempt_id = self.attempt_id;
        self.run(&GiveUp(FinishEvaluation {
            attempt_id,
            cause,
            job_id,
        }))
        .await
        .unwrap();
    }

    pub(crate) async fn status(&self) -> AttemptStatus {
        status(&self.database, self.attempt_id).await
    }

    /// The row as it is stored now.
    pub(crate) async fn attempt(&self) -> Attempt {
        self.status().await.attempt
    }

    pub(crate) async fn result(&self) -> AttemptResult {
        self.database
            .store
            .attempt_result(self.attempt_id, Viewer::Admin)
            .await
            .unwrap()
            .unwrap()
    }
}

pub(crate) fn ctx(database: &TestDatabase) -> Ctx {
    builders::ctx(database, Actor::System)
}

/// An attempt with its counts as they are stored now.
pub(crate) async fn status(database: &TestDatabase, id: AttemptId) -> AttemptStatus {
    let found = database.store.attempt_status(id, Viewer::Admin).await;
    found.unwrap().unwrap()
}

/// The row as it is stored now.
pub(crate) async fn stored(database: &TestDatabase, id: AttemptId) -> Attempt {
    status(database, id).await.attempt
}

/// Ends scoring as the evaluation job does.
pub(crate) async fn finish_evaluation(database: &TestDatabase, attempt_id: AttemptId, job_id: JobId) {
    let finish = Finish(FinishEvaluation {
        attempt_id,
        cause: "initial".to_owned(),
        job_id,
    });
    database.store.run(&finish, &ctx(database)).await.unwrap();
}

/// What was asked for; fails when the attempt has expired or refused.
pub(crate) fn alive<T: std::fmt::Debug>(touched: Result<Touched<T>, AttemptError>) -> T {
    match touched.unwrap() {
        Touched::Alive(value) => value,
        Touched::Expired(expiry) => panic!("expired by {}", expiry.as_str()),
    }
}

/// `(kind, hundredths, reason)` of what counts, in order.
pub(crate) fn counting(result: &AttemptResult) -> Vec<(ItemKind, Option<i64>, Reason)> {
    let counts = |item: &ResultItem| {
        let verdict = &item.counts.as_ref()?.record.verdict;
        Some((
            item.item.content.body.kind(),
            verdict.points.map(Points::hundredths),
            verdict.reason,
        ))
    };
    result.items.iter().filter_map(counts).collect()
}

struct GiveUp(FinishEvaluation);

#[async_trait]
impl UseCase for GiveUp {
    const NAME: &'static str = "test.give_up_evaluation";
    type Out = ();
    type Err = StoreError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<(), StoreError> {
        self.0.give_up(ctx, tx).await
    }
}

struct Finish(FinishEvaluation);

#[async_trait]
impl UseCase for Finish {
    const NAME: &'static str = "test.finish_evaluation";
    type Out = ();
    type Err = StoreError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<(), StoreError> {
        self.0.apply(ctx, tx).await
    }
}
