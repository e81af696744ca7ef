//! Registration, sign-in, tokens.

use domain::identity::Role;
use serde_json::{Value, json};
use testkit::Backend;
use touchstone::config::Registration;

use super::support::{Client, MINUTE, PASSWORD, SECOND, TestApp};

on_both_databases!(
    a_student_registers_and_signs_in,
    a_refresh_token_is_good_for_one_exchange,
    control_characters_are_refused_before_the_database_sees_them,
);

async fn a_student_registers_and_signs_in(backend: Backend) {
    let app = TestApp::start(backend).await;
    let anyone = app.anonymous();
    let account =
        json!({ "email": "Ada@Example.org", "password": PASSWORD, "display_name": "Ada", "role": "admin" });
    let registered = anyone.post("/auth/register", &account).await.is(201);
    assert_eq!(
        (&registered["user"]["email"], &registered["user"]["role"]),
        (&json!("ada@example.org"), &json!("student"))
    );
    assert_eq!(registered["tokens"]["token_type"], "Bearer");

    let again = anyone.post("/auth/register", &account).await.is(409);
    assert_eq!(again["error_code"], "AUTH_409");

    let signed_in = anyone
        .post(
            "/auth/login",
            &json!({ "email": "ADA@example.org", "password": PASSWORD }),
        )
        .await
        .is(200);
    let me = anyone
        .with_token(access_token(&signed_in))
        .get("/auth/me")
        .await
        .is(200);
    assert_eq!(me, registered["user"]);
}

async fn control_characters_are_refused_before_the_database_sees_them(backend: Backend) {
    let app = TestApp::start(backend).await;
    let anyone = app.anonymous();
    let nul = json!({ "email": "a\u{0}@example.org", "password": PASSWORD, "display_name": "Ada" });
    anyone.post("/auth/register", &nul).await.is(422);
    let nul = json!({ "email": "a@example.org", "password": PASSWORD, "display_name": "A\u{0}" });
    assert_eq!(
        anyone.post("/auth/register", &nul).await.pointers(),
        ["/display_name"]
    );
    anyone
        .post("/auth/login", &json!({ "email": "a\u{0}", "password": PASSWORD }))
        .await
        .is(422);
}

async fn a_refresh_token_is_good_for_one_exchange(backend: Backend) {
    let app = TestApp::start(backend).await;
    app.account(Role::Student, "ada@example.org").await;
    let first = signed_in(&app.anonymous(), "ada@example.org").await;
    let exchange = async |tokens: &Value| {
        let body = json!({ "refresh_token": tokens["tokens"]["refresh_token"] });
        app.anonymous().post("/auth/refresh", &body).await
    };
    let second = exchange(&first).await.is(200);
    assert_eq!(second["user"], first["user"]);
    assert_ne!(
        second["tokens"]["refresh_token"],
        first["tokens"]["refresh_token"]
    );

    // The reply may have been lost: for ten seconds it is given again.
    assert_eq!(
        exchange(&first).await.is(200)["tokens"]["refresh_token"],
        second["tokens"]["refresh_token"]
    );
    app.advance(10 * SECOND);
    exchange(&first).await.is(401);
    exchange(&second).await.is(401);
    assert_eq!(app.count("refresh_tokens WHERE revoked_at IS NULL", &[]).await, 0);
    app.anonymous()
        .post("/auth/refresh", &json!({ "refresh_token": "made up" }))
        .await
        .is(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_passwords_and_unknown_addresses_are_answered_the_same() {
    let app = TestApp::start(Backend::Sqlite).await;
    app.account(Role::Student, "ada@example.org").await;
    let attempt = async |email: &str| {
        let reply = app
            .anonymous()
            .post(
                "/auth/login",
                &json!({ "email": email, "password": "not it at all" }),
            )
            .await;
        let mut body = reply.is(401);
        assert!(
            reply
                .header("www-authenticate")
                .is_some_and(|challenge| challenge.starts_with("Bearer"))
        );
        body["trace_id"] = Value::Null;
        body
    };
    assert_eq!(
        attempt("ada@example.org").await,
        attempt("nobody@example.org").await
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_access_token_ends_after_a_quarter_of_an_hour() {
    let app = TestApp::start(Backend::Sqlite).await;
    app.account(Role::Student, "ada@example.org").await;
    let session = signed_in(&app.anonymous(), "ada@example.org").await;
    let ada = app.anonymous().with_token(access_token(&session));
    assert_eq!(session["tokens"]["expires_in"], 900);
    app.advance(14 * MINUTE + 59 * SECOND);
    ada.get("/auth/me").await.is(200);
    app.advance(SECOND);
    ada.get("/auth/me").await.is(401);
    let body = json!({ "refresh_token": session["tokens"]["refresh_token"] });
    let refreshed = app.anonymous().post("/auth/refresh", &body).await.is(200);
    ada.with_token(access_token(&refreshed))
        .get("/auth/me")
        .await
        .is(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_a_token_of_ours_is_refused() {
    let app = TestApp::start(Backend::Sqlite).await;
    let token = signed_in_student(&app).await;
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let forged = format!("{signed}.{}", signature.chars().rev().collect::<String>());
    for wrong in ["", "made.up.token", forged.as_str(), signed] {
        app.anonymous().with_token(wrong).get("/auth/me").await.is(401);
    }
    app.anonymous().get("/auth/me").await.is(401);
    app.anonymous().with_token(&token).get("/auth/me").await.is(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn registration_says_what_is_wrong_with_it() {
    let app = TestApp::start(Backend::Sqlite).await;
    let short = json!({ "email": "ada@example.org", "password": "short", "display_name": "Ada" });
    assert_eq!(
        app.anonymous().post("/auth/register", &short).await.pointers(),
        ["/password"]
    );
    let odd = json!({ "email": "no address", "password": PASSWORD, "display_name": "" });
    let pointers = app.anonymous().post("/auth/register", &odd).await.pointers();
    assert_eq!(pointers, ["/display_name", "/email"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_server_makes_no_accounts() {
    let app = TestApp::configured(Backend::Sqlite, |config| {
        config.auth.registration = Registration::Closed;
    })
    .await;
    let account = json!({ "email": "ada@example.org", "password": PASSWORD, "display_name": "Ada" });
    app.anonymous().post("/auth/register", &account).await.is(403);
    assert_eq!(app.count("users", &[]).await, 0);
}

async fn signed_in(anyone: &Client, email: &str) -> Value {
    anyone
        .post("/auth/login", &json!({ "email": email, "password": PASSWORD }))
        .await
        .is(200)
}

async fn signed_in_student(app: &TestApp) -> String {
    app.account(Role::Student, "ada@example.org").await;
    access_token(&signed_in(&app.anonymous(), "ada@example.org").await).to_owned()
}

fn access_token(session: &Value) -> &str {
    session["tokens"]["access_token"].as_str().unwrap()
}
