//! Answers saved one by one, and the guard that takes them only in time, in order and from their owner.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use domain::attempts::{AttemptError, AttemptState, Expiry, Touched};
use domain::authoring::Settings;
use domain::authoring::item::ItemKind;
use domain::ids::AttemptId;
use serde_json::{Value, json};
use testkit::{TestDatabase, both_databases, builders};
use uuid::Uuid;

use crate::attempt_scene::{MINUTE, Scene, alive};
use crate::raw;

const MICROSECOND: Duration = Duration::from_micros(1);
const GRACE: Duration = Duration::from_secs(5);

both_databases!(
    sequence_numbers_count_up,
    saving_again_replaces,
    an_older_answer_never_replaces_a_newer_one,
    of_two_answers_to_one_item_in_a_batch_the_later_stays,
    saving_nothing_is_taken,
    every_shape_of_answer_is_kept_as_sent,
    a_save_is_activity,
    another_section_is_refused_by_name,
    another_candidate_saves_nothing,
    nothing_is_saved_before_the_start,
    nothing_is_saved_after_submission,
    the_deadline_has_five_seconds_of_grace,
    inactivity_has_five_seconds_of_grace,
    a_save_refused_for_time_expires_the_attempt,
    saves_at_once_get_numbers_of_their_own,
    an_unknown_attempt_has_no_version,
);

/// `(sequence number, stored)` of each answer.
async fn saved(scene: &Scene, answers: &[(ItemKind, Value)]) -> Vec<(i64, bool)> {
    let responses: Vec<_> = answers
        .iter()
        .map(|(kind, answer)| scene.answer(*kind, answer.clone()))
        .collect();
    let saved = scene.save(0, &responses).await.unwrap();
    let items: Vec<_> = responses
        .iter()
        .map(|response| response.item_version_id)
        .collect();
    assert_eq!(
        saved
            .iter()
            .map(|saved| saved.item_version_id)
            .collect::<Vec<_>>(),
        items
    );
    saved.iter().map(|saved| (saved.seq, saved.stored)).collect()
}

/// The stored answer to an item, with its sequence number.
async fn stored(scene: &Scene, kind: ItemKind) -> Option<(i64, Value)> {
    let item = scene.published.item(kind).unwrap().item_version_id;
    let result = scene.result().await;
    let found = result
        .items
        .into_iter()
        .find(|found| found.item.item_version_id == item)
        .unwrap();
    found.response.map(|response| (response.seq, response.answer))
}

async fn started(database: TestDatabase) -> Scene {
    let scene = Scene::new(database, Settings::default()).await;
    scene.start().await;
    scene
}

async fn sequence_numbers_count_up(database: TestDatabase) {
    let scene = started(database).await;
    let first = [
        (ItemKind::MultipleChoice, json!("a")),
        (ItemKind::TrueFalse, json!(true)),
    ];
    assert_eq!(saved(&scene, &first).await, [(1, true), (2, true)]);
    assert_eq!(
        saved(&scene, &[(ItemKind::FillBlank, json!({"b1": "lock"}))]).await,
        [(3, true)]
    );
    assert_eq!(scene.attempt().await.response_seq, 3);
    assert_eq!(stored(&scene, ItemKind::TrueFalse).await, Some((2, json!(true))));
    assert_eq!(scene.status().await.answered, 3);
}

async fn saving_again_replaces(database: TestDatabase) {
    let scene = started(database).await;
    saved(&scene, &[(ItemKind::MultipleChoice, json!("a"))]).await;
    // Also in the same instant: the later arrival counts.
    assert_eq!(
        saved(&scene, &[(ItemKind::MultipleChoice, json!("b"))]).await,
        [(2, true)]
    );
    assert_eq!(
        stored(&scene, ItemKind::MultipleChoice).await,
        Some((2, json!("b")))
    );
    assert_eq!(scene.status().await.answered, 1);
}

async fn an_older_answer_never_replaces_a_newer_one(database: TestDatabase) {
    let scene = started(database).await;
    let mut old = scene.answer(ItemKind::MultipleChoice, "a");
    scene.advance(MINUTE);
    saved(&scene, &[(ItemKind::MultipleChoice, json!("b"))]).await;
    old.written_at = old.written_at.map(|at| at + MINUTE - MICROSECOND);
    let fresh = scene.answer(ItemKind::TrueFalse, false);
    let acknowledged = scene.save(0, &[old, fresh]).await.unwrap();
    assert_eq!(
        acknowledged
            .iter()
            .map(|saved| (saved.seq, saved.stored))
            .collect::<Vec<_>>(),
        [(2, false), (3, true)]
    );
    assert_eq!(
        stored(&scene, ItemKind::MultipleChoice).await,
        Some((1, json!("b")))
    );
    assert_eq!(stored(&scene, ItemKind::TrueFalse).await, Some((3, json!(false))));
    // Alone in its batch it is acknowledged just so.
    let mut old = scene.answer(ItemKind::MultipleChoice, "a");
    old.written_at = old.written_at.map(|at| at - MICROSECOND);
    let acknowledged = scene.save(0, &[old]).await.unwrap();
    assert_eq!(
        acknowledged
            .iter()
            .map(|saved| (saved.seq, saved.stored))
            .collect::<Vec<_>>(),
        [(4, false)]
    );
}

async fn of_two_answers_to_one_item_in_a_batch_the_later_stays(database: TestDatabase) {
    let scene = started(database).await;
    let twice = [
        (ItemKind::MultipleChoice, json!("a")),
        (ItemKind::MultipleChoice, json!("b")),
    ];
    assert_eq!(saved(&scene, &twice).await, [(1, true), (2, true)]);
    assert_eq!(
        stored(&scene, ItemKind::MultipleChoice).await,
        Some((2, json!("b")))
    );
}

async fn saving_nothing_is_taken(database: TestDatabase) {
    let scene = started(database).await;
    assert_eq!(scene.save(0, &[]).await, Some(Vec::new()));
    assert_eq!(scene.save(1, &[]).await, None);
    assert_eq!(scene.attempt().await.response_seq, 0);
}

async fn every_shape_of_answer_is_kept_as_sent(database: TestDatabase) {
    let scene = started(database).await;
    let shapes = [
        Value::Null,
        json!(false),
        json!(-0.125),
        json!(9_007_199_254_740_993_i64),
        json!("\u{0}\u{1f512} 'quoted' \"twice\"\\ $1 äöü"),
        json!({"l1": ["r1", "r2"], "l2": []}),
        json!([["l1", "r1"], []]),
    ];
    for shape in shapes {
        saved(&scene, &[(ItemKind::Matching, shape.clone())]).await;
        assert_eq!(stored(&scene, ItemKind::Matching).await.unwrap().1, shape);
    }
}

async fn a_save_is_activity(database: TestDatabase) {
    let scene = started(database).await;
    scene.advance(29 * MINUTE);
    saved(&scene, &[(ItemKind::TrueFalse, json!(true))]).await;
    let attempt = scene.attempt().await;
    assert_eq!(
        (attempt.last_activity_at, attempt.updated_at),
        (Some(scene.now()), scene.now())
    );
    scene.advance(29 * MINUTE);
    alive(scene.heartbeat().await);
}

async fn another_section_is_refused_by_name(database: TestDatabase) {
    let scene = started(database).await;
    let answers = [scene.answer(ItemKind::Essay, "Early.")];
    assert_eq!(scene.save(1, &answers).await, None);
    let refusal = scene.resolve_refused_save(1).await;
    assert!(
        matches!(
            refusal,
            Err(AttemptError::SectionOutOfOrder {
                requested: 1,
                current: 0
            })
        ),
        "{refusal:?}"
    );
    alive(scene.submit_section(0, Vec::new()).await);
    assert_eq!(
        scene.save(0, &[scene.answer(ItemKind::TrueFalse, true)]).await,
        None
    );
    let refusal = scene.resolve_refused_save(0).await;
    assert!(
        matches!(
            refusal,
            Err(AttemptError::SectionOutOfOrder {
                requested: 0,
                current: 1
            })
        ),
        "{refusal:?}"
    );
    assert!(scene.save(1, &answers).await.is_some());
}

async fn another_candidate_saves_nothing(database: TestDatabase) {
    let scene = started(database).await;
    let mut owner = scene
        .database
        .store
        .attempt_version(scene.attempt_id)
        .await
        .unwrap()
        .unwrap();
    owner.user_id = builders::candidate(&scene.database, 2).await.unwrap().user_id();
    let answers = [scene.answer(ItemKind::TrueFalse, true)];
    let store = &scene.database.store;
    assert_eq!(
        store
            .save_responses(&owner, 0, &answers, scene.now())
            .await
            .unwrap(),
        None
    );
    assert_eq!(raw::count(&scene.database, "responses").await, 0);
    assert_eq!(scene.attempt().await.response_seq, 0);
}

async fn nothing_is_saved_before_the_start(database: TestDatabase) {
    let scene = Scene::new(database, Settings::default()).await;
    assert_eq!(
        scene.save(0, &[scene.answer(ItemKind::TrueFalse, true)]).await,
        None
    );
    let refusal = scene.resolve_refused_save(0).await.unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "an attempt that is opted_in does not take save_responses"
    );
}

async fn nothing_is_saved_after_submission(database: TestDatabase) {
    let scene = started(database).await;
    scene.submit_all_sections(|_| Value::Null).await;
    scene.submit().await;
    for section in 0..=2 {
        assert_eq!(
            scene
                .save(section, &[scene.answer(ItemKind::Essay, "Late.")])
                .await,
            None
        );
    }
    let refusal = scene.resolve_refused_save(2).await.unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "an attempt that is awaiting_async does not take save_responses"
    );
}

/// Saves exactly at the end of the grace after `limit`, and one microsecond later.
async fn boundary(scene: &Scene, limit: Duration, by: Expiry) {
    let start = scene.now();
    let answer = [scene.answer(ItemKind::TrueFalse, true)];
    scene.database.clock.set(start + limit + GRACE + MICROSECOND);
    assert_eq!(scene.save(0, &answer).await, None);
    scene.database.clock.set(start + limit + GRACE);
    assert!(scene.save(0, &answer).await.is_some());
    assert_eq!(scene.attempt().await.state, AttemptState::InProgress);
    let late = if by == Expiry::Deadline {
        start + limit + GRACE
    } else {
        scene.now() + limit + GRACE
    };
    scene.database.clock.set(late + MICROSECOND);
    assert_eq!(scene.save(0, &answer).await, None);
    assert_eq!(scene.resolve_refused_save(0).await.unwrap(), Touched::Expired(by));
    assert_eq!(scene.attempt().await.state, AttemptState::Expired);
}

async fn the_deadline_has_five_seconds_of_grace(database: TestDatabase) {
    let settings = Settings {
        time_limit_minutes: Some(20),
        ..Settings::default()
    };
    let scene = Scene::new(database, settings).await;
    scene.start().await;
    boundary(&scene, 20 * MINUTE, Expiry::Deadline).await;
}

async fn inactivity_has_five_seconds_of_grace(database: TestDatabase) {
    let scene = Scene::new(
        database,
        Settings {
            inactivity_minutes: 10,
            ..Settings::default()
        },
    )
    .await;
    scene.start().await;
    boundary(&scene, 10 * MINUTE, Expiry::Inactivity).await;
}

async fn a_save_refused_for_time_expires_the_attempt(database: TestDatabase) {
    let scene = started(database).await;
    saved(&scene, &[(ItemKind::TrueFalse, json!(true))]).await;
    scene.advance(31 * MINUTE);
    assert_eq!(
        scene.save(0, &[scene.answer(ItemKind::TrueFalse, false)]).await,
        None
    );
    assert_eq!(
        scene.resolve_refused_save(0).await.unwrap(),
        Touched::Expired(Expiry::Inactivity)
    );
    assert_eq!(scene.attempt().await.state, AttemptState::Expired);
    // What was saved in time is kept, and asking again says the same without a second effect.
    assert_eq!(stored(&scene, ItemKind::TrueFalse).await, Some((1, json!(true))));
    let refusal = scene.resolve_refused_save(0).await;
    assert!(
        matches!(refusal, Err(AttemptError::Expired { by: None })),
        "{refusal:?}"
    );
    assert_eq!(
        raw::count(&scene.database, "audit_log WHERE action = 'attempts.expired'").await,
        1
    );
}

async fn saves_at_once_get_numbers_of_their_own(database: TestDatabase) {
    let scene = started(database).await;
    let first = [scene.answer(ItemKind::MultipleChoice, "a")];
    let second = [scene.answer(ItemKind::MultipleChoice, "b")];
    let third = [scene.answer(ItemKind::MultipleChoice, "c")];
    let saves = tokio::join!(
        scene.save(0, &first),
        scene.save(0, &second),
        scene.save(0, &third)
    );
    let mut numbers = [saves.0, saves.1, saves.2].map(|saved| saved.unwrap()[0].seq);
    numbers.sort_unstable();
    assert_eq!(numbers, [1, 2, 3]);
    // The last number is the answer that stays.
    assert_eq!(stored(&scene, ItemKind::MultipleChoice).await.unwrap().0, 3);
}

async fn an_unknown_attempt_has_no_version(database: TestDatabase) {
    let unknown = AttemptId(Uuid::nil());
    assert_eq!(database.store.attempt_version(unknown).await.unwrap(), None);
}
