//! Verdicts that count, the end of scoring, and what is read of it.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use async_trait::async_trait;
use domain::attempts::{AttemptResult, AttemptState, ScoringState, Viewer};
use domain::authoring::Settings;
use domain::authoring::item::ItemKind;
use domain::authoring::sample_answers::{answer_key, wrong_answer};
use domain::points::Points;
use domain::scoring::{
    CriterionVerdict, Quote, Reason, ResolutionReason, Scorer, Subject, Verdict, record_verdict,
};
use domain::store::{Ctx, StoreError, Tx, UseCase};
use testkit::{TestDatabase, both_databases, builders};

use crate::attempt_scene::{MINUTE, Scene, counting};
use crate::raw;

both_databases!(
    a_record_counts_once_per_scorer_and_cause,
    a_verdict_is_read_as_it_was_given,
    the_end_of_scoring_marks_what_nobody_judged,
    scoring_ends_once,
    an_attempt_whose_evaluation_is_dead_fails_with_what_exists,
    graders_that_come_back_are_heard,
    a_voided_attempt_stays_voided,
    status_counts_answers_and_texts,
    a_text_scorer_gets_what_it_needs,
    a_foreign_result_is_not_found,
);

/// Stores a verdict on the item of a kind, as the commit of a scoring job does.
struct Judge {
    subject: Subject,
    verdict: Verdict,
}

#[async_trait]
impl UseCase for Judge {
    const NAME: &'static str = "test.judge";
    type Out = ();
    type Err = StoreError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<(), StoreError> {
        record_verdict(ctx, tx, &self.subject, self.verdict.clone(), 0.6).await
    }
}

fn local_verdict(points: i64, confidence: f64) -> Verdict {
    Verdict {
        scorer: Scorer::Local,
        scorer_version: "local-1".to_owned(),
        points: Some(Points::from_hundredths(points)),
        max_points: Points::whole(10),
        reason: Reason::Judged,
        criteria: vec![CriterionVerdict {
            criterion: "depth".to_owned(),
            score: 62.5,
            weight: 0.2,
            level: Some("Proficient".to_owned()),
            evidence: vec![Quote {
                start: 0,
                end: 4,
                text: "Über".to_owned(),
            }],
            rationale: "Says why.".to_owned(),
        }],
        confidence: Some(confidence),
        flags: vec!["other_language".to_owned()],
    }
}

async fn judge(scene: &Scene, kind: ItemKind, verdict: Verdict, cause: &str) {
    let subject = Subject {
        attempt_id: scene.attempt_id,
        item_version_id: scene.published.item(kind).unwrap().item_version_id,
        cause: cause.to_owned(),
        job_id: scene.attempt().await.evaluation_job_id,
    };
    scene.run(&Judge { subject, verdict }).await.unwrap();
}

async fn a_record_counts_once_per_scorer_and_cause(database: TestDatabase) {
    let scene = Scene::submitted(database, answer_key).await;
    judge(&scene, ItemKind::Essay, local_verdict(625, 0.9), "initial").await;
    judge(&scene, ItemKind::Essay, local_verdict(100, 0.9), "initial").await;
    let essay = |result: AttemptResult| result.items.into_iter().last().unwrap().counts.unwrap();
    let counts = essay(scene.result().await);
    assert_eq!(counts.record.verdict.points, Some(Points::from_hundredths(625)));
    assert_eq!(
        (counts.reason, counts.provisional),
        (ResolutionReason::OnlyVerdict, false)
    );
    // A rescore adds a record, which counts from then on; the first one stays.
    judge(&scene, ItemKind::Essay, local_verdict(100, 0.3), "rescore:1").await;
    let counts = essay(scene.result().await);
    assert_eq!(counts.record.verdict.points, Some(Points::from_hundredths(100)));
    assert_eq!(
        (counts.reason, counts.provisional),
        (ResolutionReason::LowConfidence, true)
    );
    assert_eq!(
        raw::count(&scene.database, "score_records WHERE scorer = 'local'").await,
        2
    );
}

async fn a_verdict_is_read_as_it_was_given(database: TestDatabase) {
    let scene = Scene::submitted(database, answer_key).await;
    let verdict = local_verdict(333, 1.0 / 3.0);
    judge(&scene, ItemKind::Essay, verdict.clone(), "initial").await;
    let result = scene.result().await;
    let record = &result.items.last().unwrap().counts.as_ref().unwrap().record;
    assert_eq!(record.verdict, verdict);
    assert_eq!(
        (record.cause.as_str(), record.created_at),
        ("initial", scene.now())
    );
    assert_eq!(record.job_id, scene.attempt().await.evaluation_job_id);
}

async fn the_end_of_scoring_marks_what_nobody_judged(database: TestDatabase) {
    let scene = Scene::submitted(database, answer_key).await;
    judge(&scene, ItemKind::Essay, local_verdict(600, 0.9), "initial").await;
    scene.advance(MINUTE);
    let job = scene.attempt().await.evaluation_job_id.unwrap();
    scene.finish_evaluation(job).await;

    let attempt = scene.attempt().await;
    assert_eq!(
        (attempt.state, attempt.scoring),
        (AttemptState::Completed, ScoringState::Done)
    );
    assert_eq!(
        (attempt.scored_at, attempt.released_at),
        (Some(scene.now()), Some(scene.now()))
    );
    let result = scene.result().await;
    assert_eq!(
        counting(&result)[7],
        (ItemKind::ShortAnswer, None, Reason::Ungraded)
    );
    assert_eq!(
        result.items[7].counts.as_ref().unwrap().reason,
        ResolutionReason::GraderFailed
    );
    let total = result.total();
    // 15 by rules and 6 of 10 for the essay; the 5 of the short answer are left out.
    assert_eq!(
        (total.points, total.max_points),
        (Points::whole(21), Points::whole(25))
    );
    assert_eq!((total.percent, total.passed), (Some(84.0), Some(true)));
    assert_eq!((total.graded, total.ungraded, total.provisional), (8, 1, true));
    let details = "SELECT details FROM audit_log WHERE action = 'attempts.scored'";
    assert_eq!(
        raw::texts(&scene.database, details).await,
        [r#"{"scoring":"done","state":"completed","ungraded":1}"#]
    );
}

async fn scoring_ends_once(database: TestDatabase) {
    let scene = Scene::submitted(database, answer_key).await;
    let job = scene.attempt().await.evaluation_job_id.unwrap();
    scene.finish_evaluation(job).await;
    let done = scene.attempt().await;
    scene.advance(MINUTE);
    scene.finish_evaluation(job).await;
    assert_eq!(scene.attempt().await, done);
    assert_eq!(
        raw::count(&scene.database, "audit_log WHERE action = 'attempts.scored'").await,
        1
    );
}

async fn an_attempt_whose_evaluation_is_dead_fails_with_what_exists(database: TestDatabase) {
    let scene = Scene::submitted(database, answer_key).await;
    let job = scene.attempt().await.evaluation_job_id.unwrap();
    scene.give_up_evaluation(job).await;
    let failed = scene.attempt().await;
    assert_eq!(
        (failed.state, failed.scoring),
        (AttemptState::Failed, ScoringState::Failed)
    );
    let total = scene.result().await.total();
    assert_eq!((total.graded, total.ungraded, total.provisional), (7, 2, true));
    scene.give_up_evaluation(job).await;
    assert_eq!(scene.attempt().await, failed);
}

/// A dead letter that is put back does what it was made for.
async fn graders_that_come_back_are_heard(database: TestDatabase) {
    let scene = Scene::submitted(database, answer_key).await;
    let job = scene.attempt().await.evaluation_job_id.unwrap();
    scene.give_up_evaluation(job).await;
    let released_at = scene.attempt().await.released_at;
    judge(&scene, ItemKind::Essay, local_verdict(600, 0.9), "initial").await;
    let total = scene.result().await.total();
    assert_eq!((total.graded, total.ungraded), (8, 1));
    scene.advance(MINUTE);
    scene.finish_evaluation(job).await;
    let ended = scene.attempt().await;
    assert_eq!(
        (ended.state, ended.scoring, ended.released_at),
        (AttemptState::Completed, ScoringState::Done, released_at)
    );
    judge(&scene, ItemKind::ShortAnswer, local_verdict(500, 0.9), "initial").await;
    let total = scene.result().await.total();
    assert_eq!((total.graded, total.ungraded, total.provisional), (9, 0, false));
}

async fn a_voided_attempt_stays_voided(database: TestDatabase) {
    let scene = Scene::submitted(database, answer_key).await;
    let job = scene.attempt().await.evaluation_job_id.unwrap();
    raw::execute(&scene.database, "UPDATE attempts SET state = 'voided'")
        .await
        .unwrap();
    scene.finish_evaluation(job).await;
    let attempt = scene.attempt().await;
    assert_eq!(
        (attempt.state, attempt.scoring),
        (AttemptState::Voided, ScoringState::Running)
    );
    assert_eq!(
        raw::count(&scene.database, "score_records WHERE reason = 'ungraded'").await,
        0
    );
}

async fn status_counts_answers_and_texts(database: TestDatabase) {
    let scene = Scene::new(database, Settings::default()).await;
    scene.start().await;
    scene
        .save(0, &[scene.answer(ItemKind::TrueFalse, true)])
        .await
        .unwrap();
    let status = scene.status().await;
    assert_eq!(
        (status.answered, status.total, status.progress().overall),
        (1, 9, 0)
    );
    scene.submit_all_sections(answer_key).await;
    scene.submit().await;
    let status = scene.status().await;
    assert_eq!((status.answered, status.counts.rule_items), (9, 7));
    assert_eq!(
        (
            status.counts.texts,
            status.counts.texts_done,
            status.progress().overall
        ),
        (2, 0, 50)
    );
    let one = "UPDATE jobs SET state = 'failed'
        WHERE dedupe_key = (SELECT min(dedupe_key) FROM jobs WHERE kind = 'score_text')";
    raw::execute(&scene.database, one).await.unwrap();
    let status = scene.status().await;
    assert_eq!(
        (
            status.counts.texts,
            status.counts.texts_done,
            status.progress().overall
        ),
        (2, 1, 65)
    );
}

async fn a_text_scorer_gets_what_it_needs(database: TestDatabase) {
    let scene = Scene::submitted(database, wrong_answer).await;
    let essay = scene.published.item(ItemKind::Essay).unwrap();
    let store = &scene.database.store;
    let text = store
        .text_answer(scene.attempt_id, essay.item_version_id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(&text.item, essay);
    assert_eq!(text.answer, wrong_answer(&essay.content));
    assert!((text.thresholds.review_below_confidence - 0.6).abs() < f64::EPSILON);
    // The same question in two assessments is one item.
    let mut other = essay.content.clone();
    "Discuss what locking costs.".clone_into(&mut other.stem);
    let other = builders::draft(&scene.database, vec![vec![other]]).await.unwrap();
    let other = builders::publish(&scene.database, other, Settings::default())
        .await
        .unwrap();
    let foreign = other.item(ItemKind::Essay).unwrap().item_version_id;
    assert_eq!(store.text_answer(scene.attempt_id, foreign).await.unwrap(), None);
}

async fn a_foreign_result_is_not_found(database: TestDatabase) {
    let scene = Scene::submitted(database, answer_key).await;
    let stranger = builders::candidate(&scene.database, 2).await.unwrap();
    let store = &scene.database.store;
    for (viewer, found) in [
        (Viewer::Owner(scene.candidate.user_id()), true),
        (Viewer::Admin, true),
        (Viewer::Owner(stranger.user_id()), false),
    ] {
        assert_eq!(
            store
                .attempt_status(scene.attempt_id, viewer)
                .await
                .unwrap()
                .is_some(),
            found,
            "{viewer:?}"
        );
        assert_eq!(
            store
                .attempt_result(scene.attempt_id, viewer)
                .await
                .unwrap()
                .is_some(),
            found,
            "{viewer:?}"
        );
    }
}
