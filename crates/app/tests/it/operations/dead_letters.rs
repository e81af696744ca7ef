//! Dead letters, one by one and many at once.

use domain::operations::BULK_LIMIT;
use serde_json::{Value, json};
use testkit::Backend;
use uuid::Uuid;

use super::{bury, enqueue, total};
use crate::support::{MINUTE, TestApp, picked};

const REQUEUE: &str = "/ops/dead-letters/requeue";

on_both_databases!(
    dead_letters_are_listed_by_what_they_died_of,
    dead_letters_are_put_back_by_what_they_died_of,
    more_than_one_request_takes_are_put_back_in_rounds,
    those_that_cannot_be_put_back_are_named_with_the_reason,
    what_came_later_is_left,
);

/// 120 that found a provider down, and two with a wrong payload.
async fn bury_two_kinds(app: &TestApp) {
    enqueue(app, "down", 120).await;
    assert_eq!(bury(app, "down", "provider_down").await, 120);
    enqueue(app, "wrong", 2).await;
    bury(app, "wrong", "payload").await;
}

async fn dead_letters_are_listed_by_what_they_died_of(backend: Backend) {
    let app = TestApp::start(backend).await;
    app.may_leave_jobs();
    let admin = app.admin().await;
    bury_two_kinds(&app).await;
    for (query, count) in [
        ("", 122),
        ("?error_code=provider_down", 120),
        ("?error_code=payload&queue=maintenance&job_type=prune", 2),
        ("?queue=llm", 0),
    ] {
        assert_eq!(
            total(&admin, &format!("/ops/dead-letters{query}")).await,
            count,
            "{query}"
        );
    }
    let letter = &admin.get("/ops/dead-letters?error_code=payload").await.is(200)["items"][0];
    let told = picked(
        letter,
        &[
            "job_type",
            "queue",
            "error_code",
            "error_class",
            "error",
            "attempts",
        ],
    );
    assert_eq!(
        told,
        json!([
            "prune",
            "maintenance",
            "payload",
            "permanent",
            "payload: it was so",
            5
        ])
    );
    let overview = admin.get("/ops/overview").await.is(200);
    let first = picked(
        &overview["dead_letters"][0],
        &["error_code", "queue", "job_type", "count"],
    );
    assert_eq!(first, json!(["provider_down", "maintenance", "prune", 120]));
}

async fn dead_letters_are_put_back_by_what_they_died_of(backend: Backend) {
    let app = TestApp::start(backend).await;
    let admin = app.admin().await;
    bury_two_kinds(&app).await;
    let body = json!({ "filter": { "error_code": "provider_down" } });
    let outcome = admin.post_with_key(REQUEUE, "k-1", &body).await.is(200);
    assert_eq!(
        picked(&outcome, &["requeued", "refused", "more"]),
        json!([120, [], false])
    );
    let again = admin.post_with_key(REQUEUE, "k-1", &body).await;
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    let none = admin.post(REQUEUE, &body).await.is(200);
    assert_eq!(none["requeued"], 0);
    assert_eq!(total(&admin, "/audit?action=operations.job_requeued").await, 120);
    assert_eq!(
        total(&admin, "/audit?action=operations.dead_letters_requeued").await,
        1
    );
    assert_eq!(app.drain_jobs().await, 120);
    assert_eq!(total(&admin, "/jobs?status=completed").await, 120);
    assert_eq!(total(&admin, "/ops/dead-letters").await, 2);
}

async fn more_than_one_request_takes_are_put_back_in_rounds(backend: Backend) {
    let app = TestApp::start(backend).await;
    app.may_leave_jobs();
    let admin = app.admin().await;
    enqueue(&app, "down", BULK_LIMIT + 3).await;
    bury(&app, "down", "provider_down").await;
    let mut rounds = Vec::new();
    for _ in 0..2 {
        let outcome = admin.post(REQUEUE, &json!({ "filter": {} })).await.is(200);
        rounds.push(picked(&outcome, &["requeued", "more"]));
    }
    assert_eq!(rounds, [json!([BULK_LIMIT, true]), json!([3, false])]);
    assert_eq!(total(&admin, "/jobs?status=queued").await, BULK_LIMIT as u64 + 3);
}

async fn those_that_cannot_be_put_back_are_named_with_the_reason(backend: Backend) {
    let app = TestApp::start(backend).await;
    let admin = app.admin().await;
    let dead = enqueue(&app, "same", 2).await;
    bury(&app, "same", "provider_down").await;
    let twin = enqueue(&app, "same", 1).await[0];
    let unknown = Uuid::from_u128(9);
    let body = json!({ "job_ids": [dead[0], dead[1], twin, unknown, dead[1]] });
    let outcome = admin.post(REQUEUE, &body).await.is(200);
    assert_eq!(
        picked(&outcome, &["requeued", "job_ids", "more"]),
        json!([1, [dead[1]], false])
    );
    let refused = outcome["refused"].as_array().unwrap();
    let reason = |id: Uuid| {
        let found = refused.iter().find(|refused| refused["job_id"] == json!(id));
        found.map_or(Value::Null, |refused| picked(refused, &["reason", "live_job_id"]))
    };
    assert_eq!(reason(dead[0].0), json!(["live_twin", twin]));
    assert_eq!(reason(twin.0), json!(["not_dead", null]));
    assert_eq!(reason(unknown), json!(["not_found", null]));
    for body in [
        json!({}),
        json!({ "job_ids": [unknown], "filter": {} }),
        json!({ "job_ids": [] }),
    ] {
        admin.post(REQUEUE, &body).await.is(422);
    }
    let named = admin
        .post(REQUEUE, &json!({ "filter": { "error_code": "No answer" } }))
        .await;
    assert_eq!(named.pointers(), ["/filter/error_code"]);
    app.drain_jobs().await;
}

async fn what_came_later_is_left(backend: Backend) {
    let app = TestApp::start(backend).await;
    let admin = app.admin().await;
    enqueue(&app, "early", 1).await;
    bury(&app, "early", "provider_down").await;
    app.advance(MINUTE);
    let between = app.time_in(std::time::Duration::ZERO);
    app.advance(MINUTE);
    enqueue(&app, "late", 1).await;
    bury(&app, "late", "provider_down").await;
    let between = between.as_str().unwrap();
    assert_eq!(
        total(&admin, &format!("/ops/dead-letters?failed_before={between}")).await,
        1
    );
    let body = json!({ "filter": { "failed_before": between } });
    assert_eq!(admin.post(REQUEUE, &body).await.is(200)["requeued"], 1);
    assert_eq!(app.drain_jobs().await, 1);
    assert_eq!(total(&admin, "/ops/dead-letters").await, 1);
}
