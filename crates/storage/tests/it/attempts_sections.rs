//! Sections in strict order, and taking that ends because time is up.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use domain::attempts::{AttemptError, AttemptState, DegradedReason, Expiry, ScoringState, Touched};
use domain::authoring::Settings;
use domain::authoring::item::ItemKind;
use domain::authoring::sample_answers::answer_key;
use serde_json::{Value, json};
use testkit::{TestDatabase, both_databases};

use crate::attempt_scene::{MINUTE, Scene, alive};
use crate::raw;

both_databases!(
    sections_are_submitted_in_order,
    a_section_out_of_order_is_refused,
    last_answers_come_with_their_section,
    an_older_answer_in_a_section_does_not_replace_a_newer_one,
    a_section_submitted_twice_at_once_is_submitted_once,
    no_section_is_submitted_after_time,
    an_expired_attempt_is_scored,
    an_expired_attempt_is_not_scored_when_the_settings_say_so,
    nothing_moves_an_expired_attempt,
    a_submission_after_time_expires_the_attempt,
);

async fn started(database: TestDatabase, settings: Settings) -> Scene {
    let scene = Scene::new(database, settings).await;
    scene.start().await;
    scene
}

async fn sections_are_submitted_in_order(database: TestDatabase) {
    let scene = started(database, Settings::default()).await;
    scene.advance(MINUTE);
    let first = alive(scene.submit_section(0, Vec::new()).await);
    assert_eq!(first.next_section_index, Some(1));
    let attempt = scene.attempt().await;
    assert_eq!(
        (attempt.current_section, attempt.last_activity_at),
        (1, Some(scene.now()))
    );
    let last = alive(scene.submit_section(1, Vec::new()).await);
    assert_eq!(last.next_section_index, None);
    let attempt = scene.attempt().await;
    assert_eq!(
        (attempt.current_section, attempt.state),
        (2, AttemptState::InProgress)
    );
    assert_eq!(raw::count(&scene.database, "section_submissions").await, 2);
    assert_eq!(
        raw::count(
            &scene.database,
            "audit_log WHERE action = 'attempts.section_submitted'"
        )
        .await,
        2
    );
}

async fn a_section_out_of_order_is_refused(database: TestDatabase) {
    let scene = started(database, Settings::default()).await;
    for requested in [1, 2, -1] {
        let refusal = scene.submit_section(requested, Vec::new()).await;
        assert!(
            matches!(refusal, Err(AttemptError::SectionOutOfOrder { requested: r, current: 0 }) if r == requested),
            "{refusal:?}"
        );
    }
    scene.submit_all_sections(|_| Value::Null).await;
    for requested in [0, 1, 2] {
        let refusal = scene.submit_section(requested, Vec::new()).await;
        let out_of_order = matches!(refusal, Err(AttemptError::SectionOutOfOrder { current: 2, .. }));
        assert!(out_of_order, "section {requested} of 2 was taken: {refusal:?}");
    }
    assert_eq!(raw::count(&scene.database, "section_submissions").await, 2);
}

async fn last_answers_come_with_their_section(database: TestDatabase) {
    let scene = started(database, Settings::default()).await;
    scene
        .save(0, &[scene.answer(ItemKind::TrueFalse, false)])
        .await
        .unwrap();
    let answers = scene.published.sections[0].answers(scene.now(), answer_key);
    alive(scene.submit_section(0, answers.clone()).await);
    let attempt = scene.attempt().await;
    assert_eq!(attempt.response_seq, 6);
    let result = scene.result().await;
    let kept: Vec<_> = result.items[..5]
        .iter()
        .map(|item| item.response.as_ref().unwrap().answer.clone())
        .collect();
    assert_eq!(
        kept,
        answers
            .into_iter()
            .map(|answer| answer.answer)
            .collect::<Vec<_>>()
    );
}

async fn an_older_answer_in_a_section_does_not_replace_a_newer_one(database: TestDatabase) {
    let scene = started(database, Settings::default()).await;
    let old = scene.answer(ItemKind::TrueFalse, false);
    scene.advance(Duration::from_secs(1));
    scene
        .save(0, &[scene.answer(ItemKind::TrueFalse, true)])
        .await
        .unwrap();
    alive(scene.submit_section(0, vec![old]).await);
    assert_eq!(
        raw::texts(&scene.database, "SELECT answer FROM responses").await,
        ["true"]
    );
}

async fn a_section_submitted_twice_at_once_is_submitted_once(database: TestDatabase) {
    let scene = started(database, Settings::default()).await;
    let (first, second) = tokio::join!(
        scene.submit_section(0, Vec::new()),
        scene.submit_section(0, Vec::new())
    );
    let outcomes = [first, second];
    let taken = outcomes
        .iter()
        .filter(|outcome| matches!(outcome, Ok(Touched::Alive(_))))
        .count();
    let refused = |outcome: &Result<_, _>| {
        matches!(
            outcome,
            Err(AttemptError::SectionOutOfOrder {
                requested: 0,
                current: 1
            })
        )
    };
    assert_eq!(
        (taken, outcomes.iter().filter(|outcome| refused(outcome)).count()),
        (1, 1),
        "{outcomes:?}"
    );
    assert_eq!(scene.attempt().await.current_section, 1);
}

async fn no_section_is_submitted_after_time(database: TestDatabase) {
    let scene = started(
        database,
        Settings {
            time_limit_minutes: Some(20),
            ..Settings::default()
        },
    )
    .await;
    scene.advance(20 * MINUTE + Duration::from_secs(5));
    alive(scene.submit_section(0, Vec::new()).await);
    scene.advance(Duration::from_micros(1));
    let late = scene.published.sections[1].answers(scene.now(), answer_key);
    assert_eq!(
        scene.submit_section(1, late).await.unwrap(),
        Touched::Expired(Expiry::Deadline)
    );
    assert_eq!(scene.attempt().await.state, AttemptState::Expired);
    assert_eq!(
        raw::count(&scene.database, "responses").await,
        0,
        "late answers are not kept"
    );
    assert_eq!(raw::count(&scene.database, "section_submissions").await, 1);
}

async fn an_expired_attempt_is_scored(database: TestDatabase) {
    let scene = started(database, Settings::default()).await;
    scene
        .save(0, &[scene.answer(ItemKind::TrueFalse, true)])
        .await
        .unwrap();
    alive(scene.submit_section(0, Vec::new()).await);
    scene
        .save(1, &[scene.answer(ItemKind::ShortAnswer, "Others wait.")])
        .await
        .unwrap();
    scene.advance(31 * MINUTE);
    assert_eq!(
        scene.heartbeat().await.unwrap(),
        Touched::Expired(Expiry::Inactivity)
    );

    let attempt = scene.attempt().await;
    assert_eq!(
        (attempt.state, attempt.scoring),
        (AttemptState::Expired, ScoringState::Running)
    );
    assert_eq!(
        attempt.degraded_reasons,
        [DegradedReason::Unanswered, DegradedReason::Expired]
    );
    assert_eq!(
        (attempt.submitted_at, attempt.ended_at),
        (None, Some(scene.now()))
    );
    let evaluation = attempt.evaluation_job_id.unwrap();
    // Eight items by rules (the essay is unanswered), one text.
    assert_eq!(
        raw::count(&scene.database, "score_records WHERE scorer = 'rule'").await,
        8
    );
    assert_eq!(
        raw::count(
            &scene.database,
            "jobs WHERE kind = 'score_text' AND state = 'ready'"
        )
        .await,
        1
    );
    let details = "SELECT details FROM audit_log WHERE action = 'attempts.expired'";
    let details: Value = serde_json::from_str(&raw::texts(&scene.database, details).await[0]).unwrap();
    assert_eq!(details, json!({ "by": "inactivity" }));

    scene.finish_evaluation(evaluation).await;
    let attempt = scene.attempt().await;
    assert_eq!(
        (attempt.state, attempt.scoring),
        (AttemptState::Expired, ScoringState::Done)
    );
    assert_eq!(
        (attempt.scored_at, attempt.released_at),
        (Some(scene.now()), Some(scene.now()))
    );
}

async fn an_expired_attempt_is_not_scored_when_the_settings_say_so(database: TestDatabase) {
    let scene = started(
        database,
        Settings {
            score_on_expiry: false,
            ..Settings::default()
        },
    )
    .await;
    scene
        .save(0, &[scene.answer(ItemKind::TrueFalse, true)])
        .await
        .unwrap();
    scene.advance(31 * MINUTE);
    assert_eq!(
        scene.try_start().await.unwrap(),
        Touched::Expired(Expiry::Inactivity)
    );
    let attempt = scene.attempt().await;
    assert_eq!(
        (attempt.state, attempt.scoring),
        (AttemptState::Expired, ScoringState::None)
    );
    assert_eq!(attempt.degraded_reasons, [DegradedReason::Expired]);
    assert_eq!(
        (attempt.evaluation_job_id, attempt.ended_at),
        (None, Some(scene.now()))
    );
    assert_eq!(raw::count(&scene.database, "jobs").await, 0);
    assert_eq!(raw::count(&scene.database, "score_records").await, 0);
    assert_eq!(raw::count(&scene.database, "responses").await, 1);
}

async fn nothing_moves_an_expired_attempt(database: TestDatabase) {
    let scene = started(database, Settings::default()).await;
    scene.advance(31 * MINUTE);
    scene.heartbeat().await.unwrap();
    let expired = scene.attempt().await;
    let refusals = [
        scene.try_start().await.map(|_| ()),
        scene.heartbeat().await.map(|_| ()),
        scene.submit_section(0, Vec::new()).await.map(|_| ()),
        scene.try_submit().await.map(|_| ()),
        scene.resolve_refused_save(0).await.map(|_| ()),
    ];
    for refusal in refusals {
        assert!(
            matches!(refusal, Err(AttemptError::Expired { by: None })),
            "{refusal:?}"
        );
    }
    assert_eq!(scene.attempt().await, expired);
}

async fn a_submission_after_time_expires_the_attempt(database: TestDatabase) {
    let scene = started(database, Settings::default()).await;
    scene.submit_all_sections(answer_key).await;
    scene.advance(31 * MINUTE);
    assert_eq!(
        scene.try_submit().await.unwrap(),
        Touched::Expired(Expiry::Inactivity)
    );
    let attempt = scene.attempt().await;
    assert_eq!(
        (attempt.state, attempt.submitted_at),
        (AttemptState::Expired, None)
    );
    assert_eq!(attempt.degraded_reasons, [DegradedReason::Expired]);
}
