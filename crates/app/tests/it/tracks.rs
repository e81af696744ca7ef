//! Tracks: made, read, changed, taken out of use.

use domain::authoring::Settings;
use domain::authoring::sample_answers::answer_key;
use domain::identity::Role;
use serde_json::{Value, json};
use testkit::Backend;

use super::support::{MINUTE, Taking, TestApp, bank, picked};

on_both_databases!(
    a_track_is_made_read_changed_and_taken_out_of_use,
    a_track_can_be_taken_as_soon_as_its_bank_has_a_question,
    a_slug_names_one_track,
    attempts_outlive_their_track,
    new_settings_are_for_new_attempts,
    settings_that_two_people_change_at_once_are_all_kept,
);

/// A question as it is sent.
fn question(body: &Value) -> Value {
    json!({
        "stem": "Which status says that a thing was made?", "marks": 2, "topic": "HTTP", "cognitive_level": "remember",
        "difficulty": "easy", "skills": ["http-apis"], "body": body,
    })
}

fn choice() -> Value {
    json!({ "kind": "multiple_choice", "key": ["b"],
        "options": [{ "id": "a", "text": "200" }, { "id": "b", "text": "201" }] })
}

fn backend() -> Value {
    json!({
        "slug": "backend", "title": " Backend engineer ", "description": "For people who build services.",
        "skills": [{ "skill": "http-apis", "name": "HTTP APIs", "target_level": 70 }],
        "settings": { "access_code": "lantern", "time_limit_minutes": 20, "mix": { "rule_scored": 1 } },
        "items": [question(&choice())],
    })
}

async fn a_track_is_made_read_changed_and_taken_out_of_use(backend_kind: Backend) {
    let app = TestApp::start(backend_kind).await;
    let (admin, student) = (app.admin().await, app.student(1).await);
    let made = admin.post_with_key("/tracks", "k-1", &backend()).await.is(201);
    admin
        .post_with_key("/tracks", "k-1", &backend())
        .await
        .replays(&made);
    assert_eq!(
        picked(&made, &["title", "questions", "published", "time_limit_minutes"]),
        json!(["Backend engineer", 1, true, 20])
    );
    assert_eq!(
        picked(&made["settings"], &["access_code", "shuffle_options"]),
        json!(["lantern", true]),
        "what is absent is as tracks begin"
    );
    settings_are_for_staff(&app, &made).await;

    let change =
        json!({ "title": "Backend", "settings": { "time_limit_minutes": null, "pass_percent": 75 } });
    let changed = admin.patch("/tracks/backend", &change).await.is(200);
    assert_eq!(changed, admin.get("/tracks/backend").await.is(200));
    assert_eq!(
        picked(&changed, &["title", "time_limit_minutes"]),
        json!(["Backend", null])
    );
    assert_eq!(
        picked(&changed["settings"], &["pass_percent", "access_code"]),
        json!([75.0, "lantern"])
    );
    let kept = ["role_id", "slug", "skills", "description", "questions"];
    assert_eq!(picked(&changed, &kept), picked(&made, &kept));

    assert_eq!(admin.delete("/tracks/backend").await.is(204), Value::Null);
    admin.get("/tracks/backend").await.is(404);
    admin.patch("/tracks/backend", &json!({})).await.is(404);
    admin.delete("/tracks/backend").await.is(404);
    assert_eq!(admin.get("/tracks").await.is(200)["total"], 0);
    let start = json!({ "role_id": made["role_id"] });
    student.post("/assessments/start", &start).await.is(404);
    let next = admin.post("/tracks", &backend()).await.is(201);
    assert_ne!(next["role_id"], made["role_id"], "the slug is free again");
}

async fn settings_are_for_staff(app: &TestApp, made: &Value) {
    let advisor = app.client(Role::Advisor, 1).await;
    assert_eq!(advisor.get("/tracks/backend").await.is(200), *made);
    let mut public = made.clone();
    public.as_object_mut().unwrap().remove("settings");
    for reader in [app.student(1).await, app.client(Role::Service, 1).await] {
        let shown = reader.get("/tracks/backend").await;
        assert!(!shown.text.contains("lantern"), "{}", shown.text);
        assert_eq!(shown.is(200), public);
        let list = reader.get("/tracks").await.is(200);
        assert_eq!(
            list,
            json!({ "items": [public], "page": 1, "page_size": 25, "total": 1 })
        );
        let beyond = reader.get("/tracks?page=2&page_size=10").await.is(200);
        assert_eq!(picked(&beyond, &["items", "total"]), json!([[], 1]));
    }
}

async fn a_track_can_be_taken_as_soon_as_its_bank_has_a_question(backend_kind: Backend) {
    let app = TestApp::start(backend_kind).await;
    let (admin, student) = (app.admin().await, app.student(1).await);
    let empty = json!({ "slug": "empty", "title": "Empty", "skills": [] });
    let made = admin.post("/tracks", &empty).await.is(201);
    assert_eq!(
        (&made["questions"], &made["published"]),
        (&json!(0), &json!(false))
    );
    assert_eq!(
        made["mix"],
        json!({ "rule_scored": 3, "essay": 3, "profile": 4, "external": 0 })
    );
    let available = async || student.get("/assessments/available").await.is(200)["items"].clone();
    assert_eq!(available().await, json!([]));
    student
        .post("/assessments/start", &json!({ "role_slug": "empty" }))
        .await
        .is(404);
    // Settings of a track that nobody can take yet are changed like others.
    let change = json!({ "settings": { "time_limit_minutes": 5 } });
    admin.patch("/tracks/empty", &change).await.is(200);

    let mut first = question(&choice());
    first["skills"] = json!([]);
    first["tracks"] = json!(["empty"]);
    admin.post("/questions", &first).await.is(201);
    let shown = student.get("/tracks/empty").await.is(200);
    assert_eq!(
        (&shown["questions"], &shown["published"]),
        (&json!(1), &json!(true))
    );
    assert_eq!(available().await[0]["assessment_definition_id"], made["role_id"]);
    student
        .post("/assessments/start", &json!({ "role_slug": "empty" }))
        .await
        .is(201);
}

async fn a_slug_names_one_track(backend_kind: Backend) {
    let app = TestApp::start(backend_kind).await;
    let admin = app.admin().await;
    let body = backend();
    let (one, other) = tokio::join!(admin.post("/tracks", &body), admin.post("/tracks", &body));
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409], "{} {}", one.text, other.text);
    let third = admin.post("/tracks", &backend()).await;
    assert_eq!(third.is(409)["type"], "/problems#track-slug-taken");
    assert_eq!(
        (app.count("tracks", &[]).await, app.count("items", &[]).await),
        (1, 1)
    );
}

async fn attempts_outlive_their_track(backend_kind: Backend) {
    let app = TestApp::start(backend_kind).await;
    let track = app.publish_track("backend", Settings::for_tracks(), bank()).await;
    let taking = Taking::started(&app, &track, 1).await;
    app.admin().await.delete("/tracks/backend").await.is(204);
    assert_eq!(taking.session().await.is(200)["status"], "in_progress");
    taking.save_all(&taking.answers(answer_key)).await.is(202);
    taking.submit().await.is(202);
    assert_eq!(taking.scored(&app).await["scores"]["profile"]["percent"], 100.0);
    let refused = taking
        .student
        .post("/assessments/start", &json!({ "role_id": track.id }))
        .await;
    assert_eq!(refused.is(404)["type"], "/problems#track-not-found");
}

async fn new_settings_are_for_new_attempts(backend_kind: Backend) {
    let app = TestApp::start(backend_kind).await;
    let settings = Settings {
        inactivity_minutes: 90,
        ..Settings::for_tracks()
    };
    let track = app.publish_track("backend", settings, bank()).await;
    let before = Taking::started(&app, &track, 1).await;
    let change = json!({ "settings": { "time_limit_minutes": 10, "mix": { "rule_scored": 1 } } });
    app.admin().await.patch("/tracks/backend", &change).await.is(200);
    let after = Taking::started(&app, &track, 2).await;
    let expiry = async |taking: &Taking| taking.session().await.is(200)["expires_at"].clone();
    assert_eq!(expiry(&before).await, app.time_in(45 * MINUTE));
    assert_eq!(expiry(&after).await, app.time_in(10 * MINUTE));
    assert_eq!((before.questions.len(), after.questions.len()), (9, 1));
}

async fn settings_that_two_people_change_at_once_are_all_kept(backend_kind: Backend) {
    let app = TestApp::start(backend_kind).await;
    let (one, other) = (app.admin().await, app.client(Role::Admin, 2).await);
    one.post("/tracks", &backend()).await.is(201);
    let (pass, limit) = (
        json!({ "settings": { "pass_percent": 80 } }),
        json!({ "settings": { "max_attempts": 2 } }),
    );
    let (first, second) = tokio::join!(
        one.patch("/tracks/backend", &pass),
        other.patch("/tracks/backend", &limit)
    );
    first.is(200);
    second.is(200);
    let settings = one.get("/tracks/backend").await.is(200)["settings"].clone();
    assert_eq!(
        (&settings["pass_percent"], &settings["max_attempts"]),
        (&json!(80.0), &json!(2))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_track_is_named_by_pointer() {
    let app = TestApp::start(Backend::Sqlite).await;
    let admin = app.admin().await;
    for (body, pointer) in faulty_tracks() {
        assert_eq!(admin.post("/tracks", &body).await.pointers(), [pointer]);
    }
    assert_eq!(app.count("tracks", &[]).await, 0);
    admin.post("/tracks", &backend()).await.is(201);
    let wrong = json!({ "settings": { "pass_percent": 101 } });
    let refused = admin.patch("/tracks/backend", &wrong).await;
    assert_eq!(refused.pointers(), ["/settings/pass_percent"]);
    let refused = admin.patch("/tracks/backend", &json!({ "title": "" })).await;
    assert_eq!(refused.pointers(), ["/title"]);
    admin.get("/tracks/%00").await.is(404);
}

/// Bodies with one fault each, and where it is.
fn faulty_tracks() -> [(Value, &'static str); 12] {
    let with = |member: &str, value: Value| {
        let mut body = backend();
        body[member] = value;
        body
    };
    let skill = |slug: &str, level: i32| json!({ "skill": slug, "name": "A skill", "target_level": level });
    let mut keyless = choice();
    keyless["key"] = json!([]);
    let mut odd = question(&choice());
    odd["skills"] = json!(["knitting"]);
    let mut unreadable = question(&choice());
    unreadable["body"] = json!({ "kind": "riddle" });
    [
        (with("slug", json!("Back end")), "/slug"),
        (with("slug", json!("-back")), "/slug"),
        (with("title", json!("  ")), "/title"),
        (with("title", json!("a\u{0}b")), "/title"),
        (with("description", json!("a\u{0}b")), "/description"),
        (
            with("skills", json!([skill("a", 1), skill("a", 2)])),
            "/skills/1/skill",
        ),
        (
            with("skills", json!([skill("http-apis", 101)])),
            "/skills/0/target_level",
        ),
        (
            with("settings", json!({ "time_limit_minutes": 0 })),
            "/settings/time_limit_minutes",
        ),
        (
            with("settings", json!({ "mix": { "essay": 900 } })),
            "/settings/mix",
        ),
        (
            with("items", json!([question(&choice()), question(&keyless)])),
            "/items/1/body/key",
        ),
        (with("items", json!([odd])), "/items/0/skills/0"),
        (with("items", json!([unreadable])), "/items/0/body/kind"),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn tracks_are_made_and_changed_by_admins_only() {
    let app = TestApp::start(Backend::Sqlite).await;
    app.admin().await.post("/tracks", &backend()).await.is(201);
    for role in [Role::Student, Role::Advisor, Role::Service] {
        let caller = app.client(role, 1).await;
        // The role is looked at before the body.
        caller.post("/tracks", &json!({})).await.is(403);
        caller
            .patch("/tracks/backend", &json!({ "title": 1 }))
            .await
            .is(403);
        caller.delete("/tracks/backend").await.is(403);
    }
    app.anonymous().get("/tracks").await.is(401);
}
