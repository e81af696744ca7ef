//! Changes of an attempt repeat the state they expect: in any other they answer false and change nothing.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use domain::attempts::{
    Attempt, AttemptState, DegradedReason, ScoringEnd, ScoringState, SubmissionMark, VoidedBy,
};
use domain::authoring::Settings;
use domain::ids::JobId;
use domain::time::Timestamp;
use testkit::{TestDatabase, both_databases};
use uuid::Uuid;

use crate::attempt_scene::{MINUTE, Scene};
use crate::raw;
use crate::repository::in_tx;

both_databases!(
    a_start_takes_the_times_given_and_happens_once,
    taking_ends_once_and_says_how,
    taking_without_scoring_leaves_no_job,
    scoring_ends_once_and_releases,
    scoring_ends_without_releasing_what_is_held,
    scoring_that_does_not_run_cannot_end,
    voiding_keeps_what_there_is,
    voiding_gives_running_scoring_up,
    only_scored_attempts_are_released,
    what_is_in_another_state_is_left_alone,
);

const LATER: Duration = Duration::from_mins(7);

async fn opted_in(database: TestDatabase) -> Scene {
    Scene::new(database, Settings::default()).await
}

/// Puts the attempt of the scene into a state by hand.
async fn force(scene: &Scene, state: &str, scoring: &str) -> Attempt {
    let text = format!(
        "UPDATE attempts SET state = '{state}', scoring = '{scoring}', submitted_at = 5, ended_at = 6, started_at = 4,
            last_activity_at = 5"
    );
    raw::execute(&scene.database, &text).await.unwrap();
    scene.attempt().await
}

fn mark(state: AttemptState, evaluation_job_id: Option<JobId>, at: Timestamp) -> SubmissionMark {
    SubmissionMark {
        state,
        degraded_reasons: vec![DegradedReason::Unanswered],
        evaluation_job_id,
        at,
    }
}

fn scoring_end(scoring: ScoringState, released: bool, at: Timestamp) -> ScoringEnd {
    ScoringEnd {
        from: AttemptState::AwaitingAsync,
        to: AttemptState::Completed,
        scoring,
        released,
        at,
    }
}

async fn a_start_takes_the_times_given_and_happens_once(database: TestDatabase) {
    let scene = opted_in(database).await;
    scene.advance(LATER);
    let now = scene.now();
    let opened = scene.attempt().await;
    let wanted = Attempt {
        state: AttemptState::InProgress,
        started_at: Some(now),
        last_activity_at: Some(now),
        deadline_at: Some(now + 90 * MINUTE),
        inactivity_limit: 45 * MINUTE,
        time_factor: 150,
        revision: opened.revision + 1,
        updated_at: now,
        ..opened
    };
    let given = wanted.clone();
    assert!(in_tx!(scene.database, tx => tx.attempts().start(&given, now)).unwrap());
    assert_eq!(scene.attempt().await, wanted);
    let other = Attempt {
        deadline_at: None,
        time_factor: 100,
        ..wanted.clone()
    };
    let later = now + LATER;
    assert!(!in_tx!(scene.database, tx => tx.attempts().start(&other, later)).unwrap());
    assert_eq!(scene.attempt().await, wanted);
}

async fn taking_ends_once_and_says_how(database: TestDatabase) {
    let scene = opted_in(database).await;
    let started = scene.start().await;
    scene.advance(LATER);
    let (id, now, job) = (started.id, scene.now(), JobId(Uuid::from_u128(9)));
    let submitted = mark(AttemptState::AwaitingAsync, Some(job), now);
    let again = submitted.clone();
    assert!(
        in_tx!(scene.database, tx => tx.attempts().end(id, AttemptState::InProgress, &submitted)).unwrap()
    );
    let ended = scene.attempt().await;
    let wanted = Attempt {
        state: AttemptState::AwaitingAsync,
        scoring: ScoringState::Running,
        degraded_reasons: vec![DegradedReason::Unanswered],
        evaluation_job_id: Some(job),
        submitted_at: Some(now),
        ended_at: Some(now),
        revision: started.revision + 1,
        updated_at: now,
        ..started
    };
    assert_eq!(ended, wanted);
    assert!(!in_tx!(scene.database, tx => tx.attempts().end(id, AttemptState::InProgress, &again)).unwrap());
    assert_eq!(scene.attempt().await, ended);
}

async fn taking_without_scoring_leaves_no_job(database: TestDatabase) {
    let scene = opted_in(database).await;
    let (id, now) = (scene.attempt_id, scene.now());
    let expired = mark(AttemptState::Expired, None, now);
    assert!(in_tx!(scene.database, tx => tx.attempts().end(id, AttemptState::OptedIn, &expired)).unwrap());
    let ended = scene.attempt().await;
    assert_eq!(
        (ended.state, ended.scoring),
        (AttemptState::Expired, ScoringState::None)
    );
    assert_eq!(
        (ended.submitted_at, ended.ended_at, ended.evaluation_job_id),
        (None, Some(now), None)
    );
}

async fn scoring_ends_once_and_releases(database: TestDatabase) {
    let scene = opted_in(database).await;
    let waiting = force(&scene, "awaiting_async", "running").await;
    scene.advance(LATER);
    let (id, now) = (waiting.id, scene.now());
    let done = scoring_end(ScoringState::Done, true, now);
    assert!(in_tx!(scene.database, tx => tx.attempts().finish_scoring(id, &done)).unwrap());
    let wanted = Attempt {
        state: AttemptState::Completed,
        scoring: ScoringState::Done,
        scored_at: Some(now),
        released_at: Some(now),
        revision: waiting.revision + 1,
        updated_at: now,
        ..waiting
    };
    assert_eq!(scene.attempt().await, wanted);
    assert!(!in_tx!(scene.database, tx => tx.attempts().finish_scoring(id, &done)).unwrap());
    assert_eq!(scene.attempt().await, wanted);
}

async fn scoring_ends_without_releasing_what_is_held(database: TestDatabase) {
    let scene = opted_in(database).await;
    let id = force(&scene, "awaiting_async", "running").await.id;
    let now = scene.now();
    let held = scoring_end(ScoringState::Failed, false, now);
    assert!(in_tx!(scene.database, tx => tx.attempts().finish_scoring(id, &held)).unwrap());
    let scored = scene.attempt().await;
    assert_eq!(
        (scored.scoring, scored.scored_at),
        (ScoringState::Failed, Some(now))
    );
    assert_eq!(scored.released_at, None);
}

async fn scoring_that_does_not_run_cannot_end(database: TestDatabase) {
    let scene = opted_in(database).await;
    for (state, scoring) in [
        ("awaiting_async", "none"),
        ("awaiting_async", "done"),
        ("awaiting_async", "failed"),
        ("expired", "running"),
        ("voided", "running"),
    ] {
        let before = force(&scene, state, scoring).await;
        let (id, now) = (before.id, scene.now());
        let end = scoring_end(ScoringState::Done, true, now);
        assert!(
            !in_tx!(scene.database, tx => tx.attempts().finish_scoring(id, &end)).unwrap(),
            "{state} {scoring}"
        );
        assert_eq!(scene.attempt().await, before);
    }
}

async fn voiding_keeps_what_there_is(database: TestDatabase) {
    let scene = opted_in(database).await;
    let before = force(&scene, "completed", "done").await;
    scene.advance(LATER);
    let (id, now) = (before.id, scene.now());
    let from = AttemptState::Completed;
    assert!(in_tx!(scene.database, tx => tx.attempts().void(id, from, VoidedBy::Staff, now)).unwrap());
    let wanted = Attempt {
        state: AttemptState::Voided,
        voided_by: Some(VoidedBy::Staff),
        revision: before.revision + 1,
        updated_at: now,
        ..before
    };
    assert_eq!(scene.attempt().await, wanted);
    assert!(!in_tx!(scene.database, tx => tx.attempts().void(id, from, VoidedBy::Owner, now)).unwrap());
    assert_eq!(scene.attempt().await, wanted);
}

async fn voiding_gives_running_scoring_up(database: TestDatabase) {
    let scene = opted_in(database).await;
    let id = force(&scene, "awaiting_async", "running").await.id;
    let now = scene.now();
    let from = AttemptState::AwaitingAsync;
    assert!(in_tx!(scene.database, tx => tx.attempts().void(id, from, VoidedBy::Staff, now)).unwrap());
    assert_eq!(scene.attempt().await.scoring, ScoringState::None);
    // One that has just begun ends now.
    raw::execute(
        &scene.database,
        "UPDATE attempts SET state = 'in_progress', ended_at = NULL",
    )
    .await
    .unwrap();
    let from = AttemptState::InProgress;
    assert!(in_tx!(scene.database, tx => tx.attempts().void(id, from, VoidedBy::Owner, now)).unwrap());
    let voided = scene.attempt().await;
    assert_eq!(
        (voided.ended_at, voided.voided_by),
        (Some(now), Some(VoidedBy::Owner))
    );
}

async fn only_scored_attempts_are_released(database: TestDatabase) {
    let scene = opted_in(database).await;
    for (scoring, lawful) in [
        ("none", false),
        ("running", false),
        ("done", true),
        ("failed", true),
    ] {
        let before = force(&scene, "expired", scoring).await;
        let (id, now) = (before.id, scene.now());
        let released = in_tx!(scene.database, tx => tx.attempts().set_released(id, Some(now), now)).unwrap();
        assert_eq!(released, lawful, "{scoring}");
        let after = scene.attempt().await;
        assert_eq!(after.revision, before.revision + i64::from(lawful));
        assert_eq!(after.released_at, lawful.then_some(now));
        let held = in_tx!(scene.database, tx => tx.attempts().set_released(id, None, now)).unwrap();
        assert_eq!(held, lawful, "{scoring}");
        assert_eq!(scene.attempt().await.released_at, None);
    }
}

async fn what_is_in_another_state_is_left_alone(database: TestDatabase) {
    let scene = opted_in(database).await;
    for state in AttemptState::ALL {
        let before = force(&scene, state.as_str(), "none").await;
        let (id, now) = (before.id, scene.now() + LATER);
        let given = before.clone();
        let database = &scene.database;
        if state != AttemptState::OptedIn {
            assert!(!in_tx!(database, tx => tx.attempts().start(&given, now)).unwrap());
        }
        if state != AttemptState::InProgress {
            assert!(!in_tx!(database, tx => tx.attempts().touch(id, now)).unwrap());
            assert!(!in_tx!(database, tx => tx.attempts().submit_section(id, 0, now)).unwrap());
        }
        let others = AttemptState::ALL.into_iter().filter(|other| *other != state);
        for from in others {
            let expired = mark(AttemptState::Expired, None, now);
            assert!(!in_tx!(database, tx => tx.attempts().end(id, from, &expired)).unwrap());
            assert!(!in_tx!(database, tx => tx.attempts().void(id, from, VoidedBy::Owner, now)).unwrap());
        }
        assert_eq!(scene.attempt().await, before);
    }
    assert_eq!(raw::count(&scene.database, "section_submissions").await, 0);
}
