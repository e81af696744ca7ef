//! Queues that are paused and let go, and the overview of everything.

use domain::ids::IdSource as _;
use domain::time::Clock as _;
use serde_json::json;
use std::time::Duration;
use testkit::Backend;

use super::{bury, enqueue, queue, total};
use crate::support::{MINUTE, TestApp, picked};

const PAUSE: &str = "/ops/queues/maintenance/pause";
const RESUME: &str = "/ops/queues/maintenance/resume";

on_both_databases!(
    a_paused_queue_keeps_its_jobs_until_it_is_let_go,
    a_request_that_has_not_ended_is_not_repeated,
    the_overview_tells_what_is_stuck_and_who_works_on_it,
);

async fn a_paused_queue_keeps_its_jobs_until_it_is_let_go(backend: Backend) {
    let app = TestApp::start(backend).await;
    let admin = app.admin().await;
    let reason = json!({ "reason": "the disk is full" });
    let paused = admin.post_with_key(PAUSE, "k-1", &reason).await.is(200);
    assert_eq!(
        paused,
        json!({ "queue": "maintenance", "paused": true, "changed": true })
    );
    let again = admin.post_with_key(PAUSE, "k-1", &reason).await;
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    let other = admin
        .post(PAUSE, &json!({ "reason": "another one" }))
        .await
        .is(200);
    assert_eq!(other["changed"], false);
    enqueue(&app, "kept", 3).await;
    assert_eq!(app.drain_jobs().await, 0);
    app.advance(MINUTE);
    let shown = admin.get("/ops/queues").await.is(200);
    let kept = queue(&shown, "maintenance");
    assert_eq!(
        picked(kept, &["due", "running", "oldest_due_seconds"]),
        json!([3, 0, 60.0])
    );
    assert_eq!(
        picked(&kept["paused"], &["reason", "by"]),
        json!(["the disk is full", admin.user().id])
    );
    let overview = admin.get("/ops/overview").await.is(200);
    assert_eq!(
        picked(&overview, &["paused_queues", "lag_seconds"]),
        json!([["maintenance"], 0.0])
    );
    assert_eq!(admin.post(RESUME, &json!({})).await.is(200)["changed"], true);
    assert_eq!(admin.post(RESUME, &json!({})).await.is(200)["changed"], false);
    assert_eq!(admin.get("/ops/overview").await.is(200)["lag_seconds"], 60.0);
    assert_eq!(app.drain_jobs().await, 3);
    for action in ["queue_paused", "queue_resumed"] {
        assert_eq!(
            total(&admin, &format!("/audit?action=operations.{action}")).await,
            1,
            "{action}"
        );
    }
    admin.post("/ops/queues/attic/pause", &reason).await.is(404);
    admin.post("/ops/queues/attic/resume", &json!({})).await.is(404);
    assert_eq!(
        admin.post(PAUSE, &json!({ "reason": " " })).await.pointers(),
        ["/reason"]
    );
}

async fn a_request_that_has_not_ended_is_not_repeated(backend: Backend) {
    let app = TestApp::start(backend).await;
    let admin = app.admin().await;
    let requests = [
        (PAUSE, json!({ "reason": "the disk is full" })),
        (RESUME, json!({})),
        ("/ops/dead-letters/requeue", json!({ "filter": {} })),
    ];
    for (path, body) in &requests {
        admin.post_with_key(path, "k-1", body).await.is(200);
    }
    let unsettled = "UPDATE idempotency_keys SET status = NULL, reply = NULL RETURNING key";
    assert_eq!(app.rows.texts(unsettled, &[]).await.len(), requests.len());
    for (path, body) in &requests {
        let refused = admin.post_with_key(path, "k-1", body).await.is(409);
        assert_eq!(refused["type"], "/problems#idempotency-key-in-flight", "{path}");
    }
}

async fn the_overview_tells_what_is_stuck_and_who_works_on_it(backend: Backend) {
    let app = TestApp::start(backend).await;
    app.may_leave_jobs();
    let admin = app.admin().await;
    app.tick().await;
    enqueue(&app, "dead", 2).await;
    bury(&app, "dead", "provider_down").await;
    enqueue(&app, "due", 1).await;
    let (old, new) = (app.database.ids.new_uuid(), app.database.ids.new_uuid());
    let now = app.database.clock.now().as_micros();
    app.advance(MINUTE);
    for (id, beat) in [(old, now), (new, now + 50_000_000)] {
        let text = format!(
            "INSERT INTO worker_processes (id, host, started_at, last_beat_at) VALUES ($1, 'node', {now}, {beat})
            RETURNING host"
        );
        assert_eq!(app.rows.texts(&text, &[id]).await, ["node"]);
    }
    let leads = format!(
        "INSERT INTO service_leases (name, holder, lease_until) VALUES ('tester', $1, {}) RETURNING name",
        now + 90_000_000
    );
    assert_eq!(app.rows.texts(&leads, &[new]).await, ["tester"]);
    let overview = admin.get("/ops/overview").await.is(200);
    assert_eq!(overview["lag_seconds"], 60.0);
    let stuck = picked(
        queue(&overview, "maintenance"),
        &["waiting", "due", "running", "failed", "paused"],
    );
    assert_eq!(stuck, json!([0, 1, 0, 2, null]));
    assert_eq!(queue(&overview, "llm")["oldest_due_seconds"], json!(null));
    let processes: Vec<_> = overview["processes"].as_array().unwrap().iter().collect();
    let health: Vec<_> = processes
        .iter()
        .filter(|process| process["host"] == "node")
        .map(|process| picked(process, &["process_id", "healthy", "running"]))
        .collect();
    assert_eq!(health, [json!([old, false, 0]), json!([new, true, 0])]);
    let leaders = overview["leaders"].as_array().unwrap();
    let tester = leaders
        .iter()
        .find(|leader| leader["service"] == "tester")
        .unwrap();
    assert_eq!(picked(tester, &["process_id", "held"]), json!([new, true]));
    let schedules = overview["schedules"].as_array().unwrap();
    let prune = schedules
        .iter()
        .find(|schedule| schedule["name"] == "prune")
        .unwrap();
    assert_eq!(prune["late_seconds"], 0.0);
    assert_eq!(overview["at"], app.time_in(Duration::ZERO));
    app.student(1).await.get("/ops/overview").await.is(403);
}
