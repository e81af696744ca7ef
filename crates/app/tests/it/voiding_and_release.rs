//! What staff do with attempts: take them out of the count, hold results back, release them.

use domain::authoring::Settings;
use domain::authoring::sample_answers::answer_key;
use domain::identity::Role;
use serde_json::{Value, json};
use testkit::Backend;

use super::support::{Client, Reply, Sitting, TestApp};

on_both_databases!(
    a_held_result_is_seen_by_staff_alone_until_it_is_released,
    a_result_that_is_out_can_be_taken_back,
    nothing_is_released_before_it_is_scored,
    an_attempt_is_voided_at_any_time_and_once,
    a_decision_repeated_with_its_key_is_made_once,
    an_attempt_voided_while_it_is_scored_stays_voided,
    an_advisor_of_another_cohort_finds_nothing_to_decide_on,
);

async fn decide(staff: &Client, sitting: &Sitting, action: &str, body: &Value) -> Reply {
    let path = format!("/assessments/{}/{action}", sitting.id);
    staff.post(&path, body).await
}

async fn completed(app: &TestApp, settings: Settings, student: u32) -> Sitting {
    let published = app.publish_sample(settings).await;
    let sitting = Sitting::started(app, &published, student).await;
    sitting.answer_and_complete().await;
    app.drain_jobs().await;
    sitting
}

fn held() -> Settings {
    Settings {
        hold_results: true,
        ..Settings::default()
    }
}

async fn a_held_result_is_seen_by_staff_alone_until_it_is_released(backend: Backend) {
    let app = TestApp::start(backend).await;
    let sitting = completed(&app, held(), 1).await;
    let advisor = app.client(Role::Advisor, 1).await;
    assert_eq!(sitting.result().await.is(202)["status"], "held");
    let path = format!("/assessments/{}/result", sitting.id);
    assert_eq!(advisor.get(&path).await.is(200)["scores"]["passed"], true);

    let released = decide(&advisor, &sitting, "release", &json!({})).await.is(200);
    assert_eq!(
        (&released["status"], released["released_at"].is_string()),
        (&json!("completed"), true)
    );
    sitting.result().await.is(200);
    // Doing it again changes nothing.
    let again = decide(&advisor, &sitting, "release", &json!({})).await.is(200);
    assert_eq!(again["released_at"], released["released_at"]);
    assert_eq!(sitting.audited(&app, "attempts.released").await, 1);
}

async fn a_result_that_is_out_can_be_taken_back(backend: Backend) {
    let app = TestApp::start(backend).await;
    let sitting = completed(&app, Settings::default(), 1).await;
    sitting.result().await.is(200);
    let taken_back = decide(&app.admin().await, &sitting, "release", &json!({ "hold": true }))
        .await
        .is(200);
    assert_eq!(taken_back["released_at"], Value::Null);
    assert_eq!(sitting.result().await.is(202)["status"], "held");
    assert_eq!(sitting.audited(&app, "attempts.held").await, 1);
}

async fn nothing_is_released_before_it_is_scored(backend: Backend) {
    let app = TestApp::start(backend).await;
    let published = app.publish_sample(held()).await;
    let sitting = Sitting::started(&app, &published, 1).await;
    let admin = app.admin().await;
    for _ in 0..2 {
        let refused = decide(&admin, &sitting, "release", &json!({})).await.is(409);
        assert_eq!(refused["type"], "/problems#not-scored");
        if sitting.stored(&app).await.0 == "in_progress" {
            sitting.answer_and_complete().await;
        }
    }
    app.drain_jobs().await;
    decide(&admin, &sitting, "release", &json!({})).await.is(200);
}

async fn an_attempt_is_voided_at_any_time_and_once(backend: Backend) {
    let app = TestApp::start(backend).await;
    let sitting = completed(&app, Settings::default(), 1).await;
    let admin = app.admin().await;
    let body = json!({ "reason": "the wrong paper was handed out" });
    assert_eq!(
        decide(&admin, &sitting, "void", &body).await.is(200)["status"],
        "voided"
    );
    let again = decide(&admin, &sitting, "void", &body).await.is(409);
    assert_eq!(again["type"], "/problems#unlawful-move");
    sitting.result().await.is(410);
    assert_eq!(
        sitting.rows(&app, "score_records").await,
        9,
        "what was scored is kept"
    );
    assert_eq!(sitting.audited(&app, "attempts.voided").await, 1);
    // The assessment may be taken once; the voided attempt does not count.
    let second = Sitting::opted_in(&app, &sitting.published, 1).await;
    assert_ne!(second.id, sitting.id);
    decide(&admin, &second, "void", &json!({})).await.is(200);
    second.start().await.is(409);
}

async fn a_decision_repeated_with_its_key_is_made_once(backend: Backend) {
    let app = TestApp::start(backend).await;
    app.may_leave_jobs();
    let settings = Settings {
        time_limit_minutes: Some(10),
        ..Settings::default()
    };
    let published = app.publish_sample(settings).await;
    let sitting = Sitting::started(&app, &published, 1).await;
    let admin = app.admin().await;
    let path = |action: &str| format!("/assessments/{}/{action}", sitting.id);
    for (action, body, audited) in [
        ("extend", json!({ "minutes": 5 }), "attempts.extended"),
        ("void", json!({ "reason": "twice" }), "attempts.voided"),
    ] {
        let first = admin.post_with_key(&path(action), action, &body).await;
        let again = admin.post_with_key(&path(action), action, &body).await;
        assert_eq!(first.is(200), again.is(200));
        assert_eq!(again.header("idempotency-replayed"), Some("true"));
        assert_eq!(sitting.audited(&app, audited).await, 1);
    }
}

async fn an_attempt_voided_while_it_is_scored_stays_voided(backend: Backend) {
    let app = TestApp::start(backend).await;
    let published = app.publish_sample(Settings::default()).await;
    let sitting = Sitting::started(&app, &published, 1).await;
    sitting.submit_all_sections(answer_key).await;
    sitting.complete().await.is(202);
    decide(&app.admin().await, &sitting, "void", &json!({}))
        .await
        .is(200);
    app.drain_jobs().await;
    assert_eq!(
        sitting.stored(&app).await,
        ("voided".to_owned(), "none".to_owned())
    );
    sitting.result().await.is(410);
}

async fn an_advisor_of_another_cohort_finds_nothing_to_decide_on(backend: Backend) {
    let app = TestApp::start(backend).await;
    let sitting = completed(&app, held(), 1).await;
    let advisor = app.client(Role::Advisor, 1).await;
    let admin = app.admin().await;
    let everyone = format!("/cohorts/{}", domain::identity::EVERYONE);
    let change = json!({ "remove_members": [advisor.user().id] });
    admin.patch(&everyone, &change).await.is(200);
    for (action, body) in [
        ("release", json!({})),
        ("void", json!({})),
        ("extend", json!({ "minutes": 5 })),
    ] {
        decide(&advisor, &sitting, action, &body).await.is(404);
    }
    let path = format!("/users/{}/accommodations", sitting.student.user().id);
    let put = advisor.request(reqwest::Method::PUT, &path);
    Reply::to(put.json(&json!({ "time_factor": 2.0 }))).await.is(404);
    assert_eq!(app.count("accommodations", &[]).await, 0);
    assert_eq!(sitting.stored(&app).await.0, "completed");
}
