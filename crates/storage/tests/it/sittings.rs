//! Which attempts count against the number allowed.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use domain::attempts::{AttemptError, Sittings};
use domain::authoring::Settings;
use domain::ids::UserId;
use domain::time::Timestamp;
use testkit::{TestDatabase, both_databases, builders};
use uuid::Uuid;

use crate::attempt_scene::Scene;
use crate::raw;
use crate::repository::in_tx;

both_databases!(
    each_state_counts_or_does_not,
    the_latest_end_of_what_counts_is_known,
    attempts_of_others_and_of_other_assessments_do_not_count,
);

async fn sittings(scene: &Scene, user: UserId) -> Sittings {
    let definition = scene.published.definition_id;
    in_tx!(scene.database, tx => tx.attempts().sittings(user, definition)).unwrap()
}

async fn allowed(database: TestDatabase, max_attempts: u32) -> Scene {
    let settings = Settings {
        max_attempts: Some(max_attempts),
        ..Settings::default()
    };
    Scene::new(database, settings).await
}

async fn each_state_counts_or_does_not(database: TestDatabase) {
    let scene = allowed(database, 3).await;
    let user = scene.candidate.user_id();
    for (state, started, voided_by, counted) in [
        ("opted_in", false, None, 1),
        ("in_progress", true, None, 1),
        ("awaiting_async", true, None, 1),
        ("completed", true, None, 1),
        ("failed", true, None, 1),
        ("expired", true, None, 1),
        ("expired", false, None, 0),
        ("voided", true, Some("owner"), 1),
        ("voided", false, Some("owner"), 0),
        ("voided", true, Some("staff"), 0),
        ("voided", false, Some("staff"), 0),
    ] {
        let started_at = if started { "4" } else { "NULL" };
        let by = voided_by.map_or("NULL".to_owned(), |by| format!("'{by}'"));
        let text = format!(
            "UPDATE attempts SET state = '{state}', started_at = {started_at}, last_activity_at = {started_at},
                submitted_at = 5, voided_by = {by}"
        );
        raw::execute(&scene.database, &text).await.unwrap();
        assert_eq!(sittings(&scene, user).await.counted, counted, "{text}");
        // What is offered says the same.
        let offered = scene.database.store.available_assessments(user).await.unwrap();
        assert_eq!(offered[0].attempts_left, Some(3 - counted), "{text}");
    }
}

async fn the_latest_end_of_what_counts_is_known(database: TestDatabase) {
    let scene = allowed(database, 3).await;
    let user = scene.candidate.user_id();
    assert_eq!(sittings(&scene, user).await.last_ended_at, None);
    let end = |ended_at: i64| {
        format!(
            "UPDATE attempts SET state = 'expired', started_at = 1, ended_at = {ended_at} WHERE state = 'opted_in'"
        )
    };
    raw::execute(&scene.database, &end(2000)).await.unwrap();
    scene.opt_in().await.unwrap();
    raw::execute(&scene.database, &end(1000)).await.unwrap();
    let two = Sittings {
        counted: 2,
        last_ended_at: Some(Timestamp::from_micros(2000)),
    };
    assert_eq!(sittings(&scene, user).await, two);
    // What staff has voided ended nothing.
    let void = "UPDATE attempts SET state = 'voided', voided_by = 'staff' WHERE ended_at = 2000";
    raw::execute(&scene.database, void).await.unwrap();
    let one = Sittings {
        counted: 1,
        last_ended_at: Some(Timestamp::from_micros(1000)),
    };
    assert_eq!(sittings(&scene, user).await, one);
}

async fn attempts_of_others_and_of_other_assessments_do_not_count(database: TestDatabase) {
    let mut scene = allowed(database, 1).await;
    let first = scene.candidate.user_id();
    scene.candidate = builders::candidate(&scene.database, 2).await.unwrap();
    let second = scene.candidate.user_id();
    assert_eq!(sittings(&scene, second).await, Sittings::default());
    scene.opt_in().await.unwrap();
    assert_eq!(
        (
            sittings(&scene, first).await.counted,
            sittings(&scene, second).await.counted
        ),
        (1, 1)
    );
    let unknown = domain::ids::DefinitionId(Uuid::nil());
    let none = in_tx!(scene.database, tx => tx.attempts().sittings(first, unknown)).unwrap();
    assert_eq!(none, Sittings::default());
    raw::execute(
        &scene.database,
        "UPDATE attempts SET state = 'completed', submitted_at = 1, started_at = 1",
    )
    .await
    .unwrap();
    let refusal = scene.opt_in().await;
    assert!(
        matches!(refusal, Err(AttemptError::NoAttemptsLeft { allowed: 1 })),
        "{refusal:?}"
    );
}
