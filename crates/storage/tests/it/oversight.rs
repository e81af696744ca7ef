//! Fails that only machines gave, as they are queued and taken out of the queue.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use async_trait::async_trait;
use domain::attempts::{Models, RecordAnswer, Viewer, Void};
use domain::authoring::Settings;
use domain::authoring::item::ItemKind;
use domain::authoring::sample_answers::wrong_answer;
use domain::points::Points;
use domain::reports::PageRequest;
use domain::reviews::{ReviewEntry, ReviewFilter, ReviewOrder, WaitsFor};
use domain::scoring::llm::Thresholds;
use domain::scoring::{Reason, Scorer, Subject, Verdict};
use domain::store::{Ctx, StoreError, Tx, UseCase};
use domain::time::Timestamp;
use testkit::{TestDatabase, both_databases, builders};

use crate::attempt_scene::{MINUTE, Scene};

both_databases!(
    a_fail_is_queued_at_the_end_of_scoring_and_has_waited_since,
    a_provisional_score_with_which_a_fail_waits_is_one_entry,
    a_fail_is_queued_where_scoring_failed_and_never_of_who_is_gone,
    a_late_verdict_that_passes_takes_the_fail_out_of_the_queue,
);

/// Below the confidence that machines need here.
const UNSURE: f64 = 0.3;

/// What a job that judges a text leaves.
struct Judge(RecordAnswer);

#[async_trait]
impl UseCase for Judge {
    const NAME: &'static str = "test.judge_overseen";
    type Out = ();
    type Err = StoreError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<(), StoreError> {
        self.0.apply(ctx, tx).await
    }
}

/// A fail of machines waits for a person.
fn overseen(pass_percent: f64) -> Settings {
    Settings {
        human_oversight: true,
        pass_percent,
        ..Settings::default()
    }
}

/// Submitted with wrong answers; the texts are still to be judged.
async fn submitted(database: TestDatabase, settings: Settings) -> Scene {
    let scene = Scene::new(database, settings).await;
    scene.start().await;
    scene.submit_all_sections(wrong_answer).await;
    scene.submit().await;
    scene
}

async fn judged(scene: &Scene, kind: ItemKind, (cause, percent): (&str, i64), confidence: f64) {
    let item = scene.published.item(kind).unwrap();
    let marks = item.content.marks;
    let own = Verdict {
        scorer: Scorer::Local,
        scorer_version: "test-1".to_owned(),
        points: Some(Points::from_hundredths(marks.hundredths() * percent / 100)),
        max_points: marks,
        reason: Reason::Judged,
        criteria: Vec::new(),
        confidence: Some(confidence),
        flags: Vec::new(),
    };
    let judge = Judge(RecordAnswer {
        subject: Subject {
            attempt_id: scene.attempt_id,
            item_version_id: item.item_version_id,
            cause: cause.to_owned(),
            job_id: None,
        },
        own,
        models: Models::Unset,
        thresholds: Thresholds {
            review_below_confidence: UNSURE + 0.1,
            review_above_gap: 100.0,
        },
        human_oversight: true,
    });
    scene.run(&judge).await.unwrap();
}

async fn queue_of(scene: &Scene, reason: Option<WaitsFor>) -> Vec<ReviewEntry> {
    let filter = ReviewFilter {
        reason,
        ..ReviewFilter::default()
    };
    let asked = (filter, ReviewOrder::Age);
    let page = PageRequest::new(None, None).unwrap();
    let store = &scene.database.store;
    let found = store.list_reviews(Viewer::Admin, asked, page).await.unwrap();
    assert_eq!(found.total, u64::try_from(found.items.len()).unwrap());
    found.items
}

async fn queue(scene: &Scene) -> Vec<ReviewEntry> {
    queue_of(scene, Some(WaitsFor::Fail)).await
}

/// `(kind, provisional, whether the fail waits, since)`.
fn waits(entries: &[ReviewEntry]) -> Vec<(ItemKind, bool, bool, Timestamp)> {
    let said = |entry: &ReviewEntry| {
        (
            entry.kind,
            entry.provisional,
            entry.fail_awaits_person,
            entry.since,
        )
    };
    entries.iter().map(said).collect()
}

async fn end(scene: &Scene) {
    let job = scene.attempt().await.evaluation_job_id.unwrap();
    scene.finish_evaluation(job).await;
}

async fn a_fail_is_queued_at_the_end_of_scoring_and_has_waited_since(database: TestDatabase) {
    let scene = submitted(database, overseen(60.0)).await;
    judged(&scene, ItemKind::Essay, ("initial", 10), 0.7).await;
    judged(&scene, ItemKind::ShortAnswer, ("initial", 10), 0.8).await;
    assert_eq!(
        scene
            .database
            .count("resolutions WHERE fail_since IS NOT NULL")
            .await
            .unwrap(),
        0,
        "before the end of scoring"
    );
    end(&scene).await;

    let ended = scene.now();
    assert_eq!(
        waits(&queue(&scene).await),
        [(ItemKind::Essay, false, true, ended)]
    );
    // Still a fail, but another one is the least sure now.
    scene.advance(MINUTE);
    judged(&scene, ItemKind::Essay, ("rescore:1", 20), 0.9).await;
    assert_eq!(
        waits(&queue(&scene).await),
        [(ItemKind::ShortAnswer, false, true, ended)]
    );
    let entry = &queue(&scene).await[0];
    let record = entry.record_id;
    let detail = scene.database.store.review(record, Viewer::Admin).await.unwrap();
    let detail = detail.unwrap();
    assert!(detail.fail_awaits_person && !detail.provisional);
}

async fn a_provisional_score_with_which_a_fail_waits_is_one_entry(database: TestDatabase) {
    let scene = submitted(database, overseen(60.0)).await;
    judged(&scene, ItemKind::Essay, ("initial", 10), 0.7).await;
    judged(&scene, ItemKind::ShortAnswer, ("initial", 10), 0.6).await;
    end(&scene).await;
    let ended = scene.now();
    assert_eq!(
        waits(&queue_of(&scene, None).await),
        [(ItemKind::ShortAnswer, false, true, ended)]
    );
    // Its score becomes provisional, which is younger than the wait.
    scene.advance(MINUTE);
    judged(&scene, ItemKind::Essay, ("rescore:1", 10), UNSURE).await;
    let entries = queue_of(&scene, None).await;
    assert_eq!(waits(&entries), [(ItemKind::Essay, true, true, ended)]);
}

async fn a_fail_is_queued_where_scoring_failed_and_never_of_who_is_gone(database: TestDatabase) {
    let scene = submitted(database, overseen(60.0)).await;
    judged(&scene, ItemKind::Essay, ("initial", 10), 0.7).await;
    let job = scene.attempt().await.evaluation_job_id.unwrap();
    scene.give_up_evaluation(job).await;
    // What nobody could judge comes first.
    let entries = queue(&scene).await;
    assert_eq!(
        waits(&entries),
        [(ItemKind::ShortAnswer, true, true, scene.now())]
    );
    let record = entries[0].record_id;
    let void = Void {
        staff: builders::advisor(&scene.database, 1).await.unwrap(),
        attempt_id: scene.attempt_id,
        reason: None,
    };
    scene.run(&void).await.unwrap();
    assert_eq!(queue(&scene).await, []);
    let detail = scene.database.store.review(record, Viewer::Admin).await.unwrap();
    assert!(!detail.unwrap().fail_awaits_person);
}

async fn a_late_verdict_that_passes_takes_the_fail_out_of_the_queue(database: TestDatabase) {
    let scene = submitted(database, overseen(10.0)).await;
    judged(&scene, ItemKind::Essay, ("initial", 0), 0.9).await;
    judged(&scene, ItemKind::ShortAnswer, ("initial", 0), 0.9).await;
    end(&scene).await;
    assert_eq!(queue(&scene).await.len(), 1);
    let total = scene.result().await.total();
    assert_eq!((total.passed, total.provisional), (Some(false), true));

    judged(&scene, ItemKind::Essay, ("rescore:1", 100), 0.9).await;
    let total = scene.result().await.total();
    assert_eq!((total.passed, total.provisional), (Some(true), false));
    assert_eq!(queue(&scene).await, []);
    // And back, as something new.
    scene.advance(MINUTE);
    judged(&scene, ItemKind::Essay, ("rescore:2", 0), 0.9).await;
    let entries = queue(&scene).await;
    assert_eq!((entries.len(), entries[0].since), (1, scene.now()));
}
