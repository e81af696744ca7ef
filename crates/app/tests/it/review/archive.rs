//! Assessments out of use and back.

use domain::authoring::Settings;
use serde_json::{Value, json};
use testkit::Backend;

use super::{Draft, reworded};
use crate::support::{Reply, Sitting, TestApp};

on_both_databases!(
    what_is_archived_is_not_begun_and_goes_on,
    what_is_archived_is_not_changed_and_comes_back_as_it_was,
);

impl Draft {
    async fn move_by(&self, step: &str) -> Reply {
        self.reviewer
            .post(&format!("{}/{step}", self.path), &json!({}))
            .await
    }
}

async fn what_is_archived_is_not_begun_and_goes_on(backend: Backend) {
    let app = TestApp::start(backend).await;
    let published = app.publish_sample(Settings::default()).await;
    let draft = Draft::before(app.admin().await, published.definition_id.0);
    let running = Sitting::started(&app, &published, 1).await;
    let waiting = Sitting::opted_in(&app, &published, 2).await;
    assert_eq!(draft.move_by("archive").await.is(200)["status"], "archived");

    let late = app.student(3).await;
    let body = json!({ "assessment_definition_id": draft.id });
    let available = late.get("/assessments/available").await.is(200);
    assert_eq!(available["items"], json!([]));
    late.post("/sessions/opt-in", &body).await.is(404);
    let refused = waiting.start().await;
    assert!(matches!(refused.status, 404 | 409), "{}", refused.text);
    running.answer_and_complete().await;
    app.drain_jobs().await;
    assert_eq!(running.result().await.is(200)["degraded"], false);

    assert_eq!(draft.move_by("restore").await.is(200)["status"], "published");
    late.post("/sessions/opt-in", &body).await.is(201);
    waiting.start().await.is(200);
    assert_eq!(app.count("definition_versions", &[]).await, 1);
}

async fn what_is_archived_is_not_changed_and_comes_back_as_it_was(backend: Backend) {
    let app = TestApp::start(backend).await;
    let draft = Draft::open(&app).await;
    let item = &draft.ids().await[2];
    let unlawful = |problem: &Value, from: &str, event: &str| {
        assert_eq!(problem["type"], "/problems#assessment-definition-step");
        assert_eq!(
            (&problem["from_state"], &problem["event"]),
            (&json!(from), &json!(event))
        );
    };
    unlawful(&draft.move_by("restore").await.is(409), "draft", "restore");
    draft.move_by("archive").await.is(200);
    unlawful(&draft.move_by("archive").await.is(409), "archived", "archive");
    let refused = [
        draft.accept(item).await,
        draft.reject(item, "too easy").await,
        draft.edit(item, &reworded("What is it?")).await,
        draft
            .step(item, "regenerate", &json!({ "reason": "too easy" }))
            .await,
        draft.publish(&json!({})).await,
    ];
    for reply in refused {
        let problem = reply.is(409);
        assert_eq!(problem["type"], "/problems#assessment-definition-archived");
    }
    assert_eq!(draft.move_by("restore").await.is(200)["status"], "draft");
    draft.accept(item).await.is(200);
}
