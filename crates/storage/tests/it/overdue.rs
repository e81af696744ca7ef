//! What a sweep finds: to the microsecond, and no more than it asked for.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use domain::attempts::{Attempt, AttemptState, Form, GRACE, OPT_IN_LIFETIME};
use domain::authoring::Settings;
use domain::ids::AttemptId;
use domain::time::Timestamp;
use testkit::{TestDatabase, both_databases, builders};
use uuid::Uuid;

use crate::attempt_scene::{MINUTE, Scene};
use crate::raw;
use crate::repository::in_tx;

both_databases!(
    an_attempt_is_overdue_after_its_deadline_and_grace,
    an_attempt_is_overdue_after_its_inactivity_and_grace,
    an_opt_in_is_overdue_after_thirty_days_and_grace,
    the_earlier_of_two_limits_decides,
    what_has_ended_is_never_overdue,
    no_more_are_found_than_asked_for,
);

const MICROSECOND: Duration = Duration::from_micros(1);

async fn overdue(scene: &Scene, now: Timestamp, limit: u32) -> Vec<AttemptId> {
    in_tx!(scene.database, tx => tx.timekeeping().overdue(now, limit)).unwrap()
}

/// Asserts that the attempt of the scene is overdue from just after `last`, and that the domain says so too.
async fn assert_boundary(scene: &Scene, last: Timestamp) {
    let attempt = scene.attempt().await;
    for (now, expected) in [
        (last - MICROSECOND, vec![]),
        (last, vec![]),
        (last + MICROSECOND, vec![scene.attempt_id]),
    ] {
        assert_eq!(overdue(scene, now, 10).await, expected);
        assert_eq!(attempt.overdue(now).is_some(), !expected.is_empty());
    }
}

async fn started(database: TestDatabase, time_limit_minutes: Option<u32>) -> (Scene, Attempt) {
    let settings = Settings {
        time_limit_minutes,
        ..Settings::default()
    };
    let scene = Scene::new(database, settings).await;
    let attempt = scene.start().await;
    (scene, attempt)
}

async fn an_attempt_is_overdue_after_its_deadline_and_grace(database: TestDatabase) {
    let (scene, attempt) = started(database, Some(10)).await;
    assert_eq!(attempt.deadline_at, Some(scene.now() + 10 * MINUTE));
    assert_boundary(&scene, scene.now() + 10 * MINUTE + GRACE).await;
}

async fn an_attempt_is_overdue_after_its_inactivity_and_grace(database: TestDatabase) {
    let (scene, attempt) = started(database, None).await;
    scene.advance(4 * MINUTE);
    scene.heartbeat().await.unwrap();
    assert_boundary(&scene, scene.now() + attempt.inactivity_limit + GRACE).await;
}

async fn an_opt_in_is_overdue_after_thirty_days_and_grace(database: TestDatabase) {
    let scene = Scene::new(database, Settings::default()).await;
    assert_boundary(&scene, scene.now() + OPT_IN_LIFETIME + GRACE).await;
}

async fn the_earlier_of_two_limits_decides(database: TestDatabase) {
    let (scene, _) = started(database, Some(40)).await;
    let start = scene.now();
    assert_boundary(&scene, start + 30 * MINUTE + GRACE).await;
    scene.advance(20 * MINUTE);
    scene.heartbeat().await.unwrap();
    assert_boundary(&scene, start + 40 * MINUTE + GRACE).await;
}

async fn what_has_ended_is_never_overdue(database: TestDatabase) {
    let (scene, _) = started(database, Some(10)).await;
    let later = scene.now() + 100 * OPT_IN_LIFETIME;
    for state in AttemptState::ALL {
        let text = format!(
            "UPDATE attempts SET state = '{}', submitted_at = 5",
            state.as_str()
        );
        raw::execute(&scene.database, &text).await.unwrap();
        let open = matches!(state, AttemptState::OptedIn | AttemptState::InProgress);
        assert_eq!(
            overdue(&scene, later, 10).await.len(),
            usize::from(open),
            "{state:?}"
        );
    }
}

async fn no_more_are_found_than_asked_for(database: TestDatabase) {
    let (scene, attempt) = started(database, Some(10)).await;
    for number in 2..=5 {
        let user_id = builders::candidate(&scene.database, number)
            .await
            .unwrap()
            .user_id();
        let state = if number % 2 == 0 {
            AttemptState::OptedIn
        } else {
            AttemptState::InProgress
        };
        let other = Attempt {
            id: AttemptId(Uuid::from_u128(u128::from(number))),
            user_id,
            state,
            form: Form::whole(),
            ..attempt.clone()
        };
        in_tx!(scene.database, tx => tx.attempts().insert(&other, None)).unwrap();
    }
    let later = scene.now() + 2 * OPT_IN_LIFETIME;
    for (limit, found) in [(0, 0), (1, 1), (4, 4), (5, 5), (6, 5)] {
        assert_eq!(overdue(&scene, later, limit).await.len(), found);
    }
}
