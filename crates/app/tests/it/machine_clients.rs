//! API keys and invitations: shown once, good for what they say, ended at once.

use domain::authoring::Settings;
use domain::identity::Role;
use serde_json::{Value, json};
use testkit::Backend;
use touchstone::config::Registration;

use super::support::{Client, MINUTE, PASSWORD, SECOND, Sitting, TestApp};

on_both_databases!(
    a_key_reads_what_its_scopes_say_and_no_more,
    a_key_ends_with_its_time_or_by_an_admin,
    a_key_has_an_allowance_of_its_own,
    a_secret_is_shown_once,
    an_invitation_lets_as_many_register_as_it_says,
    fifty_who_share_an_invitation_for_three_make_three_accounts,
);

async fn make(admin: &Client, body: &Value) -> (Client, Value) {
    let made = admin.post("/api-keys", body).await.is(201);
    (admin.with_api_key(made["key"].as_str().unwrap()), made)
}

async fn a_key_reads_what_its_scopes_say_and_no_more(backend: Backend) {
    let app = TestApp::start(backend).await;
    let admin = app.admin().await;
    let hold = Settings {
        hold_results: true,
        ..Settings::default()
    };
    let published = app.publish_sample(hold).await;
    let sitting = Sitting::started(&app, &published, 1).await;
    sitting.answer_and_complete().await;
    app.drain_jobs().await;
    let both = json!({ "name": "Platform", "scopes": ["assessments:read", "results:read"] });
    let (platform, made) = make(&admin, &both).await;
    let path = format!("/assessments/{}", sitting.id);
    assert_eq!(
        platform.get(&path).await.is(200),
        sitting.assessment().await.is(200)
    );
    assert_eq!(platform.get("/assessments").await.is(200)["total"], 1);
    // A result on hold is on hold for machines, too.
    assert_eq!(
        platform.get(&format!("{path}/result")).await.is(202)["status"],
        "held"
    );
    admin.post(&format!("{path}/release"), &json!({})).await.is(200);
    assert_eq!(
        platform.get(&format!("{path}/result")).await.is(200),
        sitting.result().await.is(200)
    );

    let (progress, _) = make(
        &admin,
        &json!({ "name": "Progress", "scopes": ["assessments:read"] }),
    )
    .await;
    progress.get(&path).await.is(200);
    let refused = progress.get(&format!("{path}/result")).await.is(403);
    assert!(
        refused["detail"].as_str().unwrap().contains("results:read"),
        "{refused}"
    );
    progress.get("/users").await.is(403);
    progress
        .post(&format!("{path}/release"), &json!({}))
        .await
        .is(403);

    let listed = admin.get("/api-keys").await.is(200);
    assert_eq!(listed["total"], 2);
    assert!(listed["items"][1]["last_used_at"].is_string(), "{listed}");
    assert!(!listed.to_string().contains(made["key"].as_str().unwrap()));
    let unknown = json!({ "name": "X", "scopes": ["everything"] });
    assert_eq!(admin.post("/api-keys", &unknown).await.pointers(), ["/scopes/0"]);
}

async fn a_key_ends_with_its_time_or_by_an_admin(backend: Backend) {
    let app = TestApp::alone(backend).await;
    let admin = app.admin().await;
    let body = |end: Value| json!({ "name": "Short", "scopes": ["assessments:read"], "expires_at": end });
    assert_eq!(
        admin
            .post("/api-keys", &body(app.time_in(std::time::Duration::ZERO)))
            .await
            .pointers(),
        ["/expires_at"]
    );
    let (short, _) = make(&admin, &body(app.time_in(90 * SECOND))).await;
    short.get("/assessments").await.is(200);
    app.advance(89 * SECOND);
    short.get("/assessments").await.is(200);
    app.advance(SECOND);
    short.get("/assessments").await.is(401);

    let (ended, made) = make(
        &admin,
        &json!({ "name": "Ended", "scopes": ["assessments:read"] }),
    )
    .await;
    ended.get("/assessments").await.is(200);
    let path = format!("/api-keys/{}", made["id"].as_str().unwrap());
    assert_eq!(admin.delete(&path).await.status, 204);
    assert_eq!(admin.delete(&path).await.status, 204);
    ended.get("/assessments").await.is(401);
    assert_eq!(
        app.count("audit_log WHERE action = 'identity.api_key_revoked'", &[])
            .await,
        1
    );
    // Its account follows the key, and nothing else changes it.
    let account = format!("/users/{}", made["user_id"].as_str().unwrap());
    assert_eq!(admin.get(&account).await.is(200)["status"], "disabled");
    let refused = admin
        .patch(&account, &json!({ "status": "active" }))
        .await
        .is(409);
    assert_eq!(refused["type"], "/problems#machine-account");
    admin
        .post(&format!("{account}/reset-password"), &json!({}))
        .await
        .is(409);
    let secret = made["key"].as_str().unwrap();
    for wrong in [
        "",
        "tsk_",
        &secret[..secret.len() - 1],
        &format!("{}A", &secret[..secret.len() - 1]),
    ] {
        admin.with_api_key(wrong).get("/assessments").await.is(401);
    }
}

async fn a_key_has_an_allowance_of_its_own(backend: Backend) {
    let app = TestApp::start(backend).await;
    let admin = app.admin().await;
    let body = json!({ "name": "Slow", "scopes": ["assessments:read"], "requests_per_minute": 2 });
    let (slow, _) = make(&admin, &body).await;
    slow.get("/assessments").await.is(200);
    assert_eq!(
        slow.get("/assessments").await.header("ratelimit-policy"),
        Some("\"reads\";q=2;w=60")
    );
    assert_eq!(slow.get("/assessments").await.header("retry-after"), Some("30"));
    app.advance(MINUTE);
    slow.get("/assessments").await.is(200);
}

async fn a_secret_is_shown_once(backend: Backend) {
    let app = TestApp::start(backend).await;
    let admin = app.admin().await;
    let key = json!({ "name": "Platform", "scopes": ["assessments:read"] });
    let invitation = json!({ "expires_at": app.time_in(MINUTE), "email": "somebody@school.test" });
    for (path, body, secret) in [("/api-keys", key, "key"), ("/invitations", invitation, "code")] {
        let mut first = admin.post_with_key(path, "once", &body).await.is(201);
        let shown = first.as_object_mut().unwrap().remove(secret).unwrap();
        // Nor is an address kept that erasure would not find.
        first.as_object_mut().unwrap().remove("email");
        admin.post_with_key(path, "once", &body).await.replays(&first);
        let shown = shown.as_str().unwrap();
        assert!(
            app.rows
                .texts("SELECT reply FROM idempotency_keys WHERE reply IS NOT NULL", &[])
                .await
                .iter()
                .all(|reply| !reply.contains(shown) && !reply.contains("somebody@"))
        );
        // As while the first request has not ended.
        app.rows
            .execute("UPDATE idempotency_keys SET status = NULL, reply = NULL")
            .await;
        let running = admin.post_with_key(path, "once", &body).await;
        running.is(409);
        assert_eq!(running.header("retry-after"), Some("1"));
    }
}

async fn registering(app: &TestApp, email: &str, code: Option<&Value>) -> u16 {
    let body =
        json!({ "email": email, "password": PASSWORD, "display_name": "Ada", "invitation_code": code });
    app.anonymous().post("/auth/register", &body).await.status
}

async fn by_invitation(backend: Backend) -> (TestApp, Client) {
    let app = TestApp::configured(backend, |config| config.auth.registration = Registration::Invite).await;
    let admin = app.admin().await;
    (app, admin)
}

async fn an_invitation_lets_as_many_register_as_it_says(backend: Backend) {
    let (app, admin) = by_invitation(backend).await;
    let advisor = app.client(Role::Advisor, 1).await;
    let cohort = json!({ "name": "Spring", "members": [advisor.user().id] });
    let cohort = admin.post("/cohorts", &cohort).await.is(201);
    let body = json!({ "expires_at": app.time_in(MINUTE), "max_uses": 2, "cohort_id": cohort["cohort_id"] });
    let code = &admin.post("/invitations", &body).await.is(201)["code"];
    assert_eq!(registering(&app, "a@school.test", None).await, 403);
    assert_eq!(
        registering(&app, "a@school.test", Some(&json!("made up"))).await,
        403
    );
    assert_eq!(registering(&app, "a@school.test", Some(code)).await, 201);
    // A refused registration uses nothing up.
    assert_eq!(registering(&app, "a@school.test", Some(code)).await, 409);
    assert_eq!(registering(&app, "b@school.test", Some(code)).await, 201);
    assert_eq!(registering(&app, "c@school.test", Some(code)).await, 403);
    let path = format!("/cohorts/{}/members", cohort["cohort_id"].as_str().unwrap());
    assert_eq!(advisor.get(&path).await.is(200)["total"], 3);

    let personal = json!({ "expires_at": app.time_in(MINUTE), "email": "D@school.test" });
    let personal = &admin.post("/invitations", &personal).await.is(201)["code"];
    assert_eq!(registering(&app, "c@school.test", Some(personal)).await, 403);
    assert_eq!(registering(&app, "d@school.test", Some(personal)).await, 201);

    let late = admin
        .post("/invitations", &json!({ "expires_at": app.time_in(MINUTE) }))
        .await
        .is(201);
    let ended = admin
        .post("/invitations", &json!({ "expires_at": app.time_in(MINUTE) }))
        .await
        .is(201);
    let path = format!("/invitations/{}", ended["id"].as_str().unwrap());
    assert_eq!(admin.delete(&path).await.status, 204);
    assert_eq!(
        registering(&app, "e@school.test", Some(&ended["code"])).await,
        403
    );
    app.advance(MINUTE);
    assert_eq!(registering(&app, "e@school.test", Some(&late["code"])).await, 403);
    let listed = admin.get("/invitations").await.is(200);
    assert_eq!(
        (&listed["total"], &listed["items"][3]["uses"]),
        (&json!(4), &json!(2))
    );
    let nowhere =
        json!({ "expires_at": app.time_in(MINUTE), "cohort_id": "0190d9a1-7c3e-7b5a-9f10-5b2f6f6d3a21" });
    assert_eq!(
        admin.post("/invitations", &nowhere).await.pointers(),
        ["/cohort_id"]
    );
}

async fn fifty_who_share_an_invitation_for_three_make_three_accounts(backend: Backend) {
    let (app, admin) = by_invitation(backend).await;
    let body = json!({ "expires_at": app.time_in(MINUTE), "max_uses": 3 });
    let code = admin.post("/invitations", &body).await.is(201)["code"].clone();
    let tries = (0..50).map(|number| {
        let (app, code) = (&app, &code);
        async move { registering(app, &format!("racer{number}@school.test"), Some(code)).await }
    });
    let statuses = futures::future::join_all(tries).await;
    let of = |status: u16| statuses.iter().filter(|found| **found == status).count();
    assert_eq!((of(201), of(403)), (3, 47), "{statuses:?}");
    assert_eq!(app.count("users WHERE email LIKE 'racer%'", &[]).await, 3);
    assert_eq!(app.count("invitations WHERE uses = 3", &[]).await, 1);
}
