//! Opting in, starting, resuming, staying alive.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use domain::attempts::{
    AttemptError, AttemptState, DegradedReason, Expiry, OptIn, ScoringState, StartAttempt, Touched,
};
use domain::authoring::Settings;
use domain::ids::{AttemptId, DefinitionId};
use testkit::{TestDatabase, both_databases, builders};
use uuid::Uuid;

use crate::attempt_scene::{MINUTE, Scene, alive};
use crate::raw;

both_databases!(
    opting_in_twice_gives_the_same_attempt,
    a_candidate_opts_in_as_often_as_allowed,
    only_published_assessments_can_be_taken,
    an_attempt_keeps_its_version,
    starting_sets_the_clock,
    starting_again_resumes,
    a_foreign_attempt_is_not_found,
    another_attempt_in_progress_is_named,
    another_attempt_that_is_overdue_is_expired_first,
    two_starts_at_once_leave_one_in_progress,
    a_heartbeat_is_written_at_most_once_a_minute,
    a_heartbeat_keeps_an_attempt_alive,
    heartbeats_keep_an_attempt_of_one_minute_alive,
    an_attempt_not_started_takes_no_heartbeat,
);

fn any_number() -> Settings {
    Settings {
        max_attempts: None,
        ..Settings::default()
    }
}

async fn opting_in_twice_gives_the_same_attempt(database: TestDatabase) {
    let scene = Scene::new(database, Settings::default()).await;
    let again = scene.opt_in().await.unwrap();
    assert_eq!(again, scene.attempt().await);
    assert_eq!((again.id, again.state), (scene.attempt_id, AttemptState::OptedIn));
    assert_eq!(again.inactivity_limit, 30 * MINUTE);
    // In progress it is the same one still.
    scene.start().await;
    assert_eq!(scene.opt_in().await.unwrap().id, scene.attempt_id);
    assert_eq!(
        raw::count(&scene.database, "audit_log WHERE action = 'attempts.opted_in'").await,
        1
    );
}

async fn a_candidate_opts_in_as_often_as_allowed(database: TestDatabase) {
    let scene = Scene::new(
        database,
        Settings {
            max_attempts: Some(2),
            ..Settings::default()
        },
    )
    .await;
    let end = "UPDATE attempts SET state = 'expired', started_at = 1, ended_at = 1 WHERE state = 'opted_in'";
    raw::execute(&scene.database, end).await.unwrap();
    let second = scene.opt_in().await.unwrap();
    assert_ne!(second.id, scene.attempt_id);
    raw::execute(&scene.database, end).await.unwrap();
    let refusal = scene.opt_in().await;
    assert!(
        matches!(refusal, Err(AttemptError::NoAttemptsLeft { allowed: 2 })),
        "{refusal:?}"
    );
    let user = scene.candidate.user_id();
    assert_eq!(
        scene.database.store.available_assessments(user).await.unwrap(),
        []
    );
    // What staff voided does not count.
    raw::execute(
        &scene.database,
        "UPDATE attempts SET state = 'voided', voided_by = 'staff'",
    )
    .await
    .unwrap();
    scene.opt_in().await.unwrap();
}

async fn only_published_assessments_can_be_taken(database: TestDatabase) {
    let scene = Scene::new(database, any_number()).await;
    let draft = builders::draft(&scene.database, vec![builders::every_kind()])
        .await
        .unwrap();
    for definition_id in [draft, DefinitionId(Uuid::nil())] {
        let refusal = scene
            .run(&OptIn {
                candidate: scene.candidate,
                definition_id,
            })
            .await;
        assert!(
            matches!(refusal, Err(AttemptError::NoSuchAssessment)),
            "{refusal:?}"
        );
    }
    raw::execute(
        &scene.database,
        "UPDATE assessment_definitions SET status = 'archived'",
    )
    .await
    .unwrap();
    let refusal = scene.opt_in().await;
    assert!(
        matches!(refusal, Err(AttemptError::NoSuchAssessment)),
        "{refusal:?}"
    );
}

async fn an_attempt_keeps_its_version(database: TestDatabase) {
    let scene = Scene::new(database, any_number()).await;
    let settings = Settings {
        time_limit_minutes: Some(5),
        ..any_number()
    };
    let second = builders::publish(&scene.database, scene.published.definition_id, settings)
        .await
        .unwrap();
    let attempt = scene.start().await;
    assert_eq!(attempt.definition_version_id, scene.published.version_id);
    assert_eq!(attempt.deadline_at, None);
    let candidate = builders::candidate(&scene.database, 2).await.unwrap();
    let opt_in = OptIn {
        candidate,
        definition_id: scene.published.definition_id,
    };
    assert_eq!(
        alive(scene.run(&opt_in).await).definition_version_id,
        second.version_id
    );
}

async fn starting_sets_the_clock(database: TestDatabase) {
    let scene = Scene::new(
        database,
        Settings {
            time_limit_minutes: Some(45),
            ..Settings::default()
        },
    )
    .await;
    // Between opting in and starting no clock runs.
    scene.advance(60 * 24 * MINUTE);
    let started = scene.start().await;
    assert_eq!(started.state, AttemptState::InProgress);
    assert_eq!(started.started_at, Some(scene.now()));
    assert_eq!(started.deadline_at, Some(scene.now() + 45 * MINUTE));
    assert_eq!(started, scene.attempt().await);
    assert_eq!(
        raw::count(&scene.database, "audit_log WHERE action = 'attempts.started'").await,
        1
    );
}

async fn starting_again_resumes(database: TestDatabase) {
    let scene = Scene::new(
        database,
        Settings {
            time_limit_minutes: Some(45),
            ..Settings::default()
        },
    )
    .await;
    let started = scene.start().await;
    scene.advance(10 * MINUTE);
    assert_eq!(scene.start().await, started);
    assert_eq!(
        raw::count(&scene.database, "audit_log WHERE action = 'attempts.started'").await,
        1
    );
}

async fn a_foreign_attempt_is_not_found(database: TestDatabase) {
    let mut scene = Scene::new(database, Settings::default()).await;
    scene.candidate = builders::candidate(&scene.database, 2).await.unwrap();
    let refusals = [
        scene.try_start().await.map(|_| ()),
        scene.heartbeat().await.map(|_| ()),
        scene.submit_section(0, Vec::new()).await.map(|_| ()),
        scene.try_submit().await.map(|_| ()),
        scene.resolve_refused_save(0).await.map(|_| ()),
    ];
    for refusal in refusals {
        assert!(matches!(refusal, Err(AttemptError::NotFound)), "{refusal:?}");
    }
    let unknown = StartAttempt {
        candidate: scene.candidate,
        attempt_id: AttemptId(Uuid::nil()),
        access_code: None,
    };
    let refusal = scene.run(&unknown).await;
    assert!(matches!(refusal, Err(AttemptError::NotFound)), "{refusal:?}");
}

/// A second assessment that the candidate of the scene has opted in to.
async fn another(scene: &Scene) -> StartAttempt {
    let published = builders::publish_sample(&scene.database, Settings::default())
        .await
        .unwrap();
    let opt_in = OptIn {
        candidate: scene.candidate,
        definition_id: published.definition_id,
    };
    StartAttempt {
        candidate: scene.candidate,
        attempt_id: alive(scene.run(&opt_in).await).id,
        access_code: None,
    }
}

async fn another_attempt_in_progress_is_named(database: TestDatabase) {
    let scene = Scene::new(database, Settings::default()).await;
    let other = another(&scene).await;
    scene.start().await;
    let refusal = scene.run(&other).await;
    assert!(
        matches!(refusal, Err(AttemptError::OtherInProgress { running }) if running == scene.attempt_id),
        "{refusal:?}"
    );
    // Exactly at the end of the grace it is still running.
    scene.advance(30 * MINUTE + Duration::from_secs(5));
    let refusal = scene.run(&other).await;
    assert!(
        matches!(refusal, Err(AttemptError::OtherInProgress { .. })),
        "{refusal:?}"
    );
}

async fn another_attempt_that_is_overdue_is_expired_first(database: TestDatabase) {
    let scene = Scene::new(database, Settings::default()).await;
    let other = another(&scene).await;
    scene.start().await;
    scene.advance(31 * MINUTE);
    let started = alive(scene.run(&other).await);
    assert_eq!(
        (started.id, started.state),
        (other.attempt_id, AttemptState::InProgress)
    );
    let expired = scene.attempt().await;
    assert_eq!(
        (expired.state, expired.scoring),
        (AttemptState::Expired, ScoringState::Running)
    );
    assert_eq!(
        expired.degraded_reasons,
        [DegradedReason::Unanswered, DegradedReason::Expired]
    );
    assert_eq!(expired.ended_at, Some(scene.now()));
    assert_eq!(
        raw::count(&scene.database, "attempts WHERE state = 'in_progress'").await,
        1
    );
}

async fn two_starts_at_once_leave_one_in_progress(database: TestDatabase) {
    let scene = Scene::new(database, Settings::default()).await;
    let other = another(&scene).await;
    let (first, second) = tokio::join!(scene.try_start(), scene.run(&other));
    let outcomes = [first, second];
    let started = outcomes
        .iter()
        .filter(|outcome| matches!(outcome, Ok(Touched::Alive(_))))
        .count();
    let refused = outcomes
        .iter()
        .filter(|outcome| matches!(outcome, Err(AttemptError::OtherInProgress { .. })))
        .count();
    assert_eq!((started, refused), (1, 1), "{outcomes:?}");
    assert_eq!(
        raw::count(&scene.database, "attempts WHERE state = 'in_progress'").await,
        1
    );
}

async fn a_heartbeat_is_written_at_most_once_a_minute(database: TestDatabase) {
    let scene = Scene::new(database, Settings::default()).await;
    let started = scene.start().await;
    scene.advance(Duration::from_micros(59_999_999));
    assert_eq!(alive(scene.heartbeat().await), started);
    assert_eq!(scene.attempt().await, started);
    scene.advance(Duration::from_micros(1));
    let beaten = alive(scene.heartbeat().await);
    assert_eq!(
        (beaten.last_activity_at, beaten.revision),
        (Some(scene.now()), started.revision + 1)
    );
    assert_eq!(scene.attempt().await, beaten);
}

/// Beats of every half minute may be a little late.
async fn heartbeats_keep_an_attempt_of_one_minute_alive(database: TestDatabase) {
    let settings = Settings {
        inactivity_minutes: 1,
        ..Settings::default()
    };
    let scene = Scene::new(database, settings).await;
    scene.start().await;
    for _ in 0..6 {
        scene.advance(Duration::from_millis(29_950));
        alive(scene.heartbeat().await);
    }
}

async fn a_heartbeat_keeps_an_attempt_alive(database: TestDatabase) {
    let scene = Scene::new(database, Settings::default()).await;
    scene.start().await;
    for _ in 0..3 {
        scene.advance(29 * MINUTE);
        alive(scene.heartbeat().await);
    }
    scene.advance(31 * MINUTE);
    assert_eq!(
        scene.heartbeat().await.unwrap(),
        Touched::Expired(Expiry::Inactivity)
    );
    assert_eq!(scene.attempt().await.state, AttemptState::Expired);
}

async fn an_attempt_not_started_takes_no_heartbeat(database: TestDatabase) {
    let scene = Scene::new(database, Settings::default()).await;
    let refusal = scene.heartbeat().await.unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "an attempt that is opted_in does not take heartbeat"
    );
    let refusal = scene.submit_section(0, Vec::new()).await.unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "an attempt that is opted_in does not take submit_section"
    );
    let refusal = scene.try_submit().await.unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "an attempt that is opted_in does not take submit"
    );
}
