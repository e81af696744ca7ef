//! Submission: what rules score at once, and the jobs it sets in motion.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use domain::attempts::jobs::EvaluatePayload;
use domain::attempts::{AttemptError, AttemptState, DegradedReason, ScoringState, Touched};
use domain::authoring::Settings;
use domain::authoring::item::ItemKind;
use domain::authoring::sample_answers::{answer_key, wrong_answer};
use domain::scoring::jobs::ScoreAnswerPayload;
use domain::scoring::{Reason, ResolutionReason};
use testkit::{TestDatabase, both_databases};

use crate::attempt_scene::{Scene, alive, counting};
use crate::raw;

both_databases!(
    rules_score_at_once_and_texts_become_jobs,
    without_texts_the_evaluation_is_ready_at_once,
    a_submission_with_sections_missing_is_refused,
    a_second_submission_is_refused,
    two_submissions_at_once_have_one_effect,
);

async fn rules_score_at_once_and_texts_become_jobs(database: TestDatabase) {
    let scene = Scene::new(database, Settings::default()).await;
    scene.start().await;
    scene.submit_all_sections(answer_key).await;
    let submitted = scene.submit().await;
    assert_eq!(submitted.degraded_reasons, []);
    let attempt = scene.attempt().await;
    assert_eq!(
        (attempt.state, attempt.scoring),
        (AttemptState::AwaitingAsync, ScoringState::Running)
    );
    assert_eq!(
        (attempt.submitted_at, attempt.ended_at),
        (Some(scene.now()), Some(scene.now()))
    );
    assert_eq!(attempt.evaluation_job_id, Some(submitted.evaluation_job_id));

    let result = scene.result().await;
    assert_eq!(counting(&result).len(), 7);
    let right = |(kind, points, reason): &(ItemKind, Option<i64>, Reason)| {
        let marks = scene.published.item(*kind).unwrap().content.marks.hundredths();
        (*points, *reason) == (Some(marks), Reason::Correct)
    };
    assert!(counting(&result).iter().all(right), "{:?}", counting(&result));
    assert!(
        result
            .items
            .iter()
            .flat_map(|item| &item.counts)
            .all(|counts| counts.reason == ResolutionReason::Rule)
    );
    jobs_of_texts(&scene, &[ItemKind::ShortAnswer, ItemKind::Essay]).await;
}

/// The parent waits for one child per text, and each knows by its payload what to do.
async fn jobs_of_texts(scene: &Scene, kinds: &[ItemKind]) {
    let parent = "SELECT payload FROM jobs WHERE kind = 'evaluate_attempt' AND state = 'waiting'";
    let parent: EvaluatePayload =
        serde_json::from_str(&raw::texts(&scene.database, parent).await[0]).unwrap();
    assert_eq!(
        parent,
        EvaluatePayload {
            attempt_id: scene.attempt_id,
            cause: "initial".to_owned()
        }
    );
    let children = "SELECT c.payload FROM jobs c JOIN jobs p ON p.id = c.parent_id
        WHERE c.kind = 'score_text' AND c.state = 'ready' AND p.kind = 'evaluate_attempt' ORDER BY c.id";
    let children = raw::texts(&scene.database, children).await;
    let children: Vec<ScoreAnswerPayload> = children
        .iter()
        .map(|child| serde_json::from_str(child).unwrap())
        .collect();
    let expected: Vec<ScoreAnswerPayload> = kinds
        .iter()
        .map(|kind| ScoreAnswerPayload {
            attempt_id: scene.attempt_id,
            item_version_id: scene.published.item(*kind).unwrap().item_version_id,
            cause: "initial".to_owned(),
        })
        .collect();
    assert_eq!(children, expected);
    let jobs = scene
        .database
        .store
        .jobs_for_subject(scene.attempt_id.0)
        .await
        .unwrap();
    assert_eq!(jobs.len(), 1 + kinds.len());
    assert!(
        jobs.iter()
            .all(|job| job.requested_by == Some(scene.candidate.user_id().0))
    );
}

async fn without_texts_the_evaluation_is_ready_at_once(database: TestDatabase) {
    let scene = Scene::new(database, Settings::default()).await;
    scene.start().await;
    scene
        .submit_all_sections(|item| {
            if item.body.kind().is_text() {
                "  \n".into()
            } else {
                wrong_answer(item)
            }
        })
        .await;
    let submitted = scene.submit().await;
    assert_eq!(submitted.degraded_reasons, [DegradedReason::Unanswered]);
    assert_eq!(
        scene.attempt().await.degraded_reasons,
        [DegradedReason::Unanswered]
    );
    assert_eq!(
        raw::count(
            &scene.database,
            "jobs WHERE kind = 'evaluate_attempt' AND state = 'ready'"
        )
        .await,
        1
    );
    assert_eq!(raw::count(&scene.database, "jobs").await, 1);
    let result = scene.result().await;
    let unanswered: Vec<_> = counting(&result)
        .into_iter()
        .filter(|(_, _, reason)| *reason == Reason::Unanswered)
        .collect();
    let nothing = |kind| (kind, Some(0), Reason::Unanswered);
    assert_eq!(
        unanswered,
        [nothing(ItemKind::ShortAnswer), nothing(ItemKind::Essay)]
    );
    // A wrong choice costs half of its two points.
    assert_eq!(
        counting(&result)[0],
        (ItemKind::MultipleChoice, Some(-100), Reason::Incorrect)
    );
}

async fn a_submission_with_sections_missing_is_refused(database: TestDatabase) {
    let scene = Scene::new(database, Settings::default()).await;
    scene.start().await;
    for missing in [2, 1] {
        let refusal = scene.try_submit().await;
        assert!(
            matches!(refusal, Err(AttemptError::SectionsMissing { missing: m }) if m == missing),
            "{refusal:?}"
        );
        alive(scene.submit_section(2 - missing, Vec::new()).await);
    }
    assert_eq!(raw::count(&scene.database, "jobs").await, 0);
    scene.submit().await;
}

async fn a_second_submission_is_refused(database: TestDatabase) {
    let scene = Scene::submitted(database, answer_key).await;
    let refusal = scene.try_submit().await.unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "an attempt that is awaiting_async does not take submit"
    );
    assert_eq!(raw::count(&scene.database, "jobs").await, 3);
}

async fn two_submissions_at_once_have_one_effect(database: TestDatabase) {
    let scene = Scene::new(database, Settings::default()).await;
    scene.start().await;
    scene.submit_all_sections(answer_key).await;
    let (first, second) = tokio::join!(scene.try_submit(), scene.try_submit());
    let outcomes = [first, second];
    let taken = outcomes
        .iter()
        .filter(|outcome| matches!(outcome, Ok(Touched::Alive(_))))
        .count();
    let refused = outcomes
        .iter()
        .filter(|outcome| matches!(outcome, Err(AttemptError::Unlawful(_))))
        .count();
    assert_eq!((taken, refused), (1, 1), "{outcomes:?}");
    assert_eq!(raw::count(&scene.database, "jobs").await, 3);
    assert_eq!(raw::count(&scene.database, "score_records").await, 7);
}
