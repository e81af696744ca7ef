//! What browsers are told, and whom proxies speak for.

use reqwest::Method;
use serde_json::json;
use testkit::Backend;

use super::support::{Client, Reply, TestApp};

const OURS: &str = "https://app.example.org";

fn is_hardened(reply: &Reply, what: &str) {
    let expected = [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("x-frame-options", "DENY"),
        ("cross-origin-resource-policy", "same-origin"),
    ];
    for (name, value) in expected {
        assert_eq!(reply.header(name), Some(value), "{what}: {name}");
    }
    let policy = reply.header("content-security-policy").unwrap_or_default();
    assert!(policy.contains("frame-ancestors 'none'"), "{what}: {policy}");
    assert_eq!(reply.header("server"), None, "{what}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_is_hardened_refusals_of_the_edge_included() {
    let app = TestApp::configured(Backend::Sqlite, |config| config.limits.json_body_kib = 1).await;
    let anyone = app.anonymous();
    let large = json!({ "email": "a@example.org", "password": "x".repeat(2000) });
    let cases = [
        (anyone.get("//healthz").await, 200),
        (anyone.get("//api/openapi.json").await, 200),
        (anyone.get("/nowhere").await, 404),
        (anyone.get("/auth/login").await, 405),
        (anyone.get("/assessments/available").await, 401),
        (anyone.post("/auth/login", &large).await, 413),
    ];
    for (reply, status) in cases {
        assert_eq!(reply.status, status, "{}", reply.request);
        is_hardened(&reply, &reply.request);
        assert_eq!(
            reply.header("cache-control"),
            Some("no-store"),
            "{}",
            reply.request
        );
        let policy = reply.header("content-security-policy").unwrap_or_default();
        assert!(
            policy.starts_with("default-src 'none';"),
            "{}: {policy}",
            reply.request
        );
        assert_eq!(
            reply.header("strict-transport-security"),
            None,
            "it is plain http"
        );
    }
    let pages = [
        "//docs/",
        "//redoc",
        "//redoc/redoc.js",
        "//redoc/start.js",
        "//docs/swagger-ui-bundle.js",
    ];
    for page in pages {
        let reply = anyone.get(page).await;
        assert_eq!(reply.status, 200, "{page}");
        is_hardened(&reply, page);
        let policy = reply.header("content-security-policy").unwrap_or_default();
        assert!(
            policy.contains("script-src 'self';") && policy.contains("style-src 'self'"),
            "{page}: {policy}"
        );
        assert!(
            !policy.contains("unsafe-eval") && !policy.contains("script-src 'self' 'unsafe"),
            "{page}: {policy}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_server_is_hardened_too() {
    let app = TestApp::configured(Backend::Sqlite, |config| config.limits.max_requests_in_flight = 0).await;
    let reply = app.anonymous().get("/assessments/available").await;
    assert_eq!(reply.is(503)["error_code"], "SERVER_503");
    assert_eq!(reply.header("retry-after"), Some("1"));
    is_hardened(&reply, "503");
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_https_browsers_are_told_to_stay_there() {
    let app = TestApp::configured(Backend::Sqlite, |config| {
        config.server.public_url = "https://exams.example.org".to_owned();
    })
    .await;
    for path in ["//healthz", "/nowhere", "/auth/me"] {
        let reply = app.anonymous().get(path).await;
        let transport = reply.header("strict-transport-security");
        assert_eq!(transport, Some("max-age=63072000; includeSubDomains"), "{path}");
    }
}

async fn from(client: &Client, method: Method, origin: &str, asked: Option<&str>) -> Reply {
    let request = client.request(method, "/auth/login").header("origin", origin);
    let request = match asked {
        Some(asked) => request
            .header("access-control-request-method", asked)
            .header("access-control-request-headers", "authorization,idempotency-key"),
        None => request.json(&json!({ "email": "a@example.org", "password": "x" })),
    };
    Reply::unchecked(request).await
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_listed_origins_may_call_and_no_others() {
    let app = TestApp::configured(Backend::Sqlite, |config| {
        config.server.cors_origins = vec![OURS.to_owned(), "http://localhost:3000".to_owned()];
    })
    .await;
    let anyone = app.anonymous();
    for origin in [OURS, "http://localhost:3000"] {
        let asked = from(&anyone, Method::OPTIONS, origin, Some("POST")).await;
        assert_eq!(
            (asked.status, asked.header("access-control-allow-origin")),
            (200, Some(origin))
        );
        let allowed = asked.header("access-control-allow-headers").unwrap_or_default();
        assert!(
            allowed.contains("authorization") && allowed.contains("idempotency-key"),
            "{allowed}"
        );
        assert_eq!(asked.header("access-control-allow-credentials"), None);
        is_hardened(&asked, "preflight");
        let called = from(&anyone, Method::POST, origin, None).await;
        assert_eq!(
            (called.status, called.header("access-control-allow-origin")),
            (401, Some(origin))
        );
        let exposed = called.header("access-control-expose-headers").unwrap_or_default();
        for name in [
            "ratelimit",
            "ratelimit-policy",
            "retry-after",
            "etag",
            "idempotency-replayed",
            "x-request-id",
        ] {
            assert!(
                exposed.split(',').any(|one| one.trim() == name),
                "{name}: {exposed}"
            );
        }
    }
    let others = [
        "https://evil.example",
        "https://app.example.org.evil.example",
        "http://app.example.org",
        "null",
    ];
    for origin in others {
        for (method, asked) in [(Method::OPTIONS, Some("POST")), (Method::POST, None)] {
            let reply = from(&anyone, method, origin, asked).await;
            assert_eq!(reply.header("access-control-allow-origin"), None, "{origin}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_list_no_origin_is_spoken_of() {
    let app = TestApp::start(Backend::Sqlite).await;
    let anyone = app.anonymous();
    assert_eq!(
        from(&anyone, Method::OPTIONS, OURS, Some("POST")).await.status,
        405
    );
    let called = from(&anyone, Method::POST, OURS, None).await;
    assert_eq!(called.header("access-control-allow-origin"), None);
    assert_eq!(called.header("access-control-expose-headers"), None);
}

/// How many sign-ins are left for whoever sends this header.
async fn left(client: &Client, forwarded: &str) -> String {
    let request = client
        .request(Method::POST, "/auth/login")
        .header("x-forwarded-for", forwarded)
        .json(&json!({ "email": "a@example.org", "password": "x" }));
    let reply = Reply::to(request).await;
    let limits = reply.header("ratelimit").unwrap_or_default().to_owned();
    let left = limits.split(';').find_map(|part| part.strip_prefix("r="));
    left.unwrap_or_else(|| panic!("no limit is told: {limits}"))
        .to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trusted_proxy_speaks_for_its_clients() {
    let app = TestApp::configured(Backend::Sqlite, |config| {
        config.server.trusted_proxies = vec!["127.0.0.0/8".to_owned()];
        config.rate_limits.login_address = 5;
    })
    .await;
    let proxy = app.anonymous();
    assert_eq!(left(&proxy, "198.51.100.7").await, "4");
    assert_eq!(left(&proxy, "198.51.100.7").await, "3");
    assert_eq!(left(&proxy, "198.51.100.8").await, "4");
    assert_eq!(
        left(&proxy, "203.0.113.1, 198.51.100.8").await,
        "3",
        "what a client says of itself counts nothing"
    );
    assert_eq!(left(&proxy, "2001:db8:0:1::1").await, "4");
    assert_eq!(left(&proxy, "2001:db8:0:1:ffff::2").await, "3");
    assert_eq!(left(&proxy, "2001:db8:0:2::1").await, "4");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_does() {
    let app = TestApp::configured(Backend::Sqlite, |config| {
        config.server.trusted_proxies = vec!["10.0.0.0/8".to_owned()];
        config.rate_limits.login_address = 5;
    })
    .await;
    let client = app.anonymous();
    assert_eq!(left(&client, "198.51.100.7").await, "4");
    assert_eq!(left(&client, "198.51.100.8").await, "3");
}
