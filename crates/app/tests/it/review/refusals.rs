//! What a review does not take.

use domain::authoring::Settings;
use serde_json::{Value, json};
use testkit::{Backend, builders};
use uuid::Uuid;

use super::{Draft, reworded};
use crate::support::TestApp;

on_both_databases!(
    a_refused_step_names_state_and_event,
    an_edit_that_cannot_be_scored_fairly_is_refused,
    items_of_other_assessments_are_not_found,
    a_track_is_not_reviewed,
    an_item_without_a_source_is_not_made_anew,
);

async fn a_refused_step_names_state_and_event(backend: Backend) {
    let app = TestApp::start(backend).await;
    let draft = Draft::open(&app).await;
    let item = &draft.ids().await[0];
    let refused = async |step: &str, from: &str| {
        let body = json!({ "reason": "too easy" });
        let problem = draft.step(item, step, &body).await.is(409);
        assert_eq!(problem["type"], "/problems#item-review");
        assert_eq!(
            (&problem["from_state"], &problem["event"], &problem["item_id"]),
            (&json!(from), &json!(step), &json!(item))
        );
    };
    refused("reopen", "pending").await;
    draft.accept(item).await.is(200);
    for step in ["accept", "reject", "regenerate"] {
        refused(step, "accepted").await;
    }
    draft
        .step(item, "reopen", &json!({ "revision": 2 }))
        .await
        .is(200);
    draft.reject(item, "too easy").await.is(200);
    for step in ["accept", "reject"] {
        refused(step, "rejected").await;
    }
    let contradiction = json!({ "items": [{ "item_id": item, "review": "accepted" }] });
    app.admin().await.patch(&draft.path, &contradiction).await.is(200);
    assert_eq!(draft.item(item).await["review"], "accepted");
    let back = json!({ "items": [{ "item_id": item, "review": "rejected", "note": "too easy" }] });
    app.admin().await.patch(&draft.path, &back).await.is(200);
    let same = json!({ "items": [{ "item_id": item, "review": "rejected", "note": "as said" }] });
    app.admin().await.patch(&draft.path, &same).await.is(200);
    let silent = json!({ "items": [{ "item_id": item, "review": "rejected" }] });
    let silent = app.admin().await.patch(&draft.path, &silent).await.is(422);
    assert_eq!(silent["errors"][0]["pointer"], "/items/0/note");
    assert_eq!(draft.item(item).await["review_note"], "too easy");
}

async fn an_edit_that_cannot_be_scored_fairly_is_refused(backend: Backend) {
    let app = TestApp::start(backend).await;
    let draft = Draft::open(&app).await;
    let items = draft.items().await;
    let (choice, id) = (&items[0], items[0]["item_id"].as_str().unwrap());
    let mut twins = choice["body"].clone();
    twins["options"][0]["text"] = twins["options"][1]["text"].clone();
    let other = &items[2]["stem"];
    let refused: [(Value, &str, &str); 4] = [
        (
            json!({ "reason": "x", "body": twins }),
            "/problems#quality-gate",
            "",
        ),
        (
            json!({ "reason": "x", "stem": " " }),
            "/problems#validation",
            "/stem",
        ),
        (
            json!({ "reason": "x", "stem": choice["stem"] }),
            "/problems#validation",
            "",
        ),
        (
            json!({ "reason": " ", "stem": other }),
            "/problems#validation",
            "/reason",
        ),
    ];
    for (change, kind, pointer) in refused {
        let problem = draft.edit(id, &change).await.is(422);
        assert_eq!(problem["type"], kind, "{change}: {problem}");
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
    }
    let after = draft.item(id).await;
    assert_eq!((&after["version"], &after["revision"]), (&json!(1), &json!(1)));
    let stale = json!({ "reason": "x", "marks": 5.0, "revision": 7 });
    assert_eq!(
        draft.edit(id, &stale).await.is(409)["type"],
        "/problems#item-changed"
    );
}

async fn items_of_other_assessments_are_not_found(backend: Backend) {
    let app = TestApp::start(backend).await;
    let draft = Draft::open(&app).await;
    let mut items = builders::every_kind();
    // The same question in two drafts is one item.
    "What is left of the work of a transaction that rolls back?".clone_into(&mut items[0].stem);
    let other = Draft::of(&app, items).await;
    for item in [other.ids().await[0].clone(), Uuid::nil().to_string()] {
        for step in ["accept", "reject", "reopen", "regenerate"] {
            let problem = draft.step(&item, step, &json!({ "reason": "x" })).await.is(404);
            assert_eq!(problem["type"], "/problems#item-not-found", "{step}");
        }
        let edited = draft.edit(&item, &reworded("What is it?")).await.is(404);
        assert_eq!(edited["type"], "/problems#item-not-found");
    }
}

async fn a_track_is_not_reviewed(backend: Backend) {
    let app = TestApp::start(backend).await;
    let track = app
        .publish_track("backend", Settings::for_tracks(), builders::every_kind())
        .await;
    let track = Draft::before(app.admin().await, track.id.0);
    let item = &track.ids().await[0];
    for step in ["archive", "restore"] {
        let path = format!("{}/{step}", track.path);
        let problem = track.reviewer.post(&path, &json!({})).await.is(409);
        assert_eq!(problem["type"], "/problems#assessment-definition-is-track");
    }
    let problem = track.accept(item).await.is(409);
    assert_eq!(problem["type"], "/problems#assessment-definition-is-track");
}

async fn an_item_without_a_source_is_not_made_anew(backend: Backend) {
    let app = TestApp::start(backend).await;
    let mut items = builders::every_kind();
    items[0].source = None;
    let draft = Draft::of(&app, items).await;
    let ids = draft.ids().await;
    let body = json!({ "reason": "too easy" });
    let problem = draft.step(&ids[0], "regenerate", &body).await.is(409);
    assert_eq!(problem["type"], "/problems#item-without-source");
    let silent = draft.step(&ids[1], "regenerate", &json!({})).await.is(422);
    assert_eq!(silent["errors"][0]["pointer"], "/reason");
    assert_eq!(app.count("jobs", &[]).await, 0);
    assert_eq!(draft.item(&ids[0]).await["review"], "pending");
}
