//! Versions of items and of published assessments, and what is different between them.

use domain::authoring::Settings;
use serde_json::{Value, json};
use testkit::{Backend, builders};

use super::{Draft, reworded};
use crate::support::{TestApp, picked};

on_both_databases!(
    an_items_versions_tell_who_when_and_why,
    two_versions_of_an_assessment_are_compared,
    a_question_of_a_bank_has_its_versions_too,
    learners_keep_what_they_began_with,
);

async fn an_items_versions_tell_who_when_and_why(backend: Backend) {
    let app = TestApp::start(backend).await;
    let draft = Draft::open(&app).await;
    let item = &draft.items().await[0];
    let id = item["item_id"].as_str().unwrap();
    let mut body = item["body"].clone();
    body["options"][2]["text"] = json!("It is sent to a printer.");
    let change = json!({ "stem": "What becomes of the work of a transaction that rolls back?", "body": body,
        "reason": "nobody prints any more" });
    draft.edit(id, &change).await.is(200);

    let path = format!("/questions/{id}/versions");
    let listed = draft.reviewer.get(&path).await.is(200);
    let versions = listed["items"].as_array().unwrap();
    assert_eq!(
        (versions.len(), &versions[0]["version"], &versions[1]["version"]),
        (2, &json!(2), &json!(1))
    );
    assert_eq!(
        picked(&versions[0], &["made_by", "reason", "stem"]),
        json!([draft.reviewer.user().id, "nobody prints any more", change["stem"]])
    );
    assert_eq!(picked(&versions[1], &["made_by", "reason"]), json!([null, null]));

    let difference = draft.reviewer.get(&format!("{path}/1/diff/2")).await.is(200);
    assert_eq!(
        difference["changes"],
        json!([
            { "path": "/body/options/c/text", "before": "It is printed.", "after": "It is sent to a printer." },
            { "path": "/stem", "before": item["stem"], "after": change["stem"] },
        ])
    );
    let backwards = draft.reviewer.get(&format!("{path}/2/diff/1")).await.is(200);
    assert_eq!(backwards["changes"][1]["after"], item["stem"]);
    let same = draft.reviewer.get(&format!("{path}/2/diff/2")).await.is(200);
    assert_eq!(same["changes"], json!([]));
    let missing = draft.reviewer.get(&format!("{path}/1/diff/3")).await.is(404);
    assert_eq!(missing["type"], "/problems#question-version-not-found");
}

async fn two_versions_of_an_assessment_are_compared(backend: Backend) {
    let app = TestApp::start(backend).await;
    let draft = Draft::open(&app).await;
    let ids = draft.ids().await;
    draft.reject(&ids[3], "too easy").await.is(200);
    draft.publish(&json!({})).await.is(201);
    draft
        .edit(&ids[2], &reworded("What is committed survives a crash."))
        .await
        .is(200);
    draft.step(&ids[3], "reopen", &json!({})).await.is(200);
    draft.step(&ids[0], "reopen", &json!({})).await.is(200);
    draft.reject(&ids[0], "guessable").await.is(200);
    let settings = json!({ "title": "Transactions, again", "settings": { "pass_percent": 70.0 } });
    app.admin().await.patch(&draft.path, &settings).await.is(200);
    draft.publish(&json!({})).await.is(201);

    let path = format!("{}/versions", draft.path);
    let listed = draft.reviewer.get(&path).await.is(200);
    assert_eq!(picked(&listed, &["page", "total"]), json!([1, 2]));
    assert_eq!(
        picked(
            &listed["items"][0],
            &["version", "items", "published_by", "since_previous"]
        ),
        json!([2, 8, draft.reviewer.user().id, { "added": 1, "removed": 1, "changed": 1 }])
    );
    assert_eq!(
        picked(&listed["items"][1], &["version", "items", "since_previous"]),
        json!([1, 8, null])
    );

    let difference = draft.reviewer.get(&format!("{path}/1/diff/2")).await.is(200);
    let named = |list: &str| -> Vec<Value> {
        let items = difference[list].as_array().unwrap().iter();
        items.map(|item| item["item_id"].clone()).collect()
    };
    assert_eq!(named("items_added"), [json!(ids[3])]);
    assert_eq!(named("items_removed"), [json!(ids[0])]);
    assert_eq!(named("items_changed"), [json!(ids[2])]);
    let changed = &difference["items_changed"][0];
    assert_eq!(
        (&changed["before"]["version"], &changed["after"]["version"]),
        (&json!(1), &json!(2))
    );
    assert_eq!(changed["changes"][0]["path"], "/stem");
    assert_eq!(
        difference["settings_changed"],
        json!([
            { "path": "/settings/pass_percent", "before": 60.0, "after": 70.0 },
            { "path": "/title", "before": "Transactions", "after": "Transactions, again" },
        ])
    );
    assert_eq!(difference["sections_changed"], json!([]));
    let missing = draft.reviewer.get(&format!("{path}/1/diff/3")).await.is(404);
    assert_eq!(missing["type"], "/problems#version-not-found");
}

async fn a_question_of_a_bank_has_its_versions_too(backend: Backend) {
    let app = TestApp::start(backend).await;
    let track = app
        .publish_track("backend", Settings::for_tracks(), builders::every_kind())
        .await;
    let admin = app.admin().await;
    let path = format!("/questions/{}", track.version.items[2].item_id);
    let change = json!({ "stem": "What is committed survives a crash.", "reason": "shorter" });
    admin.patch(&path, &change).await.is(200);
    let listed = admin.get(&format!("{path}/versions")).await.is(200);
    assert_eq!(
        picked(&listed["items"][0], &["version", "made_by", "reason"]),
        json!([2, admin.user().id, "shorter"])
    );
    let shown = admin.get(&path).await.is(200);
    assert_eq!(shown["versions"], listed["items"]);
    let difference = admin.get(&format!("{path}/versions/1/diff/2")).await.is(200);
    assert_eq!(difference["changes"][0]["path"], "/stem");
}

async fn learners_keep_what_they_began_with(backend: Backend) {
    let app = TestApp::start(backend).await;
    let published = app.publish_sample(Settings::default()).await;
    let sitting = crate::support::Sitting::started(&app, &published, 1).await;
    let before = sitting.get().await.is(200);
    let draft = Draft::before(app.admin().await, published.definition_id.0);
    for item in draft.items().await {
        let id = item["item_id"].as_str().unwrap();
        let change = json!({ "marks": 9.0, "reason": "worth more" });
        draft.edit(id, &change).await.is(200);
    }
    draft.publish(&json!({})).await.is(201);
    let after = sitting.get().await.is(200);
    assert_eq!(after["current_section"], before["current_section"]);
    assert!(
        before["current_section"].is_object() && !after.to_string().contains("worth more"),
        "{after}"
    );
}
