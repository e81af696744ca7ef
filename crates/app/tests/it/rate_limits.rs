//! How often somebody may ask: each class counts for itself, in one process and in several, and says so in its headers.

use std::time::Duration;

use domain::authoring::Settings;
use domain::authoring::item::ItemKind;
use futures::future::join_all;
use reqwest::Method;
use reqwest::header::RETRY_AFTER;
use serde_json::json;
use testkit::Backend;
use touchstone::AppState;
use touchstone::config::{Config, RateLimitsConfig, SharedBuckets};
use touchstone::rate_limits::{Bucket, Class, Decision};

use super::support::{Client, MINUTE, Reply, SECOND, Sitting, TestApp};

mod by_process;
mod by_redis;

on_both_databases!(
    each_class_is_enforced_with_its_number,
    a_save_is_never_refused_because_of_reads,
    whoever_waits_as_told_is_let_in_again,
);

const NOTHING: &str = "0190d9a1-7c3e-7b5a-9f10-5b2f6f6d3a21";

/// A number of its own for each class, kept where the database is.
fn small_quotas(config: &mut Config) {
    config.rate_limits = RateLimitsConfig {
        saves: 3,
        reads: 4,
        ai: 2,
        admin_writes: 5,
        other: 6,
        login_account: 7,
        login_address: 8,
        shared: SharedBuckets::Auto,
        ..config.rate_limits.clone()
    };
}

/// A request of the class that does nothing.
async fn ask(app: &TestApp, class: Class) -> Reply {
    let student = || app.student(1);
    match class {
        Class::Saves => {
            let heartbeat = format!("/sessions/{NOTHING}/heartbeat");
            student().await.post(&heartbeat, &json!({})).await
        }
        Class::Reads => student().await.get("/auth/me").await,
        Class::AiTriggering => {
            app.admin()
                .await
                .post("/assessments/generate", &json!("nothing"))
                .await
        }
        Class::AdminWrites => app.admin().await.delete(&format!("/cohorts/{NOTHING}")).await,
        Class::Other => {
            let body = json!({ "session_id": NOTHING });
            student().await.post("/sessions/start", &body).await
        }
        Class::LoginAccount => sign_in(app, "somebody@school.test").await,
        Class::LoginAddress => {
            app.anonymous()
                .post("/auth/refresh", &json!({ "refresh_token": "none" }))
                .await
        }
    }
}

async fn sign_in(app: &TestApp, email: &str) -> Reply {
    let body = json!({ "email": email, "password": "not the right one" });
    app.anonymous().post("/auth/login", &body).await
}

fn header(reply: &Reply, name: &str) -> String {
    reply.headers[name].to_str().unwrap().to_owned()
}

/// Asserts that this many requests are let in, and the next is refused as the contract says; gives the refusal.
async fn assert_quota(app: &TestApp, class: Class, quota: u32) -> Reply {
    let name = class.name();
    for left in (0..quota).rev() {
        let reply = ask(app, class).await;
        assert_ne!(reply.status, 429, "{class:?} with {left} left: {}", reply.text);
        assert_eq!(
            header(&reply, "ratelimit-policy"),
            format!("\"{name}\";q={quota};w=60")
        );
        let limit = header(&reply, "ratelimit");
        assert!(limit.starts_with(&format!("\"{name}\";r={left};t=")), "{limit}");
    }
    let refused = ask(app, class).await;
    assert_eq!(header(&refused, "ratelimit"), format!("\"{name}\";r=0;t=60"));
    refused
}

async fn each_class_is_enforced_with_its_number(backend: Backend) {
    let app = TestApp::configured(backend, small_quotas).await;
    let quotas = [
        (Class::Saves, 3),
        (Class::Reads, 4),
        (Class::AiTriggering, 2),
        (Class::AdminWrites, 5),
        (Class::Other, 6),
        (Class::LoginAddress, 8),
    ];
    // One after the other without a pause: what one class has used up is nothing to the next.
    for (class, quota) in quotas {
        let refused = assert_quota(&app, class, quota).await;
        let problem = refused.is(429);
        assert_eq!(problem["type"], "/problems#too-many-requests");
        let seconds = header(&refused, RETRY_AFTER.as_str());
        assert_eq!(seconds, 60_u32.div_ceil(quota).to_string(), "{class:?}");
    }
    // Another account has buckets of its own.
    app.student(2).await.get("/auth/me").await.is(200);
    // An email address is refused before the network address is.
    app.advance(MINUTE);
    for _ in 0..7 {
        ask(&app, Class::LoginAccount).await.is(401);
    }
    ask(&app, Class::LoginAccount).await.is(429);
    app.advance(8 * SECOND);
    sign_in(&app, "somebody.else@school.test").await.is(401);
}

async fn a_save_is_never_refused_because_of_reads(backend: Backend) {
    let app = TestApp::configured(backend, |config| {
        small_quotas(config);
        config.rate_limits.other = 1000;
    })
    .await;
    app.may_leave_jobs();
    let published = app.publish_sample(Settings::default()).await;
    let sitting = Sitting::started(&app, &published, 1).await;
    while sitting.get().await.status != 429 {}
    assert_eq!(sitting.status().await.status, 429);
    let saved = sitting.save(ItemKind::MultipleChoice, json!("a")).await;
    saved.is(202);
    sitting.heartbeat().await.is(200);
    assert!(header(&saved, "ratelimit").starts_with("\"saves\";r=2;"));
}

async fn whoever_waits_as_told_is_let_in_again(backend: Backend) {
    let app = TestApp::configured(backend, small_quotas).await;
    for class in [Class::Reads, Class::Saves, Class::Other] {
        while ask(&app, class).await.status != 429 {}
        for _ in 0..3 {
            let refused = ask(&app, class).await;
            refused.is(429);
            let seconds: u64 = header(&refused, RETRY_AFTER.as_str()).parse().unwrap();
            app.advance(Duration::from_secs(seconds - 1));
            assert_eq!(
                ask(&app, class).await.status,
                429,
                "{class:?} was let in too early"
            );
            app.advance(SECOND);
            assert_ne!(
                ask(&app, class).await.status,
                429,
                "{class:?} was told the wrong time"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_key_has_a_quota_of_its_own() {
    let app = TestApp::configured(Backend::Sqlite, |config| config.rate_limits.reads = 2).await;
    let body = json!({ "name": "platform", "scopes": ["assessments:read"], "requests_per_minute": 5 });
    let made = app.admin().await.post("/api-keys", &body).await.is(201);
    let key = made["key"].as_str().unwrap();
    let ask = || async {
        let request = app
            .anonymous()
            .request(Method::GET, "/assessments")
            .header("x-api-key", key);
        Reply::to(request).await
    };
    for left in (0..5).rev() {
        let reply = ask().await;
        reply.is(200);
        assert!(header(&reply, "ratelimit").starts_with(&format!("\"reads\";r={left};")));
        assert_eq!(header(&reply, "ratelimit-policy"), "\"reads\";q=5;w=60");
    }
    ask().await.is(429);
}

/// Probes of supervisors are not counted; everything else is, and says so.
#[tokio::test(flavor = "multi_thread")]
async fn every_operation_but_probes_declares_its_limit() {
    let app = TestApp::configured(Backend::Sqlite, |config| {
        config.rate_limits = RateLimitsConfig::with_all(1);
    })
    .await;
    let document = app.anonymous().get("//api/openapi.json").await.is(200);
    let mut uncounted = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let Some(responses) = operation["responses"].as_object() else {
                continue;
            };
            let class = operation["x-policy"]["rate_limit"].as_str();
            assert!(class.is_none_or(|class| Class::ALL.iter().any(|known| known.name() == class)));
            if class.is_none() || !responses.contains_key("429") {
                uncounted.push(format!("{method} {path}"));
            }
        }
    }
    assert_eq!(uncounted, ["get /healthz", "get /readyz"]);
    for _ in 0..3 {
        app.anonymous().get("//healthz").await.is(200);
    }
}

/// Credentials that are none are counted by address: nobody tries tokens or keys without end.
#[tokio::test(flavor = "multi_thread")]
async fn made_up_credentials_are_limited_by_address() {
    let app = TestApp::configured(Backend::Sqlite, |config| config.rate_limits.reads = 3).await;
    let key = format!("tsk_{}_{}", "0".repeat(32), "A".repeat(43));
    for client in [
        app.anonymous(),
        app.anonymous().with_token("made up"),
        app.anonymous().with_api_key(&key),
    ] {
        client.get("/auth/me").await.is(401);
    }
    let refused = app.anonymous().with_api_key(&key).get("/auth/me").await;
    refused.is(429);
    assert_eq!(refused.header("retry-after"), Some("20"));
    // Whoever is signed in is not kept out by their neighbours.
    app.student(1).await.get("/auth/me").await.is(200);
}
