//! Review of a draft over HTTP: item by item, published, archived, compared.

mod archive;
mod killed_round;
mod model_items;
mod races;
mod refusals;
mod regeneration;
mod versions;

use domain::authoring::item::ItemContent;
use domain::identity::Role;
use serde_json::{Value, json};
use testkit::{Backend, builders};
use uuid::Uuid;

use super::support::{Client, Reply, TestApp};

on_both_databases!(
    a_draft_is_reviewed_item_by_item_and_published,
    a_verdict_with_a_key_is_given_once,
    every_step_of_a_review_is_in_the_log,
);

/// A draft before somebody who reviews it.
struct Draft {
    reviewer: Client,
    id: Uuid,
    path: String,
}

impl Draft {
    /// One section with an item of every kind, before an advisor.
    async fn open(app: &TestApp) -> Self {
        Self::of(app, builders::every_kind()).await
    }

    async fn of(app: &TestApp, items: Vec<ItemContent>) -> Self {
        let id = builders::draft(&app.database, vec![items]).await.unwrap().0;
        Self::before(app.client(Role::Advisor, 1).await, id)
    }

    fn before(reviewer: Client, id: Uuid) -> Self {
        Self {
            reviewer,
            id,
            path: format!("/assessments/definitions/{id}"),
        }
    }

    async fn shown(&self) -> Value {
        self.reviewer.get(&self.path).await.is(200)
    }

    /// All items in order.
    async fn items(&self) -> Vec<Value> {
        let shown = self.shown().await;
        let sections = shown["sections"].as_array().unwrap().iter();
        let items = sections.flat_map(|section| section["items"].as_array().unwrap().clone());
        items.collect()
    }

    async fn item(&self, id: &str) -> Value {
        let items = self.items().await;
        items.into_iter().find(|item| item["item_id"] == id).unwrap()
    }

    /// The ids of all items in order.
    async fn ids(&self) -> Vec<String> {
        let text = |item: &Value| item["item_id"].as_str().unwrap().to_owned();
        self.items().await.iter().map(text).collect()
    }

    async fn step(&self, item: &str, step: &str, body: &Value) -> Reply {
        let path = format!("{}/items/{item}/{step}", self.path);
        self.reviewer.post(&path, body).await
    }

    async fn accept(&self, item: &str) -> Reply {
        self.step(item, "accept", &json!({})).await
    }

    async fn reject(&self, item: &str, reason: &str) -> Reply {
        self.step(item, "reject", &json!({ "reason": reason })).await
    }

    async fn edit(&self, item: &str, change: &Value) -> Reply {
        let path = format!("{}/items/{item}", self.path);
        self.reviewer.patch(&path, change).await
    }

    async fn publish(&self, body: &Value) -> Reply {
        self.reviewer.post(&format!("{}/publish", self.path), body).await
    }
}

/// Another wording that leaves the key alone.
fn reworded(stem: &str) -> Value {
    json!({ "stem": stem, "reason": "clearer" })
}

async fn a_draft_is_reviewed_item_by_item_and_published(backend: Backend) {
    let app = TestApp::start(backend).await;
    let draft = Draft::open(&app).await;
    let ids = draft.ids().await;
    let accepted = draft
        .step(&ids[0], "accept", &json!({ "revision": 1, "note": "good" }))
        .await
        .is(200);
    assert_eq!(
        (
            &accepted["review"],
            &accepted["revision"],
            &accepted["review_note"]
        ),
        (&json!("accepted"), &json!(2), &json!("good"))
    );
    let rejected = draft.reject(&ids[1], "two keys are arguable").await.is(200);
    assert_eq!(
        (&rejected["review"], &rejected["review_note"]),
        (&json!("rejected"), &json!("two keys are arguable"))
    );
    let edited = draft
        .edit(&ids[2], &reworded("What is committed survives a crash."))
        .await
        .is(200);
    assert_eq!(
        (&edited["version"], &edited["review"], &edited["revision"]),
        (&json!(2), &json!("pending"), &json!(2))
    );
    assert_eq!(edited["stem"], "What is committed survives a crash.");
    assert!(edited["warnings"].is_array(), "{edited}");

    let waiting = draft.publish(&json!({ "accept_remaining": false })).await.is(409);
    assert_eq!(waiting["type"], "/problems#items-unreviewed");
    assert_eq!(waiting["item_ids"], json!(ids[2..]));
    assert_eq!(app.count("definition_versions", &[]).await, 0);

    let revision = draft.shown().await["revision"].as_i64().unwrap();
    let stale = draft.publish(&json!({ "revision": revision - 1 })).await.is(409);
    assert_eq!(stale["type"], "/problems#assessment-definition-changed");
    let published = draft
        .publish(&json!({ "accept_remaining": true, "revision": revision }))
        .await
        .is(201);
    assert_eq!(published["items"], ids.len() - 1);
    for item in draft.items().await {
        let expected = if item["item_id"] == ids[1].as_str() {
            "rejected"
        } else {
            "accepted"
        };
        assert_eq!(item["review"], expected, "{item}");
    }
    assert_eq!(draft.item(&ids[1]).await["review_note"], "two keys are arguable");
}

async fn a_verdict_with_a_key_is_given_once(backend: Backend) {
    let app = TestApp::start(backend).await;
    let draft = Draft::open(&app).await;
    let item = &draft.ids().await[0];
    let path = format!("{}/items/{item}/reject", draft.path);
    let body = json!({ "reason": "too easy" });
    let send = async || draft.reviewer.post_with_key(&path, "k-1", &body).await;
    let first = send().await.is(200);
    let again = send().await;
    assert_eq!(again.is(200), first);
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(draft.item(item).await["revision"], 2);
    let other = json!({ "reason": "too hard" });
    let reused = draft.reviewer.post_with_key(&path, "k-1", &other).await.is(422);
    assert_eq!(reused["type"], "/problems#idempotency-key-reused");
}

async fn every_step_of_a_review_is_in_the_log(backend: Backend) {
    let app = TestApp::start(backend).await;
    let draft = Draft::open(&app).await;
    let ids = draft.ids().await;
    draft.accept(&ids[0]).await.is(200);
    draft.step(&ids[0], "reopen", &json!({})).await.is(200);
    draft.reject(&ids[0], "too easy").await.is(200);
    draft
        .edit(&ids[2], &reworded("What is committed survives a crash."))
        .await
        .is(200);
    draft.publish(&json!({})).await.is(201);
    for step in ["archive", "restore"] {
        let path = format!("{}/{step}", draft.path);
        draft.reviewer.post(&path, &json!({})).await.is(200);
    }
    let actor = draft.reviewer.user().id.0;
    let logged = "SELECT action FROM audit_log WHERE actor_id = $1 AND action LIKE 'authoring.%' ORDER BY created_at, id";
    assert_eq!(
        app.rows.texts(logged, &[actor]).await,
        [
            "authoring.item_accepted",
            "authoring.item_reopened",
            "authoring.item_rejected",
            "authoring.item_edited",
            "authoring.remaining_accepted",
            "authoring.published",
            "authoring.archived",
            "authoring.restored",
        ]
    );
    let words = "SELECT details FROM audit_log WHERE actor_id = $1";
    for details in app.rows.texts(words, &[actor]).await {
        assert!(
            !details.contains("too easy") && !details.contains("clearer"),
            "{details}"
        );
    }
}
