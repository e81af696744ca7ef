//! The questions of the banks: added, changed into new versions, taken out; and who is asked which version.

mod faults;

use std::time::Duration;

use domain::authoring::Settings;
use domain::identity::Role;
use serde_json::{Value, json};
use testkit::Backend;

use super::support::{Client, SECOND, Taking, TestApp, TestTrack, picked};

on_both_databases!(
    a_question_is_added_read_changed_and_taken_out,
    questions_are_listed_by_track_and_type,
    a_question_is_shared_by_tracks,
    attempts_keep_the_version_they_drew,
    a_deleted_question_is_not_drawn_any_more,
    a_bank_keeps_its_last_question,
    of_two_changes_at_once_one_is_refused,
);

fn choice(key: &str) -> Value {
    json!({ "kind": "multiple_choice", "key": [key], "negative": {},
        "options": [{ "id": "a", "text": "200" }, { "id": "b", "text": "201" }] })
}

/// In the bank of `backend`.
fn question(stem: &str, body: &Value) -> Value {
    json!({
        "tracks": ["backend"], "stem": stem, "marks": 2.5, "topic": "HTTP", "cognitive_level": "remember",
        "difficulty": "easy", "body": body,
    })
}

/// A track that asks everything there is, in the order of the bank.
async fn whole_track(app: &TestApp, slug: &str) -> Client {
    let admin = app.admin().await;
    let settings = json!({ "mix": null, "shuffle_options": false });
    let skills = json!([{ "skill": "http", "name": "HTTP", "target_level": 50 }]);
    let body = json!({ "slug": slug, "title": slug, "skills": skills, "settings": settings });
    admin.post("/tracks", &body).await.is(201);
    admin
}

/// Adds a question; its path.
async fn added(admin: &Client, body: &Value) -> String {
    let made = admin.post("/questions", body).await.is(201);
    format!("/questions/{}", made["question_id"].as_str().unwrap())
}

/// The student with this number has begun; the stems shown, with their versions.
async fn shown(app: &TestApp, student: u32) -> Vec<(String, i64)> {
    let student = app.student(student).await;
    let started = student
        .post("/assessments/start", &json!({ "role_slug": "backend" }))
        .await;
    let questions = started.json()["questions"].as_array().unwrap().clone();
    let entry = |question: &Value| {
        (
            question["prompt"].as_str().unwrap().to_owned(),
            question["version"].as_i64().unwrap(),
        )
    };
    questions.iter().map(entry).collect()
}

async fn a_question_is_added_read_changed_and_taken_out(backend: Backend) {
    let app = TestApp::start(backend).await;
    let admin = whole_track(&app, "backend").await;
    let body = question("Which?", &choice("b"));
    let made = admin.post_with_key("/questions", "k-1", &body).await.is(201);
    admin
        .post_with_key("/questions", "k-1", &body)
        .await
        .replays(&made);
    let content = ["version", "type", "marks", "skills", "body", "tracks"];
    assert_eq!(
        picked(&made, &content),
        json!([1, "multiple_choice", 2.5, [], choice("b"), ["backend"]])
    );

    let path = format!("/questions/{}", made["question_id"].as_str().unwrap());
    app.advance(SECOND);
    let change = json!({ "version": 1, "stem": "Which now?", "skills": ["http"] });
    let changed = admin.patch(&path, &change).await.is(200);
    assert_eq!(
        picked(&changed, &["version", "stem", "skills"]),
        json!([2, "Which now?", ["http"]])
    );
    assert_eq!(changed["changed_at"], app.time_in(Duration::ZERO));
    let kept = ["question_id", "body", "marks", "tracks", "created_at"];
    assert_eq!(picked(&changed, &kept), picked(&made, &kept));
    let same = json!({ "marks": 2.5, "tracks": ["backend"] });
    assert_eq!(
        admin.patch(&path, &same).await.is(200),
        changed,
        "nothing has changed"
    );
    let frozen = app.count("definition_versions", &[]).await;
    assert_eq!(
        frozen, 2,
        "one after the question was added, one after it was changed"
    );

    let detail = app.client(Role::Advisor, 1).await.get(&path).await.is(200);
    assert_eq!(
        picked(&detail, &["stem", "version", "exemplars"]),
        json!(["Which now?", 2, 0])
    );
    let version = |index: usize| picked(&detail["versions"][index], &["version", "stem", "skills", "body"]);
    assert_eq!(version(0), json!([2, "Which now?", ["http"], choice("b")]));
    assert_eq!(version(1), json!([1, "Which?", [], choice("b")]));

    added(&admin, &question("Another?", &choice("b"))).await;
    assert_eq!(admin.delete(&path).await.is(204), Value::Null);
    let (read, changed) = (admin.get(&path).await, admin.patch(&path, &json!({})).await);
    for gone in [read, changed, admin.delete(&path).await] {
        assert_eq!(gone.is(404)["type"], "/problems#question-not-found");
    }
}

async fn questions_are_listed_by_track_and_type(backend: Backend) {
    let app = TestApp::start(backend).await;
    let admin = whole_track(&app, "backend").await;
    let path = added(&admin, &question("Which?", &choice("b"))).await;
    app.advance(SECOND);
    let truth = json!({ "kind": "true_false", "key": true });
    added(&admin, &question("Is it so?", &truth)).await;
    admin.patch(&path, &json!({ "stem": "Which now?" })).await.is(200);
    let advisor = app.client(Role::Advisor, 1).await;
    let list = async |query: &str| {
        let page = advisor.get(&format!("/questions{query}")).await.is(200);
        let items = page["items"].as_array().unwrap().clone();
        assert_eq!(page["total"], items.len());
        items
            .iter()
            .map(|item| item["stem"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        list("").await,
        ["Is it so?", "Which now?"],
        "newest question first, in its current version"
    );
    assert_eq!(list("?type=true_false").await, ["Is it so?"]);
    assert_eq!(list("?track=backend&type=multiple_choice").await, ["Which now?"]);
    assert!(list("?track=frontend").await.is_empty() && list("?type=essay").await.is_empty());
    let beyond = advisor.get("/questions?page=2").await.is(200);
    assert_eq!(picked(&beyond, &["items", "total"]), json!([[], 2]));
    admin.delete(&path).await.is(204);
    assert_eq!(list("").await, ["Is it so?"]);
}

async fn a_question_is_shared_by_tracks(backend: Backend) {
    let app = TestApp::start(backend).await;
    let admin = whole_track(&app, "backend").await;
    whole_track(&app, "frontend").await;
    let mut body = question("Shared?", &choice("b"));
    body["tracks"] = json!(["frontend", "backend", "frontend"]);
    let shared = admin.post("/questions", &body).await.is(201);
    assert_eq!(shared["tracks"], json!(["backend", "frontend"]));
    let path = format!("/questions/{}", shared["question_id"].as_str().unwrap());
    added(&admin, &question("Own?", &choice("a"))).await;

    admin
        .patch(&path, &json!({ "stem": "Shared still?" }))
        .await
        .is(200);
    assert_eq!(
        shown(&app, 1).await,
        [("Shared still?".to_owned(), 2), ("Own?".to_owned(), 1)]
    );
    let moved = admin
        .patch(&path, &json!({ "tracks": ["frontend"] }))
        .await
        .is(200);
    assert_eq!(
        (&moved["tracks"], &moved["version"]),
        (&json!(["frontend"]), &json!(2))
    );
    assert_eq!(shown(&app, 2).await, [("Own?".to_owned(), 1)]);
    assert_eq!(admin.get("/tracks/frontend").await.is(200)["questions"], 1);
    // It is the only one there.
    let refused = admin.patch(&path, &json!({ "tracks": ["backend"] })).await;
    assert_eq!(refused.is(409)["type"], "/problems#last-question");
    admin.delete("/tracks/frontend").await.is(204);
    admin.get(&path).await.is(404);
}

async fn attempts_keep_the_version_they_drew(backend: Backend) {
    let app = TestApp::start(backend).await;
    let admin = whole_track(&app, "backend").await;
    let path = added(&admin, &question("Which?", &choice("b"))).await;
    let track = track(&app).await;
    let (before, opted_in) = (Taking::started(&app, &track, 1).await, app.student(2).await);
    let body = json!({ "assessment_definition_id": track.id });
    let opted_in_id = opted_in.post("/sessions/opt-in", &body).await.is(201)["session_id"].clone();
    admin
        .patch(&path, &json!({ "stem": "Which now?", "body": choice("a") }))
        .await
        .is(200);
    let after = Taking::started(&app, &track, 3).await;
    let started = opted_in
        .post("/sessions/start", &json!({ "session_id": opted_in_id }))
        .await
        .is(200);
    assert_eq!(
        started["current_section"]["questions"][0]["version"], 1,
        "{started}"
    );

    for (taking, version, points) in [(&before, 1, 2.5), (&after, 2, 0.0)] {
        assert_eq!(taking.questions[0]["version"], version);
        taking
            .save(&taking.questions[0]["question_id"], json!("b"))
            .await
            .is(202);
        let submitted = taking.submit().await.is(202);
        assert_eq!(
            submitted["scores"]["rule"]["items"][0]["points"], points,
            "{submitted}"
        );
        assert_eq!(taking.scored(&app).await["scores"]["items"][0]["points"], points);
    }
}

async fn track(app: &TestApp) -> TestTrack {
    let track = app
        .state
        .store
        .find_track("backend")
        .await
        .unwrap()
        .unwrap()
        .track;
    let version = track.definition.published_version_id.unwrap();
    TestTrack {
        id: track.definition.id,
        slug: track.slug,
        version: app.state.store.version_content(version).await.unwrap().unwrap(),
    }
}

async fn a_deleted_question_is_not_drawn_any_more(backend: Backend) {
    let app = TestApp::start(backend).await;
    let admin = whole_track(&app, "backend").await;
    let first = added(&admin, &question("First?", &choice("b"))).await;
    added(&admin, &question("Second?", &choice("b"))).await;
    let track = track(&app).await;
    let before = Taking::started(&app, &track, 1).await;
    admin.delete(&first).await.is(204);
    assert_eq!(shown(&app, 2).await, [("Second?".to_owned(), 1)]);
    assert_eq!(before.questions.len(), 2);
    for question in &before.questions {
        before.save(&question["question_id"], json!("b")).await.is(202);
    }
    before.submit().await.is(202);
    assert_eq!(before.scored(&app).await["scores"]["percent"], 100.0);
    assert_eq!(app.count("items WHERE deleted_at IS NOT NULL", &[]).await, 1);
}

async fn a_bank_keeps_its_last_question(backend: Backend) {
    let app = TestApp::start(backend).await;
    let admin = whole_track(&app, "backend").await;
    let only = added(&admin, &question("Only?", &choice("b"))).await;
    let refused = admin.delete(&only).await;
    assert_eq!(refused.is(409)["type"], "/problems#last-question");
    assert_eq!(
        admin.patch(&only, &json!({ "tracks": [] })).await.pointers(),
        ["/tracks"]
    );
    admin.get(&only).await.is(200);
    added(&admin, &question("Another?", &choice("b"))).await;
    admin.delete(&only).await.is(204);
}

async fn of_two_changes_at_once_one_is_refused(backend: Backend) {
    let app = TestApp::start(backend).await;
    let admin = whole_track(&app, "backend").await;
    let path = added(&admin, &question("Which?", &choice("b"))).await;
    let (one, other) = (
        json!({ "version": 1, "stem": "Which one?" }),
        json!({ "version": 1, "stem": "Which other?" }),
    );
    let (one, other) = tokio::join!(admin.patch(&path, &one), admin.patch(&path, &other));
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409], "{} {}", one.text, other.text);
    let stale = admin
        .patch(&path, &json!({ "version": 1, "stem": "Too late" }))
        .await;
    assert_eq!(stale.is(409)["type"], "/problems#question-changed");
    assert_eq!(
        admin.get(&path).await.is(200)["versions"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_read_by_staff_and_written_by_admins() {
    let app = TestApp::start(Backend::Sqlite).await;
    let admin = whole_track(&app, "backend").await;
    let path = added(&admin, &question("Which?", &choice("b"))).await;
    for role in [Role::Student, Role::Service] {
        let caller = app.client(role, 1).await;
        caller.get("/questions").await.is(403);
        caller.get(&path).await.is(403);
    }
    for role in [Role::Student, Role::Advisor, Role::Service] {
        let caller = app.client(role, 1).await;
        caller.post("/questions", &json!({})).await.is(403);
        caller.patch(&path, &json!({})).await.is(403);
        caller.delete(&path).await.is(403);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_whose_first_request_has_not_ended_is_not_added_twice() {
    let app = TestApp::start(Backend::Sqlite).await;
    let admin = whole_track(&app, "backend").await;
    let body = question("Which?", &choice("b"));
    admin.post_with_key("/questions", "k-1", &body).await.is(201);
    let unsettled = "UPDATE idempotency_keys SET status = NULL, reply = NULL RETURNING key";
    assert_eq!(app.rows.texts(unsettled, &[]).await, ["k-1"]);
    let refused = admin.post_with_key("/questions", "k-1", &body).await;
    assert_eq!(refused.is(409)["type"], "/problems#idempotency-key-in-flight");
    let changed = question("Which else?", &choice("b"));
    let refused = admin.post_with_key("/questions", "k-1", &changed).await;
    assert_eq!(refused.is(422)["type"], "/problems#idempotency-key-reused");
    assert_eq!(app.count("items", &[]).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_in_no_bank_is_none() {
    let app = TestApp::start(Backend::Sqlite).await;
    let generated = app.publish_sample(Settings::default()).await;
    let id = generated.items().next().unwrap().item_id;
    let admin = app.admin().await;
    let path = format!("/questions/{id}");
    for reply in [
        admin.get(&path).await,
        admin.patch(&path, &json!({})).await,
        admin.delete(&path).await,
    ] {
        assert_eq!(reply.is(404)["type"], "/problems#question-not-found");
    }
    assert_eq!(admin.get("/questions").await.is(200)["total"], 0);
}
