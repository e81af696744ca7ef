//! What a process believes of sign-ins, and for how long.

use domain::identity::Role;
use testkit::Backend;

use super::account_care::{id_of, signed_in};
use super::support::{SECOND, TestApp};

#[tokio::test(flavor = "multi_thread")]
async fn another_process_notices_within_a_minute() {
    let app = TestApp::start(Backend::Sqlite).await;
    app.account(Role::Student, "ada@school.test").await;
    let (ada, _) = signed_in(&app, "ada@school.test").await;
    ada.get("/auth/me").await.is(200);
    // As another process does it: this one is not told.
    let user_id = domain::ids::UserId(id_of(&app, "ada@school.test").await);
    app.run(domain::identity::SignOut {
        user_id,
        family: None,
    })
    .await;
    app.advance(59 * SECOND);
    ada.get("/auth/me").await.is(200);
    app.advance(SECOND);
    ada.get("/auth/me").await.is(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_stays_is_asked_for_in_time_and_who_was_signed_out_is_noticed() {
    let app = TestApp::start(Backend::Sqlite).await;
    for email in ["ada@school.test", "bob@school.test"] {
        app.account(Role::Student, email).await;
    }
    let (ada, _) = signed_in(&app, "ada@school.test").await;
    let (bob, _) = signed_in(&app, "bob@school.test").await;
    for caller in [&ada, &bob] {
        caller.get("/auth/me").await.is(200);
    }
    // As another process does it: this one is not told.
    let signed_out = async |email: &str| {
        let user_id = domain::ids::UserId(id_of(&app, email).await);
        let family = None;
        app.run(domain::identity::SignOut { user_id, family }).await;
    };
    let ask_again = async || app.state.sign_ins.ask_again(app.state.now()).await.unwrap();
    signed_out("bob@school.test").await;
    app.advance(49 * SECOND);
    ask_again().await;
    bob.get("/auth/me").await.is(200);
    app.advance(SECOND);
    ask_again().await;
    bob.get("/auth/me").await.is(401);
    // The answer of the fiftieth second holds for sixty more.
    signed_out("ada@school.test").await;
    app.advance(59 * SECOND);
    ada.get("/auth/me").await.is(200);
    app.advance(SECOND);
    ada.get("/auth/me").await.is(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_of_a_key_that_is_taken_back_are_refused_once_the_keys_are_read() {
    let app = TestApp::start(Backend::Sqlite).await;
    app.account(Role::Student, "ada@school.test").await;
    let (ada, _) = signed_in(&app, "ada@school.test").await;
    ada.get("/auth/me").await.is(200);
    let secrets = app.state.store.lock_secrets().await.unwrap();
    let none_kept = uuid::Uuid::nil();
    secrets
        .retire_signing_keys(none_kept, app.state.now())
        .await
        .unwrap();
    secrets.commit().await.unwrap();
    ada.get("/auth/me").await.is(200);
    app.state.tokens.refresh(&app.state.store).await.unwrap();
    ada.get("/auth/me").await.is(401);
}
