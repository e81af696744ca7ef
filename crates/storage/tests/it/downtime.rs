//! Time the service was down is given back, to those who were in time and no more than they lost.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use domain::attempts::{Attempt, AttemptState, GRACE, MarkServing, Touched};
use domain::authoring::Settings;
use domain::time::Timestamp;
use testkit::{TestDatabase, both_databases};

use crate::attempt_scene::{MINUTE, Scene};
use crate::raw;
use crate::repository::in_tx;

both_databases!(
    an_attempt_in_time_at_the_mark_gets_the_gap,
    an_attempt_overdue_before_the_mark_gets_nothing,
    an_attempt_in_grace_at_the_mark_gets_the_gap,
    an_attempt_started_after_the_mark_gets_its_part,
    the_last_activity_never_passes_now,
    an_attempt_without_a_deadline_has_none_afterwards,
    only_running_attempts_are_credited,
    marking_credits_the_gap_once,
    a_short_gap_is_no_downtime,
    a_candidate_who_comes_before_the_sweep_is_not_expired,
);

/// Started at the scene's clock with ten minutes, alive by inactivity for thirty.
async fn started(database: TestDatabase) -> (Scene, Attempt) {
    let settings = Settings {
        time_limit_minutes: Some(10),
        ..Settings::default()
    };
    let scene = Scene::new(database, settings).await;
    let attempt = scene.start().await;
    (scene, attempt)
}

async fn credit(scene: &Scene, since: Timestamp, now: Timestamp) -> u64 {
    in_tx!(scene.database, tx => tx.timekeeping().credit_downtime(since, now)).unwrap()
}

async fn an_attempt_in_time_at_the_mark_gets_the_gap(database: TestDatabase) {
    let (scene, before) = started(database).await;
    let mark = scene.now() + 3 * MINUTE;
    let now = mark + 60 * MINUTE;
    assert_eq!(credit(&scene, mark, now).await, 1);
    let expected = Attempt {
        deadline_at: before.deadline_at.map(|deadline| deadline + 60 * MINUTE),
        last_activity_at: before.last_activity_at.map(|last| last + 60 * MINUTE),
        revision: before.revision + 1,
        updated_at: now,
        ..before
    };
    assert_eq!(scene.attempt().await, expected);
    // What was left at the mark is left now.
    assert_eq!(expected.deadline_at.unwrap().since(now), 7 * MINUTE);
    assert_eq!(now.since(expected.last_activity_at.unwrap()), 3 * MINUTE);
}

async fn an_attempt_overdue_before_the_mark_gets_nothing(database: TestDatabase) {
    let (scene, before) = started(database).await;
    let by_deadline = scene.now() + 10 * MINUTE + GRACE + Duration::from_micros(1);
    assert_eq!(credit(&scene, by_deadline, by_deadline + 60 * MINUTE).await, 0);
    raw::execute(&scene.database, "UPDATE attempts SET deadline_at = NULL")
        .await
        .unwrap();
    let by_inactivity = scene.now() + 30 * MINUTE + GRACE + Duration::from_micros(1);
    assert_eq!(
        credit(&scene, by_inactivity, by_inactivity + 60 * MINUTE).await,
        0
    );
    assert_eq!(
        scene.attempt().await,
        Attempt {
            deadline_at: None,
            ..before
        }
    );
}

async fn an_attempt_in_grace_at_the_mark_gets_the_gap(database: TestDatabase) {
    let (scene, before) = started(database).await;
    let mark = scene.now() + 10 * MINUTE + GRACE;
    assert_eq!(credit(&scene, mark, mark + MINUTE).await, 1);
    assert_eq!(
        scene.attempt().await.deadline_at,
        before.deadline_at.map(|deadline| deadline + MINUTE)
    );
}

async fn an_attempt_started_after_the_mark_gets_its_part(database: TestDatabase) {
    let (scene, before) = started(database).await;
    let start = scene.now();
    // The mark is older than the attempt: some process took the start and died before its next mark.
    let now = start + 8 * MINUTE;
    assert_eq!(credit(&scene, start - 5 * MINUTE, now).await, 1);
    let after = scene.attempt().await;
    assert_eq!(
        after.deadline_at,
        before.deadline_at.map(|deadline| deadline + 8 * MINUTE)
    );
    assert_eq!(after.last_activity_at, Some(now));
    // One that starts only now lost nothing.
    let begun_now = credit(&scene, start - 5 * MINUTE, start).await;
    assert_eq!(begun_now, 0);
}

async fn the_last_activity_never_passes_now(database: TestDatabase) {
    let (scene, _) = started(database).await;
    let start = scene.now();
    let mark = start + 2 * MINUTE;
    let now = mark + 6 * MINUTE;
    // Heard of a minute after the mark: moving by the whole gap would end in the future.
    let heard = format!(
        "UPDATE attempts SET last_activity_at = {}",
        (mark + MINUTE).as_micros()
    );
    raw::execute(&scene.database, &heard).await.unwrap();
    assert_eq!(credit(&scene, mark, now).await, 1);
    let after = scene.attempt().await;
    assert_eq!(after.last_activity_at, Some(now));
    assert_eq!(after.deadline_at, Some(start + 16 * MINUTE));
}

async fn an_attempt_without_a_deadline_has_none_afterwards(database: TestDatabase) {
    let (scene, before) = started(database).await;
    raw::execute(&scene.database, "UPDATE attempts SET deadline_at = NULL")
        .await
        .unwrap();
    let mark = scene.now() + MINUTE;
    assert_eq!(credit(&scene, mark, mark + 20 * MINUTE).await, 1);
    let after = scene.attempt().await;
    assert_eq!(after.deadline_at, None);
    assert_eq!(
        after.last_activity_at,
        before.last_activity_at.map(|last| last + 20 * MINUTE)
    );
}

async fn only_running_attempts_are_credited(database: TestDatabase) {
    let (scene, _) = started(database).await;
    let mark = scene.now() + MINUTE;
    for state in AttemptState::ALL {
        let text = format!(
            "UPDATE attempts SET state = '{}', submitted_at = 5",
            state.as_str()
        );
        raw::execute(&scene.database, &text).await.unwrap();
        let before = scene.attempt().await;
        let running = state == AttemptState::InProgress;
        assert_eq!(
            credit(&scene, mark, mark + MINUTE).await,
            u64::from(running),
            "{state:?}"
        );
        assert_eq!(scene.attempt().await == before, !running, "{state:?}");
    }
}

async fn marking_credits_the_gap_once(database: TestDatabase) {
    let (scene, before) = started(database).await;
    assert_eq!(scene.run(&MarkServing).await.unwrap(), 0);
    scene.advance(20 * MINUTE);
    assert_eq!(scene.run(&MarkServing).await.unwrap(), 1);
    assert_eq!(scene.run(&MarkServing).await.unwrap(), 0);
    assert_eq!(
        scene.attempt().await.deadline_at,
        before.deadline_at.map(|deadline| deadline + 20 * MINUTE)
    );
    let credited = "audit_log WHERE action = 'attempts.downtime_credited'";
    assert_eq!(raw::count(&scene.database, credited).await, 1);
}

async fn a_short_gap_is_no_downtime(database: TestDatabase) {
    let (scene, before) = started(database).await;
    scene.run(&MarkServing).await.unwrap();
    scene.advance(Duration::from_secs(30));
    assert_eq!(scene.run(&MarkServing).await.unwrap(), 0);
    assert_eq!(scene.attempt().await, before);
    let last = in_tx!(scene.database, tx => tx.timekeeping().last_served()).unwrap();
    assert_eq!(last, Some(scene.now()));
}

async fn a_candidate_who_comes_before_the_sweep_is_not_expired(database: TestDatabase) {
    let (scene, before) = started(database).await;
    scene.run(&MarkServing).await.unwrap();
    // Down for a day; the first thing that happens is a heartbeat.
    let day = 24 * 60 * MINUTE;
    scene.advance(day);
    let touched = scene.heartbeat().await.unwrap();
    let Touched::Alive(alive) = touched else {
        panic!("{touched:?}");
    };
    assert_eq!(
        alive.deadline_at,
        before.deadline_at.map(|deadline| deadline + day)
    );
    assert_eq!(scene.attempt().await.state, AttemptState::InProgress);
    // Time that was credited can run out as well.
    scene.run(&MarkServing).await.unwrap();
    for _ in 0..30 {
        scene.advance(Duration::from_secs(25));
        scene.run(&MarkServing).await.unwrap();
    }
    assert!(matches!(scene.heartbeat().await.unwrap(), Touched::Expired(_)));
}
