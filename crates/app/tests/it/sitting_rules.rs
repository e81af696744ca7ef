//! Sitting rules of an assessment: when it may be taken, how often, by whom, and in which order it is shown.

use std::collections::BTreeSet;

use domain::attempts::Void;
use domain::authoring::Settings;
use domain::identity::Role;
use domain::time::Clock as _;
use serde_json::{Value, json};
use testkit::{Backend, builders};

use super::support::{MINUTE, Taking, TestApp, TestTrack, bank};

on_both_databases!(
    a_window_opens_and_closes,
    what_was_begun_counts_as_an_attempt_unless_staff_void_it,
    between_two_attempts_there_is_a_pause,
    an_access_code_is_asked_for_at_both_doors,
    every_attempt_has_an_order_of_its_own,
);

async fn refused(app: &TestApp, track: &TestTrack, status: u16) -> Value {
    app.student(1)
        .await
        .post("/assessments/start", &track.body())
        .await
        .is(status)
}

/// What student 1 may take.
async fn available(app: &TestApp) -> Vec<Value> {
    let reply = app.student(1).await.get("/assessments/available").await.is(200);
    reply["items"].as_array().unwrap().clone()
}

async fn a_window_opens_and_closes(backend: Backend) {
    let app = TestApp::start(backend).await;
    let now = app.database.clock.now();
    let settings = Settings {
        opens_at: Some(now + 10 * MINUTE),
        closes_at: Some(now + 30 * MINUTE),
        ..Settings::for_tracks()
    };
    let track = app.publish_track("backend", settings, bank()).await;
    let (opens_at, closes_at) = (app.time_in(10 * MINUTE), app.time_in(30 * MINUTE));
    let offered = available(&app).await;
    assert_eq!(
        (&offered[0]["opens_at"], &offered[0]["closes_at"]),
        (&opens_at, &closes_at)
    );
    let early = refused(&app, &track, 409).await;
    assert_eq!(
        (&early["type"], &early["opens_at"]),
        (&json!("/problems#not-open-yet"), &opens_at)
    );
    app.advance(10 * MINUTE);
    let taking = Taking::started(&app, &track, 1).await;
    assert_eq!(
        taking.session().await.is(200)["expires_at"],
        closes_at,
        "the window ends attempts, too"
    );
    app.advance(21 * MINUTE);
    assert_eq!(taking.submit().await.is(410)["error_code"], "ASSESSMENT_410");
    let late = refused(&app, &track, 409).await;
    assert_eq!(
        (&late["type"], &late["closed_at"]),
        (&json!("/problems#closed"), &closes_at)
    );
    app.drain_jobs().await;
}

async fn what_was_begun_counts_as_an_attempt_unless_staff_void_it(backend: Backend) {
    let app = TestApp::start(backend).await;
    let settings = Settings {
        max_attempts: Some(1),
        ..Settings::for_tracks()
    };
    let track = app.publish_track("backend", settings, bank()).await;
    let offered = available(&app).await;
    assert_eq!(
        (&offered[0]["attempts_left"], &offered[0]["role_slug"]),
        (&json!(1), &json!("backend"))
    );
    let given_up = Taking::started(&app, &track, 1).await;
    let offered = available(&app).await;
    assert_eq!(
        (&offered[0]["attempts_left"], &offered[0]["open_attempt_id"]),
        (&json!(0), &json!(given_up.id))
    );
    assert_eq!(
        (&offered[0]["kind"], &offered[0]["items"]),
        (&json!("track"), &json!(9))
    );
    assert_eq!(given_up.abandon().await.status, 204);
    assert_eq!(
        refused(&app, &track, 409).await["type"],
        "/problems#no-attempts-left"
    );
    assert_eq!(available(&app).await, Vec::<Value>::new());

    let staff = builders::principal(&app.database, Role::Advisor, 1)
        .await
        .unwrap()
        .staff()
        .unwrap();
    let void = |taking: &Taking| Void {
        staff,
        attempt_id: serde_json::from_value(json!(taking.id)).unwrap(),
        reason: None,
    };
    // The one given up is void already and still counts.
    let other = app.student(2).await;
    let submitted = Taking::of(
        other.clone(),
        &track,
        &other.post("/assessments/start", &track.body()).await.is(201),
    );
    submitted.submit().await.is(202);
    other.post("/assessments/start", &track.body()).await.is(409);
    app.run(void(&submitted)).await;
    assert_eq!(submitted.result().await.is(410)["type"], "/problems#no-result");
    Taking::started(&app, &track, 2).await;
    app.drain_jobs().await;
}

async fn between_two_attempts_there_is_a_pause(backend: Backend) {
    let app = TestApp::start(backend).await;
    let settings = Settings {
        cool_down_minutes: Some(60),
        ..Settings::for_tracks()
    };
    let track = app.publish_track("backend", settings, bank()).await;
    let first = Taking::started(&app, &track, 1).await;
    first.submit().await.is(202);
    let until = app.time_in(60 * MINUTE);
    app.advance(59 * MINUTE);
    let early = refused(&app, &track, 409).await;
    assert_eq!(
        (&early["type"], &early["until"]),
        (&json!("/problems#cool-down"), &until)
    );
    app.advance(MINUTE);
    Taking::started(&app, &track, 1).await;
    app.drain_jobs().await;
}

async fn an_access_code_is_asked_for_at_both_doors(backend: Backend) {
    let app = TestApp::start(backend).await;
    let settings = Settings {
        access_code: Some("Blue Heron".to_owned()),
        ..Settings::for_tracks()
    };
    let track = app.publish_track("backend", settings, bank()).await;
    let offered = available(&app).await;
    assert_eq!(offered[0]["access_code_required"], true);
    assert!(!json!(offered).to_string().contains("Heron"));
    assert_eq!(refused(&app, &track, 403).await["type"], "/problems#access-code");
    let student = app.student(1).await;
    let code = |code: &str| json!({ "role_slug": "backend", "access_code": code });
    student
        .post("/assessments/start", &code("blue heron"))
        .await
        .is(403);
    let started = student
        .post("/assessments/start", &code("Blue Heron"))
        .await
        .is(201);
    let resumed = student.post("/assessments/start", &track.body()).await.is(200);
    assert_eq!(
        resumed["assessment_id"], started["assessment_id"],
        "who is in needs no code any more"
    );

    let student = app.student(2).await;
    let opted_in = student
        .post(
            "/sessions/opt-in",
            &json!({ "assessment_definition_id": track.id }),
        )
        .await
        .is(201);
    let mut start = json!({ "session_id": opted_in["session_id"] });
    assert_eq!(
        student.post("/sessions/start", &start).await.is(403)["error_code"],
        "ASSESSMENT_403"
    );
    start["access_code"] = json!("Blue Heron");
    student.post("/sessions/start", &start).await.is(200);
}

async fn every_attempt_has_an_order_of_its_own(backend: Backend) {
    let app = TestApp::start(backend).await;
    let settings = Settings {
        shuffle_items: true,
        shuffle_options: true,
        mix: None,
        ..Settings::for_tracks()
    };
    let track = app.publish_track("backend", settings, bank()).await;
    let (mut orders, mut options) = (BTreeSet::new(), BTreeSet::new());
    for student in 1..=8 {
        let taking = Taking::started(&app, &track, student).await;
        let again = taking
            .student
            .post("/assessments/start", &track.body())
            .await
            .is(200);
        assert_eq!(again["questions"], json!(taking.questions));
        let reloaded = taking.session().await.is(200);
        assert_eq!(reloaded["current_section"]["questions"], json!(taking.questions));
        let ids = |members: &[Value], name: &str| -> Vec<String> {
            members.iter().map(|member| member[name].to_string()).collect()
        };
        let mut order = ids(&taking.questions, "question_id");
        orders.insert(order.clone());
        order.sort();
        let mut all: Vec<String> = track
            .version
            .items
            .iter()
            .map(|item| json!(item.item_id).to_string())
            .collect();
        all.sort();
        assert_eq!(order, all, "every question is there once");
        let ordering = taking
            .questions
            .iter()
            .find(|question| question["type"] == "ordering")
            .unwrap();
        options.insert(ids(ordering["choices"].as_array().unwrap(), "option_id"));
    }
    assert!(orders.len() > 6, "{} orders of questions", orders.len());
    assert!(options.len() > 1, "{options:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_access_code_is_something_that_can_be_typed() {
    let app = TestApp::start(Backend::Sqlite).await;
    let track = app.publish_track("backend", Settings::for_tracks(), bank()).await;
    let published = app.publish_sample(Settings::default()).await;
    let admin = app.admin().await;
    let paths = [
        "/tracks/backend".to_owned(),
        format!("/assessments/definitions/{}", published.definition_id),
    ];
    for path in paths {
        for code in ["", "blue\u{0}heron", "blue\nheron"] {
            let change = json!({ "settings": { "access_code": code } });
            let refused = admin.patch(&path, &change).await;
            assert_eq!(refused.pointers(), ["/settings/access_code"], "{code:?}");
        }
    }
    Taking::started(&app, &track, 1).await;
}
