//! The edge as a whole, over an embedded database in a temporary directory.

use axum::body::Body;
use axum::http::header::{ALLOW, CONTENT_TYPE};
use axum::http::{HeaderMap, Request, StatusCode};
use serde_json::Value;
use tempfile::TempDir;
use tower::ServiceExt;

use super::router;
use crate::config::{Config, Registration};
use crate::runtime::AppState;
use crate::wiring;

struct Reply {
    status: StatusCode,
    headers: HeaderMap,
    body: Value,
}

async fn state(directory: &TempDir, registration: Registration) -> AppState {
    let mut config = Config::for_testing();
    config.server.data_dir = directory.path().join("data");
    config.auth.registration = registration;
    wiring::open(config).await.unwrap().state
}

async fn send(state: &AppState, request: Request<Body>) -> Reply {
    let response = router(state.clone()).oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
    Reply {
        status: parts.status,
        headers: parts.headers,
        body,
    }
}

fn get(path: &str) -> Request<Body> {
    Request::get(path).body(Body::empty()).unwrap()
}

fn post(path: &str, body: &Value) -> Request<Body> {
    Request::post(path)
        .header(CONTENT_TYPE, "application/json")
        .body(Body::from(body.to_string()))
        .unwrap()
}

#[tokio::test]
async fn refusals_of_the_framework_are_problems_too() {
    let directory = tempfile::tempdir().unwrap();
    let state = state(&directory, Registration::Open).await;
    let unknown = send(&state, get("/api/v1/nothing")).await;
    assert_eq!(
        (unknown.status.as_u16(), &unknown.body["error_code"]),
        (404, &"ROUTE_404".into())
    );
    assert_eq!(unknown.body["instance"], "/api/v1/nothing");
    let wrong = send(
        &state,
        Request::delete("/api/v1/auth/login").body(Body::empty()).unwrap(),
    )
    .await;
    assert_eq!(
        (wrong.status.as_u16(), &wrong.body["error_code"]),
        (405, &"ROUTE_405".into())
    );
    assert_eq!(wrong.headers[ALLOW], "POST");
    let page = send(&state, get("/docs/no-such-page")).await;
    assert_eq!(
        (page.status.as_u16(), &page.body["error_code"]),
        (404, &"ROUTE_404".into())
    );
    for reply in [unknown, wrong, page] {
        assert_eq!(reply.headers[CONTENT_TYPE], "application/problem+json");
    }
}

#[tokio::test]
async fn the_request_id_names_the_request_everywhere() {
    let directory = tempfile::tempdir().unwrap();
    let state = state(&directory, Registration::Open).await;
    let mut request = get("/api/v1/auth/me");
    request
        .headers_mut()
        .insert("x-request-id", "mine-1".parse().unwrap());
    let reply = send(&state, request).await;
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
    assert_eq!(reply.headers["x-request-id"], "mine-1");
    assert_eq!(reply.body["trace_id"], "mine-1");
    let other = send(&state, get("/healthz")).await;
    assert_eq!(other.headers["x-request-id"].len(), 36);
    assert_eq!(other.headers["x-content-type-options"], "nosniff");
}

#[tokio::test]
async fn readiness_tells_that_the_schema_is_missing() {
    let directory = tempfile::tempdir().unwrap();
    let state = state(&directory, Registration::Open).await;
    let early = send(&state, get("/readyz")).await;
    assert_eq!(early.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(early.body["dependencies"]["database"], "migrations_pending");
    wiring::migrate(&state).await.unwrap();
    let ready = send(&state, get("/readyz")).await;
    assert_eq!(
        (ready.status, &ready.body["status"]),
        (StatusCode::OK, &"ok".into())
    );
}

#[tokio::test]
async fn an_account_signs_in_refreshes_once_and_is_told_apart_from_nobody_by_no_answer() {
    let directory = tempfile::tempdir().unwrap();
    let state = state(&directory, Registration::Open).await;
    wiring::migrate(&state).await.unwrap();
    wiring::load_secrets(&state).await.unwrap();
    let account =
        serde_json::json!({ "email": "Ada@example.org", "password": "long enough", "display_name": "Ada" });
    let made = send(&state, post("/api/v1/auth/register", &account)).await;
    assert_eq!(
        (made.status, &made.body["user"]["role"]),
        (StatusCode::CREATED, &"student".into())
    );
    assert_eq!(
        send(&state, post("/api/v1/auth/register", &account)).await.status,
        StatusCode::CONFLICT
    );

    let signed = send(&state, post("/api/v1/auth/login", &account)).await;
    assert_eq!(
        (signed.status, &signed.body["user"]["email"]),
        (StatusCode::OK, &"ada@example.org".into())
    );
    let mut me = get("/api/v1/auth/me");
    let bearer = format!(
        "Bearer {}",
        signed.body["tokens"]["access_token"].as_str().unwrap()
    );
    me.headers_mut().insert("authorization", bearer.parse().unwrap());
    assert_eq!(send(&state, me).await.body["display_name"], "Ada");

    let token = serde_json::json!({ "refresh_token": signed.body["tokens"]["refresh_token"] });
    let refreshed = send(&state, post("/api/v1/auth/refresh", &token)).await;
    assert_eq!(refreshed.status, StatusCode::OK);
    let successor = serde_json::json!({ "refresh_token": refreshed.body["tokens"]["refresh_token"] });
    let used = send(&state, post("/api/v1/auth/refresh", &successor)).await;
    assert_eq!(used.status, StatusCode::OK);
    // A lost reply is given again, but not once its token was used.
    assert_eq!(
        send(&state, post("/api/v1/auth/refresh", &token)).await.status,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(
        send(&state, post("/api/v1/auth/refresh", &successor))
            .await
            .status,
        StatusCode::UNAUTHORIZED
    );

    let mut answers = Vec::new();
    for (email, password) in [
        ("ada@example.org", "wrong password"),
        ("nobody@example.org", "long enough"),
    ] {
        let attempt = serde_json::json!({ "email": email, "password": password });
        let mut refused = send(&state, post("/api/v1/auth/login", &attempt)).await;
        refused.body["trace_id"] = Value::Null;
        answers.push((refused.status, refused.body));
    }
    assert_eq!(answers[0].0, StatusCode::UNAUTHORIZED);
    assert_eq!(answers[0], answers[1]);
}

#[tokio::test]
async fn closed_registration_and_weak_passwords_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    let account = |password: &str| {
        let account =
            serde_json::json!({ "email": "a@example.org", "password": password, "display_name": "A" });
        post("/api/v1/auth/register", &account)
    };
    let closed = state(&directory, Registration::Closed).await;
    assert_eq!(
        send(&closed, account("long enough")).await.status,
        StatusCode::FORBIDDEN
    );
    let open = state(&directory, Registration::Open).await;
    let weak = send(&open, account("short")).await;
    assert_eq!(weak.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(weak.body["errors"][0]["pointer"], "/password");
}

#[tokio::test]
async fn a_database_without_tables_is_a_failure_that_tells_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let state = state(&directory, Registration::Open).await;
    let login = serde_json::json!({ "email": "a@example.org", "password": "x" });
    let reply = send(&state, post("/api/v1/auth/login", &login)).await;
    assert_eq!(reply.status, StatusCode::INTERNAL_SERVER_ERROR);
    let names: Vec<_> = reply
        .body
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(
        names,
        ["error_code", "message", "status", "title", "trace_id", "type"]
    );
    assert!(!reply.body.to_string().contains("users"), "{}", reply.body);
}
