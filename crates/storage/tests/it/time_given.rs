//! Extensions and accommodations while an attempt is running.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use domain::attempts::{Accommodate, Attempt, AttemptError, AttemptState, Expiry, Extend, Touched};
use domain::authoring::Settings;
use domain::identity::{EVERYONE, Role};
use domain::ids::UserId;
use testkit::{TestDatabase, both_databases, builders};

use crate::attempt_scene::{MINUTE, alive};
use crate::raw;
use crate::repository::in_tx;
use crate::track_scene::TrackScene;

both_databases!(
    an_extension_moves_the_deadline_of_a_running_attempt,
    an_extension_comes_too_late_for_an_overdue_attempt,
    an_advisor_extends_only_what_they_see,
    an_accommodation_stretches_a_running_attempt_and_the_next_one,
    an_accommodation_keeps_what_was_added,
    an_advisor_accommodates_only_whom_they_see,
);

/// Extends an attempt by ten minutes as advisor 1.
fn extend(scene: &TrackScene, attempt: &Attempt) -> Extend {
    Extend {
        staff: scene.advisor,
        attempt_id: attempt.id,
        minutes: 10,
        reason: Some("fire alarm".to_owned()),
    }
}

fn accommodate(scene: &TrackScene, time_factor: u32) -> Accommodate {
    Accommodate {
        staff: scene.advisor,
        user_id: scene.candidate.user_id(),
        time_factor,
        note: None,
    }
}

async fn an_extension_moves_the_deadline_of_a_running_attempt(database: TestDatabase) {
    let scene = TrackScene::new(database, Settings::for_tracks()).await;
    let before = scene.take().await;
    scene.advance(5 * MINUTE);
    for times in 1..=2_u32 {
        let extended = alive(scene.run(&extend(&scene, &before)).await);
        assert_eq!(scene.stored(before.id).await, extended);
        assert_eq!(extended.extra_time, 10 * times * MINUTE);
        assert_eq!(
            extended.deadline_at,
            before.deadline_at.map(|deadline| deadline + 10 * times * MINUTE)
        );
        assert_eq!(extended.last_activity_at, before.last_activity_at);
    }
    assert_eq!(
        raw::count(&scene.database, "audit_log WHERE action = 'attempts.extended'").await,
        2
    );
}

async fn an_extension_comes_too_late_for_an_overdue_attempt(database: TestDatabase) {
    let scene = TrackScene::new(database, Settings::for_tracks()).await;
    let before = scene.take().await;
    scene.advance(31 * MINUTE);
    let touched = scene.run(&extend(&scene, &before)).await.unwrap();
    assert_eq!(touched, Touched::Expired(Expiry::Inactivity));
    let expired = scene.stored(before.id).await;
    assert_eq!(
        (expired.state, expired.deadline_at),
        (AttemptState::Expired, before.deadline_at)
    );
}

/// Nobody shares a cohort with advisor 1 any more.
async fn isolate_the_advisor(scene: &TrackScene) {
    let advisor = scene.advisor.user_id();
    in_tx!(scene.database, tx => tx.cohorts().remove_member(EVERYONE, advisor)).unwrap();
}

async fn an_advisor_extends_only_what_they_see(database: TestDatabase) {
    let scene = TrackScene::new(database, Settings::for_tracks()).await;
    let before = scene.take().await;
    isolate_the_advisor(&scene).await;
    let refusal = scene.run(&extend(&scene, &before)).await.unwrap_err();
    assert!(matches!(refusal, AttemptError::NotFound), "{refusal}");
    assert_eq!(scene.stored(before.id).await, before);
    let mut by_admin = extend(&scene, &before);
    by_admin.staff = builders::staff_admin(&scene.database).await.unwrap();
    let extended = alive(scene.run(&by_admin).await);
    assert_eq!(extended.extra_time, 10 * MINUTE);
}

async fn an_accommodation_stretches_a_running_attempt_and_the_next_one(database: TestDatabase) {
    let scene = TrackScene::new(database, Settings::for_tracks()).await;
    let before = scene.take().await;
    let start = scene.now();
    scene.advance(5 * MINUTE);
    let accommodated = scene.run(&accommodate(&scene, 200)).await.unwrap();
    let running = accommodated.running.unwrap();
    assert_eq!(scene.stored(before.id).await, running);
    assert_eq!(
        (running.time_factor, running.inactivity_limit),
        (200, 60 * MINUTE)
    );
    assert_eq!(running.deadline_at, Some(start + 90 * MINUTE));
    scene.submit(before.id, Vec::new()).await;
    let next = scene.take().await;
    assert_eq!((next.time_factor, next.inactivity_limit), (200, 60 * MINUTE));
    assert_eq!(next.deadline_at, Some(scene.now() + 90 * MINUTE));
    // Taking it back is an accommodation of 100 percent.
    let taken_back = scene
        .run(&accommodate(&scene, 100))
        .await
        .unwrap()
        .running
        .unwrap();
    assert_eq!(taken_back.deadline_at, Some(scene.now() + 45 * MINUTE));
    assert_eq!(scene.stored(next.id).await, taken_back);
}

async fn an_accommodation_keeps_what_was_added(database: TestDatabase) {
    let scene = TrackScene::new(database, Settings::for_tracks()).await;
    let before = scene.take().await;
    let start = scene.now();
    alive(scene.run(&extend(&scene, &before)).await);
    let running = scene
        .run(&accommodate(&scene, 150))
        .await
        .unwrap()
        .running
        .unwrap();
    assert_eq!(running.extra_time, 10 * MINUTE);
    assert_eq!(
        running
            .deadline_at
            .map(|deadline| deadline.since(start).as_secs()),
        Some(4650)
    );
    assert_eq!(scene.stored(before.id).await, running);
}

async fn an_advisor_accommodates_only_whom_they_see(database: TestDatabase) {
    let scene = TrackScene::new(database, Settings::for_tracks()).await;
    // Staff is not accommodated, not even in the same cohort.
    let colleague: UserId = builders::principal(&scene.database, Role::Advisor, 2)
        .await
        .unwrap()
        .user_id;
    let mut of_colleague = accommodate(&scene, 150);
    of_colleague.user_id = colleague;
    let refusal = scene.run(&of_colleague).await.unwrap_err();
    assert!(matches!(refusal, AttemptError::NoSuchCandidate), "{refusal}");
    isolate_the_advisor(&scene).await;
    let refusal = scene.run(&accommodate(&scene, 150)).await.unwrap_err();
    assert!(matches!(refusal, AttemptError::NoSuchCandidate), "{refusal}");
    assert_eq!(raw::count(&scene.database, "accommodations").await, 0);
    let mut by_admin = accommodate(&scene, 150);
    by_admin.staff = builders::staff_admin(&scene.database).await.unwrap();
    let accommodated = scene.run(&by_admin).await.unwrap();
    assert_eq!(
        (accommodated.accommodation.time_factor, accommodated.running),
        (150, None)
    );
}
