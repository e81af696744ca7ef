//! The last activity of an attempt never moves back, whatever the clock does.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use domain::attempts::Attempt;
use domain::authoring::Settings;
use domain::authoring::item::ItemKind;
use domain::time::Timestamp;
use testkit::{TestDatabase, both_databases};

use crate::attempt_scene::{MINUTE, Scene};
use crate::repository::in_tx;

both_databases!(
    activity_moves_on_with_the_clock,
    a_touch_an_hour_back_keeps_the_last_activity,
    a_save_an_hour_back_keeps_the_last_activity,
    a_save_inside_a_transaction_keeps_it_too,
    a_section_submitted_an_hour_back_keeps_the_last_activity,
    an_answer_changed_an_hour_back_is_kept,
);

/// In progress for ten minutes, and then the clock jumps back by an hour. With the attempt before the jump.
async fn jumped_back(database: TestDatabase) -> (Scene, Attempt) {
    let scene = Scene::new(database, Settings::default()).await;
    scene.start().await;
    scene.advance(10 * MINUTE);
    let (id, now) = (scene.attempt_id, scene.now());
    assert!(in_tx!(scene.database, tx => tx.attempts().touch(id, now)).unwrap());
    let before = scene.attempt().await;
    assert_eq!(before.last_activity_at, Some(now));
    scene
        .database
        .clock
        .set(Timestamp::from_micros(now.as_micros()) - 60 * MINUTE);
    (scene, before)
}

fn assert_kept(before: &Attempt, after: &Attempt) {
    assert_eq!(after.last_activity_at, before.last_activity_at);
    assert_eq!(after.revision, before.revision + 1);
}

async fn activity_moves_on_with_the_clock(database: TestDatabase) {
    let (scene, before) = jumped_back(database).await;
    scene.advance(61 * MINUTE);
    scene
        .save(0, &[scene.answer(ItemKind::TrueFalse, true)])
        .await
        .unwrap();
    assert_eq!(scene.attempt().await.last_activity_at, Some(scene.now()));
    let (id, next) = (scene.attempt_id, scene.now() + MINUTE);
    assert!(in_tx!(scene.database, tx => tx.attempts().submit_section(id, 0, next)).unwrap());
    let after = scene.attempt().await;
    assert_eq!((after.last_activity_at, after.current_section), (Some(next), 1));
    assert_eq!(after.revision, before.revision + 2);
}

async fn a_touch_an_hour_back_keeps_the_last_activity(database: TestDatabase) {
    let (scene, before) = jumped_back(database).await;
    let (id, now) = (scene.attempt_id, scene.now());
    assert!(in_tx!(scene.database, tx => tx.attempts().touch(id, now)).unwrap());
    assert_kept(&before, &scene.attempt().await);
}

async fn a_save_an_hour_back_keeps_the_last_activity(database: TestDatabase) {
    let (scene, before) = jumped_back(database).await;
    let saved = scene
        .save(0, &[scene.answer(ItemKind::TrueFalse, true)])
        .await
        .unwrap();
    assert!(saved[0].stored);
    let after = scene.attempt().await;
    assert_kept(&before, &after);
    assert_eq!(after.response_seq, before.response_seq + 1);
}

async fn a_save_inside_a_transaction_keeps_it_too(database: TestDatabase) {
    let (scene, before) = jumped_back(database).await;
    let answers = [scene.answer(ItemKind::TrueFalse, true)];
    let (attempt, now) = (before.clone(), scene.now());
    let saved = in_tx!(scene.database, tx => tx.attempts().save_responses(&attempt, &answers, now)).unwrap();
    assert!(saved[0].stored);
    assert_kept(&before, &scene.attempt().await);
}

async fn a_section_submitted_an_hour_back_keeps_the_last_activity(database: TestDatabase) {
    let (scene, before) = jumped_back(database).await;
    let (id, now) = (scene.attempt_id, scene.now());
    assert!(in_tx!(scene.database, tx => tx.attempts().submit_section(id, 0, now)).unwrap());
    assert_kept(&before, &scene.attempt().await);
    // Submitted once is submitted.
    assert!(!in_tx!(scene.database, tx => tx.attempts().submit_section(id, 0, now)).unwrap());
    assert_eq!(scene.attempt().await.current_section, 1);
}

async fn an_answer_changed_an_hour_back_is_kept(database: TestDatabase) {
    let scene = Scene::new(database, Settings::default()).await;
    scene.start().await;
    let mut first = scene.answer(ItemKind::TrueFalse, true);
    first.written_at = None;
    scene.save(0, &[first.clone()]).await.unwrap();
    scene
        .database
        .clock
        .set(Timestamp::from_micros(scene.now().as_micros()) - 60 * MINUTE);
    let mut changed = scene.answer(ItemKind::TrueFalse, false);
    changed.written_at = None;
    // By the single statement and by the transaction: what the server's clock says never decides.
    assert!(scene.save(0, &[changed]).await.unwrap()[0].stored);
    let (attempt, now) = (scene.attempt().await, scene.now());
    let saved = in_tx!(scene.database, tx => tx.attempts().save_responses(&attempt, &[first], now)).unwrap();
    assert!(saved[0].stored);
}
