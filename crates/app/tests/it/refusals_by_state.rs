//! Refusals (and the 304 of what has not changed) that depend on what happened before, where the tests of no topic come
//! across them.

use domain::authoring::Settings;
use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use testkit::{Backend, builders};

use super::support::{Client, Reply, Sitting, TestApp};

/// Reads a path twice; the second time with the tag of the first answer.
async fn read_again(client: &Client, path: &str) -> Reply {
    let first = client.get(path).await;
    let tag = first.header("etag").unwrap();
    Reply::to(client.request(Method::GET, path).header("if-none-match", tag)).await
}

/// An admin who can generate assessments.
async fn admin_with_a_syllabus(app: &TestApp) -> Client {
    let admin = app.admin().await;
    let text = "A lock makes the second writer wait until the first one has ended its transaction.";
    let form = Form::new().part("files[]", Part::text(text).file_name("locks.txt"));
    let upload = admin.request(Method::POST, "/admin/syllabus/upload");
    Reply::to(upload.multipart(form)).await.is(201);
    admin
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_has_not_changed_is_not_sent_again() {
    let app = TestApp::start(Backend::Sqlite).await;
    app.may_leave_jobs();
    let admin = admin_with_a_syllabus(&app).await;
    let asked_for = admin.post("/assessments/generate", &json!({})).await.is(202);
    let path = format!("/jobs/{}", asked_for["job_id"].as_str().unwrap());
    let unchanged = read_again(&admin, &path).await;
    assert_eq!((unchanged.status, unchanged.text.as_str()), (304, ""));
    assert_eq!(unchanged.header("retry-after"), Some("1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_result_that_has_not_changed_is_not_sent_again() {
    let app = TestApp::start(Backend::Sqlite).await;
    let published = app.publish_sample(Settings::default()).await;
    let sitting = Sitting::started(&app, &published, 1).await;
    let path = format!("/assessments/{}/result", sitting.id);
    sitting.result().await.is(202);
    assert_eq!(read_again(&sitting.student, &path).await.status, 304);
    sitting.answer_and_complete().await;
    app.drain_jobs().await;
    sitting.result().await.is(200);
    let scored = read_again(&sitting.student, &path).await;
    assert_eq!((scored.status, scored.header("retry-after")), (304, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_whose_first_request_has_not_ended_is_refused_for_now() {
    let app = TestApp::start(Backend::Sqlite).await;
    app.may_leave_jobs();
    let admin = admin_with_a_syllabus(&app).await;
    let ask = async || {
        admin
            .post_with_key("/assessments/generate", "k-1", &json!({}))
            .await
    };
    let first = ask().await.is(202);
    let unsettled = "UPDATE idempotency_keys SET status = NULL, reply = NULL RETURNING key";
    assert_eq!(app.rows.texts(unsettled, &[]).await, ["k-1"]);
    let refused = ask().await;
    assert_eq!(refused.is(409)["type"], "/problems#idempotency-key-in-flight");
    assert_eq!(refused.header("retry-after"), Some("1"));
    assert_eq!(app.count("jobs", &[]).await, 1, "{first}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archived_assessment_is_neither_changed_nor_published() {
    let app = TestApp::start(Backend::Sqlite).await;
    let draft = builders::draft(&app.database, vec![builders::every_kind()])
        .await
        .unwrap();
    let archive = "UPDATE assessment_definitions SET status = 'archived' WHERE id = $1 RETURNING status";
    assert_eq!(app.rows.texts(archive, &[draft.0]).await, ["archived"]);
    let (admin, path) = (app.admin().await, format!("/assessments/definitions/{draft}"));
    let renamed = admin.patch(&path, &json!({ "title": "Locks" })).await;
    let published = admin.post(&format!("{path}/publish"), &json!({})).await;
    for refused in [renamed, published] {
        assert_eq!(
            refused.is(409)["type"],
            "/problems#assessment-definition-archived",
            "{}",
            refused.request
        );
    }
    assert_eq!(app.count("definition_versions", &[]).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_assessment_without_an_item_is_not_published() {
    let app = TestApp::start(Backend::Sqlite).await;
    let draft = builders::draft(&app.database, vec![builders::every_kind()])
        .await
        .unwrap();
    let (admin, path) = (app.admin().await, format!("/assessments/definitions/{draft}"));
    let shown = admin.get(&path).await.is(200);
    let items = shown["sections"][0]["items"].as_array().unwrap();
    let reject =
        |item: &Value| json!({ "item_id": item["item_id"], "review": "rejected", "note": "too easy" });
    let reviews: Vec<Value> = items.iter().map(reject).collect();
    assert!(!reviews.is_empty());
    admin.patch(&path, &json!({ "items": reviews })).await.is(200);
    let refused = admin.post(&format!("{path}/publish"), &json!({})).await.is(409);
    assert_eq!(refused["type"], "/problems#nothing-to-publish");
    assert_eq!(app.count("definition_versions", &[]).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_track_is_changed_at_its_own_routes_only() {
    let app = TestApp::start(Backend::Sqlite).await;
    let track = app
        .publish_track("backend", Settings::for_tracks(), builders::every_kind())
        .await;
    let (admin, path) = (
        app.admin().await,
        format!("/assessments/definitions/{}", track.id),
    );
    let item = track.version.items[0].item_id;
    let review = json!({ "items": [{ "item_id": item, "review": "rejected", "note": "too easy" }] });
    let reviewed = admin.patch(&path, &review).await;
    let published = admin.post(&format!("{path}/publish"), &json!({})).await;
    for refused in [reviewed, published] {
        let problem = refused.is(409);
        assert_eq!(
            problem["type"], "/problems#assessment-definition-is-track",
            "{problem}"
        );
    }
    assert_eq!(app.count("definition_versions", &[]).await, 1);
    admin
        .patch("/tracks/backend", &json!({ "title": "Backend" }))
        .await
        .is(200);
}
