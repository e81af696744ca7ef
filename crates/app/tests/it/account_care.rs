//! Accounts in the hands of admins and of their owners: made, changed, disabled, their passwords set and reset.

use domain::identity::Role;
use reqwest::Method;
use serde_json::{Value, json};
use testkit::Backend;
use uuid::Uuid;

use super::support::{Client, PASSWORD, Reply, TestApp};

const NEW_PASSWORD: &str = "staple horse battery";
const HOUR: std::time::Duration = std::time::Duration::from_hours(1);

on_both_databases!(
    an_admin_makes_finds_and_changes_accounts,
    a_disabled_account_is_out_at_once,
    a_change_of_role_ends_tokens_of_the_old_one,
    the_last_active_admin_stays_one,
    two_admins_cannot_take_each_other_away,
    a_reset_link_sets_a_password_once,
    whoever_was_locked_out_is_helped_by_a_reset,
    a_changed_password_ends_the_other_sign_ins,
    signing_out_ends_one_sign_in_or_all,
    a_key_of_a_made_account_is_bound_to_its_request,
);

/// The tokens of a sign-in with a password.
async fn sign_in(app: &TestApp, email: &str, password: &str) -> Reply {
    let body = json!({ "email": email, "password": password });
    app.anonymous().post("/auth/login", &body).await
}

/// Somebody who has just signed in.
pub(super) async fn signed_in(app: &TestApp, email: &str) -> (Client, Value) {
    let reply = sign_in(app, email, PASSWORD).await.is(200);
    let token = reply["tokens"]["access_token"].as_str().unwrap();
    (app.anonymous().with_token(token), reply["tokens"].clone())
}

async fn refresh(app: &TestApp, tokens: &Value) -> Reply {
    let body = json!({ "refresh_token": tokens["refresh_token"] });
    app.anonymous().post("/auth/refresh", &body).await
}

pub(super) async fn id_of(app: &TestApp, email: &str) -> Uuid {
    app.state
        .store
        .find_user_by_email(email)
        .await
        .unwrap()
        .unwrap()
        .id
        .0
}

async fn an_admin_makes_finds_and_changes_accounts(backend: Backend) {
    let app = TestApp::start(backend).await;
    let admin = app.admin().await;
    let body = json!({ "email": "Grace@School.test", "display_name": " Grace ", "role": "advisor", "password": PASSWORD });
    let made = admin.post("/users", &body).await.is(201);
    assert_eq!(
        (
            &made["email"],
            &made["display_name"],
            &made["role"],
            &made["status"]
        ),
        (
            &json!("grace@school.test"),
            &json!("Grace"),
            &json!("advisor"),
            &json!("active")
        )
    );
    assert!(!made.to_string().contains("argon2"), "{made}");
    admin.post("/users", &body).await.is(409);
    sign_in(&app, "grace@school.test", PASSWORD).await.is(200);

    let found = admin
        .get("/users?search=GRACE&role=advisor&status=active")
        .await
        .is(200);
    assert_eq!((&found["total"], &found["items"][0]), (&json!(1), &made));
    // What a search says is text, not a pattern.
    assert_eq!(admin.get("/users?search=%25").await.is(200)["total"], 0);
    admin.get("/users?role=root").await.is(400);

    let path = format!("/users/{}", made["user_id"].as_str().unwrap());
    let changed = admin
        .patch(&path, &json!({ "display_name": "Dr. Grace" }))
        .await
        .is(200);
    assert_eq!(admin.get(&path).await.is(200), changed);
    assert_eq!(
        (&changed["display_name"], &changed["role"]),
        (&json!("Dr. Grace"), &made["role"])
    );
    assert_eq!(
        app.count("audit_log WHERE action = 'identity.user_changed'", &[])
            .await,
        1
    );
    // A machine's account comes with its key.
    let machine = json!({ "email": "m@school.test", "display_name": "M", "role": "service" });
    assert_eq!(admin.post("/users", &machine).await.pointers(), ["/role"]);
}

async fn a_disabled_account_is_out_at_once(backend: Backend) {
    let app = TestApp::alone(backend).await;
    app.account(Role::Student, "ada@school.test").await;
    let (ada, tokens) = signed_in(&app, "ada@school.test").await;
    ada.get("/auth/me").await.is(200);
    let path = format!("/users/{}", id_of(&app, "ada@school.test").await);
    let admin = app.admin().await;
    admin.patch(&path, &json!({ "status": "disabled" })).await.is(200);
    ada.get("/auth/me").await.is(401);
    refresh(&app, &tokens).await.is(401);
    sign_in(&app, "ada@school.test", PASSWORD).await.is(401);

    admin.patch(&path, &json!({ "status": "active" })).await.is(200);
    // What was ended stays ended; a new sign-in is none of it.
    ada.get("/auth/me").await.is(401);
    refresh(&app, &tokens).await.is(401);
    signed_in(&app, "ada@school.test")
        .await
        .0
        .get("/auth/me")
        .await
        .is(200);
}

async fn a_change_of_role_ends_tokens_of_the_old_one(backend: Backend) {
    let app = TestApp::alone(backend).await;
    app.account(Role::Advisor, "grace@school.test").await;
    let (grace, tokens) = signed_in(&app, "grace@school.test").await;
    grace.get("/cohorts").await.is(200);
    let path = format!("/users/{}", id_of(&app, "grace@school.test").await);
    app.admin()
        .await
        .patch(&path, &json!({ "role": "student" }))
        .await
        .is(200);
    grace.get("/cohorts").await.is(401);
    refresh(&app, &tokens).await.is(401);
    signed_in(&app, "grace@school.test")
        .await
        .0
        .get("/cohorts")
        .await
        .is(403);
}

async fn the_last_active_admin_stays_one(backend: Backend) {
    let app = TestApp::start(backend).await;
    let admin = app.admin().await;
    let path = format!("/users/{}", admin.user().id);
    for change in [json!({ "role": "advisor" }), json!({ "status": "disabled" })] {
        let refused = admin.patch(&path, &change).await.is(409);
        assert_eq!(refused["type"], "/problems#last-admin");
    }
    admin
        .patch(&path, &json!({ "display_name": "Still here" }))
        .await
        .is(200);
    app.client(Role::Admin, 2).await;
    admin.patch(&path, &json!({ "status": "disabled" })).await.is(200);
    admin.get("/users").await.is(401);
}

async fn two_admins_cannot_take_each_other_away(backend: Backend) {
    for round in 0..10 {
        let app = TestApp::start(backend).await;
        let (one, other) = (app.client(Role::Admin, 1).await, app.client(Role::Admin, 2).await);
        let disable = json!({ "status": "disabled" });
        let paths = [&one, &other].map(|admin| format!("/users/{}", admin.user().id));
        let (first, second) = tokio::join!(one.patch(&paths[1], &disable), other.patch(&paths[0], &disable));
        let mut statuses = [first.status, second.status];
        statuses.sort_unstable();
        // The loser is out (401) or refused (409), depending on how far it had come.
        assert!(
            matches!(statuses, [200, 401 | 409]),
            "round {round}: {statuses:?}"
        );
        assert_eq!(
            app.state.store.count_active_admins().await.unwrap(),
            1,
            "round {round}"
        );
    }
}

async fn a_reset_link_sets_a_password_once(backend: Backend) {
    let app = TestApp::alone(backend).await;
    app.account(Role::Student, "ada@school.test").await;
    let (ada, tokens) = signed_in(&app, "ada@school.test").await;
    let admin = app.admin().await;
    let path = format!("/users/{}/reset-password", id_of(&app, "ada@school.test").await);
    let earlier = admin.post(&path, &json!({})).await.is(201);
    let issued = admin.post_with_key(&path, "reset-1", &json!({})).await.is(201);
    let replayed = admin.post_with_key(&path, "reset-1", &json!({})).await;
    assert_eq!(replayed.header("idempotency-replayed"), Some("true"));
    let (replayed, secret) = (replayed.is(201), issued["reset_token"].as_str().unwrap());
    assert!(
        replayed["reset_token"].is_null() && replayed["reset_link"].is_null(),
        "{replayed}"
    );
    assert!(
        issued["reset_link"]
            .as_str()
            .unwrap()
            .ends_with(&format!("/reset-password#{secret}"))
    );

    let set = async |token: &Value, password: &str| {
        let body = json!({ "reset_token": token, "new_password": password });
        app.anonymous().post("/auth/reset-password", &body).await
    };
    // An earlier link ended when the later one was given out; a refused password uses nothing up.
    set(&earlier["reset_token"], NEW_PASSWORD).await.is(401);
    assert_eq!(
        set(&issued["reset_token"], "short").await.pointers(),
        ["/new_password"]
    );
    assert_eq!(set(&issued["reset_token"], NEW_PASSWORD).await.status, 204);
    set(&issued["reset_token"], "another one of them").await.is(401);

    ada.get("/auth/me").await.is(401);
    refresh(&app, &tokens).await.is(401);
    sign_in(&app, "ada@school.test", PASSWORD).await.is(401);
    sign_in(&app, "ada@school.test", NEW_PASSWORD).await.is(200);

    let late = admin.post(&path, &json!({})).await.is(201);
    app.advance(24 * HOUR);
    set(&late["reset_token"], "another one of them").await.is(401);
    let account = path.replace("/reset-password", "");
    admin
        .patch(&account, &json!({ "status": "disabled" }))
        .await
        .is(200);
    assert_eq!(
        admin.post(&path, &json!({})).await.is(409)["type"],
        "/problems#account-disabled"
    );
    admin
        .post(&format!("/users/{}/reset-password", Uuid::nil()), &json!({}))
        .await
        .is(404);
}

async fn whoever_was_locked_out_is_helped_by_a_reset(backend: Backend) {
    let app = TestApp::start(backend).await;
    app.account(Role::Student, "ada@school.test").await;
    // Somebody else guesses.
    for _ in 0..11 {
        sign_in(&app, "ada@school.test", "not the password").await.is(401);
    }
    sign_in(&app, "ada@school.test", PASSWORD).await.is(429);
    let path = format!("/users/{}/reset-password", id_of(&app, "ada@school.test").await);
    let helped = app.admin().await.post(&path, &json!({})).await.is(201);
    let body = json!({ "reset_token": helped["reset_token"], "new_password": NEW_PASSWORD });
    assert_eq!(
        app.anonymous().post("/auth/reset-password", &body).await.status,
        204
    );
    sign_in(&app, "ada@school.test", NEW_PASSWORD).await.is(200);
}

async fn a_changed_password_ends_the_other_sign_ins(backend: Backend) {
    let app = TestApp::alone(backend).await;
    app.account(Role::Student, "ada@school.test").await;
    let (here, tokens) = signed_in(&app, "ada@school.test").await;
    let (there, other_tokens) = signed_in(&app, "ada@school.test").await;
    there.get("/auth/me").await.is(200);
    let change = async |current: &str, new: &str| {
        let body = json!({ "current_password": current, "new_password": new });
        here.post("/auth/change-password", &body).await
    };
    assert_eq!(
        change("not the password", NEW_PASSWORD).await.pointers(),
        ["/current_password"]
    );
    assert_eq!(
        change(PASSWORD, "ada@school.test").await.pointers(),
        ["/new_password"]
    );
    assert_eq!(change(PASSWORD, NEW_PASSWORD).await.status, 204);
    here.get("/auth/me").await.is(200);
    there.get("/auth/me").await.is(401);
    refresh(&app, &other_tokens).await.is(401);
    refresh(&app, &tokens).await.is(200);
    sign_in(&app, "ada@school.test", PASSWORD).await.is(401);
    sign_in(&app, "ada@school.test", NEW_PASSWORD).await.is(200);
    // Guessing the current password with a stolen token is guessing like any other.
    for _ in 0..11 {
        change("not the password", NEW_PASSWORD).await.is(422);
    }
    change(PASSWORD, NEW_PASSWORD).await.is(429);
}

async fn signing_out_ends_one_sign_in_or_all(backend: Backend) {
    let app = TestApp::alone(backend).await;
    app.account(Role::Student, "ada@school.test").await;
    let (here, tokens) = signed_in(&app, "ada@school.test").await;
    let (there, _) = signed_in(&app, "ada@school.test").await;
    let (elsewhere, _) = signed_in(&app, "ada@school.test").await;
    for client in [&here, &there, &elsewhere] {
        client.get("/auth/me").await.is(200);
    }
    let bare = Reply::to(here.request(Method::POST, "/auth/logout")).await;
    assert_eq!(bare.status, 204);
    here.get("/auth/me").await.is(401);
    refresh(&app, &tokens).await.is(401);
    there.get("/auth/me").await.is(200);
    assert_eq!(
        there
            .post("/auth/logout", &json!({ "everywhere": true }))
            .await
            .status,
        204
    );
    there.get("/auth/me").await.is(401);
    elsewhere.get("/auth/me").await.is(401);
    assert_eq!(
        app.count("audit_log WHERE action = 'identity.signed_out'", &[])
            .await,
        2
    );
}

async fn a_key_of_a_made_account_is_bound_to_its_request(backend: Backend) {
    let app = TestApp::start(backend).await;
    let admin = app.admin().await;
    let body = |name: &str| json!({ "email": "ada@school.test", "display_name": name, "role": "student", "password": PASSWORD });
    let made = admin.post_with_key("/users", "u-1", &body("Ada")).await.is(201);
    admin
        .post_with_key("/users", "u-1", &body("Ada"))
        .await
        .replays(&made);
    admin.post_with_key("/users", "u-1", &body("Eve")).await.is(422);
    // Nothing of the password is kept with the key, so that nothing of it can be guessed from there.
    let kept = app
        .rows
        .texts("SELECT request_hash FROM idempotency_keys WHERE key = 'u-1'", &[])
        .await;
    let without = json!({ "email": "ada@school.test", "display_name": "Ada", "role": "student" });
    assert_eq!(kept.len(), 1);
    admin
        .post_with_key("/users", "u-1", &without)
        .await
        .replays(&made);
}
