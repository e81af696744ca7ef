//! What every request meets before and after its endpoint.

use domain::authoring::Settings;
use domain::authoring::item::ItemKind;
use reqwest::Method;
use serde_json::{Value, json};
use testkit::Backend;

use super::support::{Client, Reply, Sitting, TestApp};

async fn body(client: &Client, path: &str, media_type: &str, text: String) -> Reply {
    let request = client
        .request(Method::POST, path)
        .header("content-type", media_type);
    Reply::to(request.body(text)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_malformed_body_is_told_from_an_invalid_one() {
    let app = TestApp::start(Backend::Sqlite).await;
    let anyone = app.anonymous();
    let json = "application/json";
    for malformed in [
        "",
        "{",
        "nonsense",
        r#"{"email":"a","password":"b"} trailing"#,
        "{\"email\":\"\u{1}\"}",
    ] {
        let reply = body(&anyone, "/auth/login", json, malformed.to_owned()).await;
        assert_eq!(reply.is(400)["error_code"], "REQUEST_400", "{malformed}");
    }
    body(&anyone, "/auth/login", json, "[".repeat(100_000))
        .await
        .is(400);
    body(&anyone, "/auth/login", json, r#"{"a":"#.repeat(20_000))
        .await
        .is(400);
    let login = json!({ "email": "a@example.org", "password": "x" }).to_string();
    for media_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/xml",
    ] {
        body(&anyone, "/auth/login", media_type, login.clone())
            .await
            .is(415);
    }
    body(&anyone, "/auth/login", "application/json; charset=utf-8", login)
        .await
        .is(401);
    assert_eq!(
        anyone
            .post("/auth/login", &json!({ "email": 5, "password": "x" }))
            .await
            .pointers(),
        ["/email"]
    );
    anyone.post("/auth/login", &json!([])).await.is(422);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deeply_nested_answer_is_refused_and_nothing_falls_over() {
    let app = TestApp::start(Backend::Sqlite).await;
    let published = app.publish_sample(Settings::default()).await;
    let sitting = Sitting::started(&app, &published, 1).await;
    let path = format!("/assessments/{}/responses", sitting.id);
    let question = sitting.question(ItemKind::MultipleChoice);
    let nested = |depth: usize| {
        let answer = format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
        format!(r#"{{"responses":[{{"question_id":"{question}","answer":{answer}}}]}}"#)
    };
    body(&sitting.student, &path, "application/json", nested(100))
        .await
        .is(422);
    body(&sitting.student, &path, "application/json", nested(10_000))
        .await
        .is(400);
    sitting.get().await.is(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_may_be_so_large_and_no_larger() {
    let app = TestApp::configured(Backend::Sqlite, |config| config.limits.json_body_kib = 16).await;
    let padded = |length: usize| {
        let login = r#"{"email":"a@example.org","password":"x"}"#;
        login.to_owned() + &" ".repeat(length - login.len())
    };
    body(
        &app.anonymous(),
        "/auth/login",
        "application/json",
        padded(16 << 10),
    )
    .await
    .is(401);
    let refused = body(
        &app.anonymous(),
        "/auth/login",
        "application/json",
        padded((16 << 10) + 1),
    )
    .await;
    assert_eq!(refused.is(413)["error_code"], "REQUEST_413");
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_routes_methods_and_ids_are_named_as_such() {
    let app = TestApp::start(Backend::Sqlite).await;
    let student = app.student(1).await;
    for path in [
        "//",
        "//nowhere",
        "/nowhere",
        "//api/v2/auth/me",
        "/sessions",
        "/sessions/a/b/c",
    ] {
        assert_eq!(
            student.get(path).await.is(404)["error_code"],
            "ROUTE_404",
            "{path}"
        );
    }
    let reply = Reply::to(student.request(Method::DELETE, "/auth/login")).await;
    assert_eq!(reply.is(405)["error_code"], "ROUTE_405");
    assert_eq!(reply.header("allow"), Some("POST"));
    // It would send the caller's own token back.
    Reply::to(student.request(Method::TRACE, "/auth/me"))
        .await
        .is(405);
    let reply = Reply::to(student.request(Method::PUT, "//healthz")).await;
    assert!(
        reply
            .header("allow")
            .is_some_and(|allowed| allowed.contains("GET")),
        "{reply:?}"
    );
    for path in [
        "/sessions/not-an-id",
        "/sessions/%00",
        "/jobs/7",
        "/assessments/x/status",
        "/assessments/x/result",
    ] {
        student.get(path).await.is(404);
    }
    let body = json!({ "session_id": "not-an-id" });
    assert_eq!(
        student.post("/sessions/start", &body).await.pointers(),
        ["/session_id"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_are_numbers_within_bounds() {
    let app = TestApp::start(Backend::Sqlite).await;
    app.publish_sample(Settings::default()).await;
    let admin = app.admin().await;
    let refused = [
        ("page=0", "/page"),
        ("page=4000000000", "/page"),
        ("page_size=9", "/page_size"),
        ("page_size=101", "/page_size"),
    ];
    for list in ["/admin/syllabi", "/assessments/definitions"] {
        for (query, pointer) in refused {
            assert_eq!(
                admin.get(&format!("{list}?{query}")).await.pointers(),
                [pointer],
                "{list}?{query}"
            );
        }
        admin.get(&format!("{list}?page=first")).await.is(400);
        admin.get(&format!("{list}?page=-1")).await.is(400);
        let beyond = admin
            .get(&format!("{list}?page=2000000000&page_size=100"))
            .await
            .is(200);
        assert_eq!(beyond["items"], json!([]), "{beyond}");
    }
    let listed = admin
        .get("/assessments/definitions?status=published&page_size=10")
        .await
        .is(200);
    assert_eq!((&listed["total"], &listed["page_size"]), (&json!(1), &json!(10)));
    assert_eq!(
        admin.get("/assessments/definitions?status=odd").await.pointers(),
        ["/status"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_named_by_its_client_or_by_us() {
    let app = TestApp::start(Backend::Sqlite).await;
    let named = async |id: &str| {
        let request = app
            .anonymous()
            .request(Method::GET, "//healthz")
            .header("x-request-id", id);
        Reply::to(request)
            .await
            .header("x-request-id")
            .unwrap()
            .to_owned()
    };
    assert_eq!(named("018f-abc_Z").await, "018f-abc_Z");
    for odd in ["two words", "a\"b", &"x".repeat(65)] {
        let given = named(odd).await;
        assert!(
            given != odd && uuid::Uuid::parse_str(&given).is_ok(),
            "{odd} became {given}"
        );
    }
    assert_ne!(named("").await, named("").await);
    let published = app.publish_sample(Settings::default()).await;
    let body = json!({ "assessment_definition_id": published.definition_id });
    let request = app
        .student(1)
        .await
        .request(Method::POST, "/sessions/opt-in")
        .json(&body);
    Reply::to(request.header("x-request-id", "opt-in-7"))
        .await
        .is(201);
    assert_eq!(
        app.count("audit_log WHERE correlation_id = 'opt-in-7'", &[])
            .await,
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn replies_are_neither_sniffed_framed_nor_kept() {
    let app = TestApp::start(Backend::Sqlite).await;
    let student = app.student(1).await;
    for path in ["//healthz", "/assessments/available", "/nowhere", "/sessions/7"] {
        let reply = student.get(path).await;
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(reply.header("referrer-policy"), Some("no-referrer"), "{path}");
        assert_eq!(reply.header("cache-control"), Some("no-store"), "{path}");
        let policy = reply.header("content-security-policy").unwrap_or_default();
        for directive in ["default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"] {
            assert!(policy.contains(directive), "{path}: {policy}");
        }
        assert_eq!(reply.header("server"), None, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_of_ours_tells_the_client_nothing_but_its_name() {
    let app = TestApp::start(Backend::Sqlite).await;
    let student = app.student(1).await;
    app.state.store.database().close().await.unwrap();
    let reply = student.get("/assessments/available").await;
    let failed: Value = reply.is(503);
    assert_eq!(reply.header("retry-after"), Some("2"));
    let members: Vec<&String> = failed.as_object().unwrap().keys().collect();
    assert_eq!(
        members,
        ["error_code", "message", "status", "title", "trace_id", "type"]
    );
    app.anonymous().get("//healthz").await.is(200);
}
