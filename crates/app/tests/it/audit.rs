//! The log of who did what: written by the deed, listed for administrators, sealed by its job.

use std::collections::BTreeSet;

use domain::audit::{Fault, Verified};
use domain::authoring::Settings;
use domain::identity::Role;
use serde_json::{Value, json};
use testkit::Backend;
use uuid::Uuid;

use super::support::{Client, MINUTE, Sitting, TestApp};

on_both_databases!(
    administrators_list_the_log_and_others_do_not,
    every_filter_narrows_the_list,
    what_staff_do_is_in_the_log_under_their_name,
    the_log_is_sealed_every_minute_and_verifies,
);

async fn page(client: &Client, query: &str) -> Value {
    client.get(&format!("/audit?{query}")).await.is(200)
}

async fn verify(app: &TestApp) -> (Verified, Vec<Fault>) {
    let mut faults = Vec::new();
    let found = |fault| faults.push(fault);
    let verified = app.state.store.verify_audit(None, found).await;
    (verified.unwrap(), faults)
}

async fn administrators_list_the_log_and_others_do_not(backend: Backend) {
    let app = TestApp::start(backend).await;
    let admin = app.admin().await;
    for role in [Role::Student, Role::Advisor] {
        app.client(role, 1).await.get("/audit").await.is(403);
    }
    app.anonymous().get("/audit").await.is(401);
    let made = admin.post("/cohorts", &json!({ "name": "Spring" })).await.is(201);
    let newest = page(&admin, "page_size=10").await["items"][0].clone();
    assert_eq!(
        newest,
        json!({
            "id": newest["id"],
            "at": newest["at"],
            "actor": { "user_id": admin.user().id, "role": "admin" },
            "action": "cohorts.created",
            "resource_type": "cohort",
            "resource_id": made["cohort_id"],
            "correlation_id": newest["correlation_id"],
            "details": newest["details"],
            "sealed": false,
        })
    );
    assert!(
        newest["details"].is_object() && newest["correlation_id"].is_string(),
        "{newest}"
    );
}

async fn every_filter_narrows_the_list(backend: Backend) {
    let app = TestApp::start(backend).await;
    let admin = app.admin().await;
    let first = admin.post("/cohorts", &json!({ "name": "Spring" })).await.is(201);
    app.advance(MINUTE);
    admin.post("/cohorts", &json!({ "name": "Summer" })).await.is(201);
    let total = async |query: String| page(&admin, &query).await["total"].as_u64().unwrap();
    assert_eq!(total("action=cohorts.created".to_owned()).await, 2);
    assert_eq!(total("action=cohorts.deleted".to_owned()).await, 0);
    assert_eq!(total("resource_type=cohort".to_owned()).await, 2);
    let about = first["cohort_id"].as_str().unwrap();
    assert_eq!(total(format!("resource_id={about}")).await, 1);
    let me = admin.user().id;
    assert_eq!(total(format!("actor_id={me}&action=cohorts.created")).await, 2);
    assert_eq!(total(format!("actor_id={}", Uuid::nil())).await, 0);
    let at = page(&admin, &format!("resource_id={about}")).await["items"][0]["at"].clone();
    let at = at.as_str().unwrap().to_owned();
    assert_eq!(total(format!("from={at}&resource_type=cohort")).await, 2);
    assert_eq!(total(format!("until={at}&resource_type=cohort")).await, 0);
    let wrong = admin.get("/audit?page_size=1000&action=a").await;
    assert_eq!(wrong.pointers(), ["/page_size"]);
    admin.get("/audit?actor_id=me").await.is(400);
    let control = admin.get("/audit?action=%00").await;
    assert_eq!(control.pointers(), ["/action"]);
}

/// Changes a cohort, a track, a question and an attempt.
async fn work_as_staff(app: &TestApp, admin: &Client) {
    let cohort = admin.post("/cohorts", &json!({ "name": "Spring" })).await.is(201);
    let cohort = format!("/cohorts/{}", cohort["cohort_id"].as_str().unwrap());
    admin.patch(&cohort, &json!({ "name": "Summer" })).await.is(200);
    admin.delete(&cohort).await.is(204);
    let track = json!({ "slug": "other", "title": "Other", "skills": [] });
    admin.post("/tracks", &track).await.is(201);
    admin
        .patch("/tracks/other", &json!({ "title": "Another" }))
        .await
        .is(200);
    admin.delete("/tracks/other").await.is(204);
    let an_hour = Settings {
        time_limit_minutes: Some(60),
        ..Settings::default()
    };
    let published = app.publish_sample(an_hour).await;
    let sitting = Sitting::started(app, &published, 1).await;
    let attempt = format!("/assessments/{}", sitting.id);
    let advisor = app.client(Role::Advisor, 1).await;
    admin
        .post(&format!("{attempt}/extend"), &json!({ "minutes": 5 }))
        .await
        .is(200);
    admin.post(&format!("{attempt}/void"), &json!({})).await.is(200);
    advisor.get("/cohorts").await.is(200);
}

async fn what_staff_do_is_in_the_log_under_their_name(backend: Backend) {
    let app = TestApp::start(backend).await;
    let admin = app.admin().await;
    work_as_staff(&app, &admin).await;
    let mine = page(&admin, &format!("actor_id={}&page_size=100", admin.user().id)).await;
    let items = mine["items"].as_array().unwrap();
    let actions: BTreeSet<&str> = items.iter().map(|row| row["action"].as_str().unwrap()).collect();
    let expected = [
        "attempts.extended",
        "attempts.voided",
        "authoring.published",
        "authoring.remaining_accepted",
        "authoring.reviewed",
        "cohorts.changed",
        "cohorts.created",
        "cohorts.deleted",
        "tracks.changed",
        "tracks.created",
        "tracks.deleted",
    ];
    assert_eq!(actions, BTreeSet::from(expected));
    app.may_leave_jobs();
}

async fn the_log_is_sealed_every_minute_and_verifies(backend: Backend) {
    let app = TestApp::start(backend).await;
    let admin = app.admin().await;
    admin.post("/cohorts", &json!({ "name": "Spring" })).await.is(201);
    assert_eq!(page(&admin, "").await["items"][0]["sealed"], false);
    app.tick().await;
    assert_eq!(page(&admin, "").await["items"][0]["sealed"], true);
    admin.post("/cohorts", &json!({ "name": "Summer" })).await.is(201);
    let (verified, faults) = verify(&app).await;
    assert_eq!((faults, verified.unsealed), (Vec::new(), 1));
    for _ in 0..3 {
        app.advance(MINUTE);
        app.tick().await;
    }
    let (verified, faults) = verify(&app).await;
    assert_eq!((faults, verified.unsealed), (Vec::new(), 0));
    let rows = app.count("audit_log", &[]).await;
    assert_eq!(i64::try_from(verified.entries), Ok(rows));
    assert_eq!(verified.head.map(|head| head.seq), Some(rows));
}
