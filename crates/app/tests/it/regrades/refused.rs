//! What regrades are refused for, and how they are stopped.

use domain::identity::Role;
use serde_json::json;
use testkit::Backend;
use uuid::Uuid;

use super::scene::Scene;
use crate::support::{Reply, TestApp, picked};

on_both_databases!(
    one_regrade_of_the_same_at_a_time,
    a_cancelled_regrade_changes_nothing_more,
    a_preview_whose_jobs_are_lost_fails,
    what_is_asked_for_is_checked,
    a_preview_repeated_with_its_key_is_one,
);

async fn one_regrade_of_the_same_at_a_time(backend: Backend) {
    let app = TestApp::start(backend).await;
    let scene = Scene::new(&app).await;
    let (one, other) = (app.admin().await, app.client(Role::Admin, 2).await);
    let ask = json!({ "item_id": scene.choice, "policy": "both_ways" });
    let (first, second) = tokio::join!(one.post("/regrades", &ask), other.post("/regrades", &ask));
    let mut statuses = [first.status, second.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [202, 409], "{} {}", first.text, second.text);
    let (taken, refused): (Reply, Reply) = if first.status == 202 {
        (first, second)
    } else {
        (second, first)
    };
    let live = taken.is(202)["regrade_id"].clone();
    assert_eq!(
        picked(&refused.is(409), &["type", "regrade_id"]),
        json!(["/problems#regrade-live", live])
    );
    // Another question, and the assessment, are not the same.
    for another in [
        json!({ "item_id": scene.statement, "policy": "both_ways" }),
        json!({ "assessment_definition_id": scene.definition(&app).await, "policy": "both_ways" }),
    ] {
        one.post("/regrades", &another).await.is(202);
        assert_eq!(
            one.post("/regrades", &another).await.is(409)["type"],
            "/problems#regrade-live"
        );
    }
    app.drain_jobs().await;
    let path = format!("/regrades/{}", live.as_str().unwrap());
    scene.applied(&app, &path).await;
    one.post("/regrades", &ask).await.is(202);
    app.drain_jobs().await;
}

async fn a_cancelled_regrade_changes_nothing_more(backend: Backend) {
    let app = TestApp::start(backend).await;
    let scene = Scene::new(&app).await;
    scene.key_becomes(&app, "b").await;
    let admin = app.admin().await;
    // While it is previewed.
    let asked = scene.ask(&app, "both_ways").await.is(202);
    let path = format!("/regrades/{}", asked["regrade_id"].as_str().unwrap());
    let cancelled = admin.post(&format!("{path}/cancel"), &json!({})).await.is(200);
    assert_eq!(cancelled["state"], "cancelled");
    app.drain_jobs().await;
    assert_eq!(admin.get(&path).await.is(200)["attempts"], 0);
    // While it is applied.
    let path = scene.previewed(&app, "both_ways").await;
    admin.post(&format!("{path}/apply"), &json!({})).await.is(202);
    admin.post(&format!("{path}/cancel"), &json!({})).await.is(200);
    app.drain_jobs().await;
    assert_eq!(scene.percents(&app).await, [60.0, 40.0, 40.0]);
    for step in ["cancel", "apply"] {
        let refused = admin.post(&format!("{path}/{step}"), &json!({})).await.is(409);
        assert_eq!(
            picked(&refused, &["type", "from_state", "event"]),
            json!(["/problems#regrade-step", "cancelled", step])
        );
    }
    assert_eq!(
        app.count("audit_log WHERE action = 'regrades.cancelled'", &[])
            .await,
        2
    );
}

async fn a_preview_whose_jobs_are_lost_fails(backend: Backend) {
    let app = TestApp::start(backend).await;
    let scene = Scene::new(&app).await;
    let admin = app.admin().await;
    let asked = scene.ask(&app, "both_ways").await.is(202);
    let jobs = app
        .rows
        .texts("SELECT CAST(kind AS TEXT) FROM jobs WHERE state = 'ready'", &[])
        .await;
    assert_eq!(jobs, ["preview_regrade"]);
    let listed = admin.get("/jobs?job_type=preview_regrade").await.is(200);
    let job = listed["items"][0]["job_id"].as_str().unwrap();
    admin
        .post(&format!("/jobs/{job}/cancel"), &json!({}))
        .await
        .is(200);
    app.drain_jobs().await;
    let path = format!("/regrades/{}", asked["regrade_id"].as_str().unwrap());
    assert_eq!(admin.get(&path).await.is(200)["state"], "failed");
    assert_eq!(
        app.count("audit_log WHERE action = 'regrades.failed'", &[]).await,
        1
    );
    // It is in nobody's way.
    scene.previewed(&app, "both_ways").await;
}

async fn what_is_asked_for_is_checked(backend: Backend) {
    let app = TestApp::start(backend).await;
    let admin = app.admin().await;
    let unknown = Uuid::from_u128(7);
    let neither = admin.post("/regrades", &json!({ "policy": "both_ways" })).await;
    assert_eq!(neither.pointers(), ["/item_id"]);
    let both = json!({ "item_id": unknown, "assessment_definition_id": unknown, "policy": "both_ways" });
    assert_eq!(
        admin.post("/regrades", &both).await.pointers(),
        ["/assessment_definition_id"]
    );
    let ask = json!({ "item_id": unknown, "policy": "upwards" });
    assert_eq!(admin.post("/regrades", &ask).await.pointers(), ["/policy"]);
    for scope in ["item_id", "assessment_definition_id"] {
        let nothing = admin
            .post("/regrades", &json!({ scope: unknown, "policy": "never_lower" }))
            .await
            .is(404);
        assert_eq!(nothing["type"], "/problems#nothing-to-regrade");
    }
    for (path, posted) in [
        ("", false),
        ("/changes", false),
        ("/apply", true),
        ("/cancel", true),
    ] {
        let path = format!("/regrades/{unknown}{path}");
        let reply = if posted {
            admin.post(&path, &json!({})).await
        } else {
            admin.get(&path).await
        };
        assert_eq!(reply.is(404)["type"], "/problems#regrade-not-found");
    }
    let scene = Scene::new(&app).await;
    let path = scene.previewed(&app, "never_lower").await;
    let wrong = admin.get(&format!("{path}/changes?outcome=better")).await;
    assert_eq!(wrong.pointers(), ["/outcome"]);
    assert_eq!(
        admin.get(&format!("{path}/changes?page=0")).await.pointers(),
        ["/page"]
    );
    assert_eq!(
        admin.get("/regrades?page_size=5").await.pointers(),
        ["/page_size"]
    );
    let read = admin.get(&path).await;
    let tag = read.header("etag").unwrap().to_owned();
    let again = admin
        .request(reqwest::Method::GET, &path)
        .header("if-none-match", tag);
    assert_eq!(Reply::to(again).await.status, 304);
}

async fn a_preview_repeated_with_its_key_is_one(backend: Backend) {
    let app = TestApp::start(backend).await;
    let scene = Scene::new(&app).await;
    let admin = app.admin().await;
    let ask = json!({ "item_id": scene.choice, "policy": "both_ways" });
    let first = admin.post_with_key("/regrades", "k", &ask).await.is(202);
    let again = admin.post_with_key("/regrades", "k", &ask).await;
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(again.is(202), first);
    app.drain_jobs().await;
    let apply = format!("/regrades/{}/apply", first["regrade_id"].as_str().unwrap());
    let first = admin.post_with_key(&apply, "a", &json!({})).await.is(202);
    let again = admin.post_with_key(&apply, "a", &json!({})).await;
    assert_eq!(again.is(202), first);
    app.drain_jobs().await;
    assert_eq!(app.count("regrades", &[]).await, 1);
}
