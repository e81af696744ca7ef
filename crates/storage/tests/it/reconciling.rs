//! Attempts whose scoring nobody works on get their jobs back, or their end.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use async_trait::async_trait;
use domain::attempts::{AttemptState, Reconcile, Reconciled, ScoringState};
use domain::authoring::item::ItemKind;
use domain::authoring::sample_answers::answer_key;
use domain::job::JobId;
use domain::operations::{CancelJob, Operator};
use domain::points::Points;
use domain::scoring::{Reason, Scorer, Subject, Verdict, record_verdict};
use domain::store::{Ctx, StoreError, Tx, UseCase};
use testkit::{TestDatabase, both_databases};

use crate::attempt_scene::{MINUTE, Scene};
use crate::raw;

both_databases!(
    attempts_with_living_jobs_are_left_alone,
    lost_jobs_are_there_again,
    what_was_judged_before_is_not_judged_again,
    a_cancelled_evaluation_ends_with_what_exists,
    a_dead_evaluation_that_will_be_retried_is_left_to_the_retrier,
);

struct ReconcileOnce;

#[async_trait]
impl UseCase for ReconcileOnce {
    const NAME: &'static str = "test.reconcile";
    type Out = Reconciled;
    type Err = StoreError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<Reconciled, StoreError> {
        let job_id = JobId(ctx.new_uuid());
        Reconcile { job_id }.apply(ctx, tx).await
    }
}

const NOTHING: Reconciled = Reconciled {
    resumed: 0,
    given_up: 0,
    unreadable: 0,
};

async fn reconcile(scene: &Scene) -> Reconciled {
    scene.run(&ReconcileOnce).await.unwrap()
}

async fn jobs(scene: &Scene, condition: &str) -> i64 {
    let id = raw::id(scene.database.store.database().backend(), scene.attempt_id.0);
    raw::count(
        &scene.database,
        &format!("jobs WHERE subject_id = {id} AND {condition}"),
    )
    .await
}

async fn lose_jobs(scene: &Scene) {
    let id = raw::id(scene.database.store.database().backend(), scene.attempt_id.0);
    let statement = format!("DELETE FROM jobs WHERE subject_id = {id}");
    assert!(raw::execute(&scene.database, &statement).await.unwrap() > 1);
}

async fn attempts_with_living_jobs_are_left_alone(database: TestDatabase) {
    let scene = Scene::submitted(database, answer_key).await;
    scene.advance(60 * MINUTE);
    assert_eq!(reconcile(&scene).await, NOTHING);
}

async fn lost_jobs_are_there_again(database: TestDatabase) {
    let scene = Scene::submitted(database, answer_key).await;
    let before = scene.attempt().await;
    let (texts, all) = (
        jobs(&scene, "kind = 'score_text'").await,
        jobs(&scene, "state IN ('waiting', 'ready')").await,
    );
    lose_jobs(&scene).await;
    assert_eq!(reconcile(&scene).await, NOTHING, "it has only just changed");
    scene.advance(MINUTE * 2);
    let resumed = Reconciled {
        resumed: 1,
        ..NOTHING
    };
    assert_eq!(reconcile(&scene).await, resumed);
    let after = scene.attempt().await;
    assert_eq!(
        (after.state, after.scoring),
        (AttemptState::AwaitingAsync, ScoringState::Running)
    );
    assert_ne!(after.evaluation_job_id, before.evaluation_job_id);
    assert_eq!(
        jobs(&scene, "kind = 'score_text' AND state = 'ready'").await,
        texts
    );
    assert_eq!(jobs(&scene, "state IN ('waiting', 'ready')").await, all);
    scene.advance(MINUTE * 2);
    assert_eq!(reconcile(&scene).await, NOTHING, "the jobs live");
    scene.finish_evaluation(after.evaluation_job_id.unwrap()).await;
    assert_eq!(scene.attempt().await.state, AttemptState::Completed);
}

struct Judge(Subject);

#[async_trait]
impl UseCase for Judge {
    const NAME: &'static str = "test.judge";
    type Out = ();
    type Err = StoreError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<(), StoreError> {
        let verdict = Verdict {
            scorer: Scorer::Local,
            scorer_version: "local-1".to_owned(),
            points: Some(Points::whole(1)),
            max_points: Points::whole(10),
            reason: Reason::Judged,
            criteria: Vec::new(),
            confidence: Some(0.9),
            flags: Vec::new(),
        };
        record_verdict(ctx, tx, &self.0, verdict, 0.6).await
    }
}

async fn what_was_judged_before_is_not_judged_again(database: TestDatabase) {
    let scene = Scene::submitted(database, answer_key).await;
    let texts = jobs(&scene, "kind = 'score_text'").await;
    let subject = Subject {
        attempt_id: scene.attempt_id,
        item_version_id: scene.published.item(ItemKind::Essay).unwrap().item_version_id,
        cause: "initial".to_owned(),
        job_id: None,
    };
    scene.run(&Judge(subject)).await.unwrap();
    lose_jobs(&scene).await;
    scene.advance(MINUTE * 2);
    assert_eq!(reconcile(&scene).await.resumed, 1);
    assert_eq!(jobs(&scene, "kind = 'score_text'").await, texts - 1);
}

async fn a_cancelled_evaluation_ends_with_what_exists(database: TestDatabase) {
    let scene = Scene::submitted(database, answer_key).await;
    let evaluation = scene.attempt().await.evaluation_job_id.unwrap();
    let cancel = CancelJob {
        operator: Operator::of_command_line(),
        job_id: evaluation,
    };
    scene.run(&cancel).await.unwrap();
    scene.advance(MINUTE * 2);
    assert_eq!(reconcile(&scene).await, NOTHING, "texts are still being judged");
    raw::execute(
        &scene.database,
        "UPDATE jobs SET state = 'completed', finished_at = 1 WHERE kind IN ('score_text', 'score_code')",
    )
    .await
    .unwrap();
    let given_up = Reconciled {
        given_up: 1,
        ..NOTHING
    };
    assert_eq!(reconcile(&scene).await, given_up);
    let attempt = scene.attempt().await;
    assert_eq!(
        (attempt.state, attempt.scoring),
        (AttemptState::Failed, ScoringState::Failed)
    );
    scene.advance(MINUTE * 2);
    assert_eq!(reconcile(&scene).await, NOTHING);
}

async fn a_dead_evaluation_that_will_be_retried_is_left_to_the_retrier(database: TestDatabase) {
    let scene = Scene::submitted(database, answer_key).await;
    raw::execute(&scene.database, "UPDATE jobs SET state = 'failed', retry_at = 9")
        .await
        .unwrap();
    scene.advance(MINUTE * 2);
    assert_eq!(reconcile(&scene).await, NOTHING);
    raw::execute(&scene.database, "UPDATE jobs SET retry_at = NULL")
        .await
        .unwrap();
    assert_eq!(reconcile(&scene).await.given_up, 1);
}
