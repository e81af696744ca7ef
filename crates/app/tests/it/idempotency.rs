//! `Idempotency-Key`: sent again, done once.

use domain::authoring::Settings;
use domain::authoring::sample_answers::answer_key;
use serde_json::json;
use testkit::Backend;

use super::support::{Sitting, TestApp, answers};

on_both_databases!(
    a_repeated_request_is_answered_the_same_and_done_once,
    refusals_are_not_stored,
    keys_belong_to_their_owner_and_route,
);

async fn a_repeated_request_is_answered_the_same_and_done_once(backend: Backend) {
    let app = TestApp::start(backend).await;
    let published = app.publish_sample(Settings::default()).await;
    let sitting = Sitting::started(&app, &published, 1).await;
    let path = sitting.path("submit-section");
    let body = sitting.section_body(0, &answers(&published.sections[0], answer_key));
    let first = sitting.student.post_with_key(&path, "k-1", &body).await;
    assert_eq!((first.status, first.header("idempotency-replayed")), (200, None));
    let second = sitting.student.post_with_key(&path, "k-1", &body).await;
    assert_eq!(
        (second.status, second.header("idempotency-replayed")),
        (200, Some("true"))
    );
    assert_eq!(
        (first.text, first.headers["content-type"].clone()),
        (second.text, second.headers["content-type"].clone())
    );

    let other = sitting.section_body(1, &json!({}));
    let refused = sitting.student.post_with_key(&path, "k-1", &other).await.is(422);
    assert_eq!(refused["error_code"], "IDEMPOTENCY_422");
    sitting.student.post_with_key(&path, "k-2", &other).await.is(200);
    assert_eq!(sitting.rows(&app, "section_submissions").await, 2);

    let complete = sitting.path("complete");
    let first = sitting.student.post_with_key(&complete, "k-3", &json!({})).await;
    assert_eq!(
        sitting
            .student
            .post_with_key(&complete, "k-3", &json!({}))
            .await
            .is(202),
        first.is(202)
    );
    sitting
        .student
        .post_with_key(&complete, "k-4", &json!({}))
        .await
        .is(409);
    app.drain_jobs().await;
    assert_eq!(sitting.audited(&app, "attempts.submitted").await, 1);
}

async fn refusals_are_not_stored(backend: Backend) {
    let app = TestApp::start(backend).await;
    let published = app.publish_sample(Settings::default()).await;
    let sitting = Sitting::started(&app, &published, 1).await;
    let path = sitting.path("submit-section");
    let second = sitting.section_body(1, &json!({}));
    sitting
        .student
        .post_with_key(&path, "early", &second)
        .await
        .is(409);
    assert_eq!(app.count("idempotency_keys", &[]).await, 0);
    sitting.submit_section(0, &json!({})).await.is(200);
    let taken = sitting.student.post_with_key(&path, "early", &second).await;
    assert_eq!((taken.status, taken.header("idempotency-replayed")), (200, None));
    assert_eq!(app.count("idempotency_keys", &[]).await, 1);
}

async fn keys_belong_to_their_owner_and_route(backend: Backend) {
    let app = TestApp::start(backend).await;
    let published = app.publish_sample(Settings::default()).await;
    let (one, two) = (app.student(1).await, app.student(2).await);
    let body = json!({ "assessment_definition_id": published.definition_id });
    let first = one.post_with_key("/sessions/opt-in", "same", &body).await.is(201);
    let second = two.post_with_key("/sessions/opt-in", "same", &body).await;
    assert_eq!(second.header("idempotency-replayed"), None);
    assert_ne!(second.is(201)["session_id"], first["session_id"]);
    let start = json!({ "session_id": first["session_id"] });
    let started = one.post_with_key("/sessions/start", "same", &start).await;
    assert_eq!(
        (started.status, started.header("idempotency-replayed")),
        (200, None)
    );
    assert_eq!(app.count("attempts", &[]).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_visible_ascii() {
    let app = TestApp::start(Backend::Sqlite).await;
    let published = app.publish_sample(Settings::default()).await;
    let student = app.student(1).await;
    let body = json!({ "assessment_definition_id": published.definition_id });
    for key in ["two words", "", &"k".repeat(256)] {
        let refused = student
            .post_with_key("/sessions/opt-in", key, &body)
            .await
            .is(400);
        assert_eq!(refused["error_code"], "REQUEST_400", "{key:?}");
    }
    assert_eq!(app.count("attempts", &[]).await, 0);
}
