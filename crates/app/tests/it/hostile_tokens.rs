//! Tokens that nobody should believe: each is refused, all in the same words.
//!
//! Nothing here knows how tokens are made. A good one is obtained by signing in and taken apart; the key is taken out of
//! the database the way its owner would take it, so that tokens with wrong claims are refused for their claims and not for
//! their signature.

mod forgery;
mod lies;
mod pretenders;

use domain::identity::Role;
use proptest::prelude::{Strategy as _, any};
use reqwest::Method;
use reqwest::header::{AUTHORIZATION, HeaderValue};
use serde_json::{Value, json};
use testkit::Backend;
use touchstone::config::JwtAlgorithm;

use super::support::properties::check;
use super::support::{Client, MINUTE, PASSWORD, Reply, TestApp};
use forgery::{Genuine, Thief};

/// What is sent instead of a good token.
pub(super) struct Fake {
    /// What is wrong with it.
    what: String,
    /// Values of `Authorization`.
    headers: Vec<String>,
    /// Other headers.
    others: Vec<(&'static str, String)>,
    path: String,
}

impl Fake {
    fn token(what: impl Into<String>, token: impl AsRef<str>) -> Self {
        Self::header(what, format!("Bearer {}", token.as_ref()))
    }

    fn header(what: impl Into<String>, value: impl Into<String>) -> Self {
        Self::headers(what, vec![value.into()])
    }

    fn headers(what: impl Into<String>, headers: Vec<String>) -> Self {
        Self {
            what: what.into(),
            headers,
            others: Vec::new(),
            path: "/auth/me".to_owned(),
        }
    }

    async fn send(&self, app: &TestApp) -> Reply {
        let mut request = app.anonymous().request(Method::GET, &self.path);
        for value in &self.headers {
            request = request.header(AUTHORIZATION, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        for (name, value) in &self.others {
            request = request.header(*name, value);
        }
        Reply::to(request).await
    }
}

async fn signed_in(app: &TestApp, email: &str) -> Value {
    app.account(Role::Student, email).await;
    let login = json!({ "email": email, "password": PASSWORD });
    app.anonymous().post("/auth/login", &login).await.is(200)["tokens"].clone()
}

fn access_token(tokens: &Value) -> &str {
    tokens["access_token"].as_str().unwrap()
}

/// A refusal without what is different for every request.
fn words(reply: &Reply) -> (Value, Option<String>) {
    let mut body = reply.is(401);
    let members = body.as_object_mut().unwrap();
    members.remove("trace_id");
    members.remove("instance");
    (body, reply.header("www-authenticate").map(str::to_owned))
}

async fn assert_good(app: &TestApp, token: &str) {
    app.anonymous().with_token(token).get("/auth/me").await.is(200);
}

async fn all_are_refused_alike(app: &TestApp, fakes: &[Fake]) {
    let expected = words(&app.anonymous().with_token("made.up.token").get("/auth/me").await);
    assert!(expected.1.is_some(), "a refusal says how to sign in");
    for fake in fakes {
        let reply = fake.send(app).await;
        assert_eq!(reply.status, 401, "{}: {}", fake.what, reply.text);
        assert_eq!(words(&reply), expected, "{}", fake.what);
    }
}

async fn app_with(algorithm: JwtAlgorithm) -> TestApp {
    TestApp::configured(Backend::Sqlite, |config| config.auth.jwt_algorithm = algorithm).await
}

/// Hundreds of kinds.
async fn fakes_are_refused(algorithm: JwtAlgorithm) {
    let app = app_with(algorithm).await;
    let tokens = signed_in(&app, "ada@example.org").await;
    let other = signed_in(&app, "bea@example.org").await;
    let genuine = Genuine::of(access_token(&tokens));
    let thief = Thief::who_stole_the_key(&app).await;
    assert_good(&app, &genuine.text()).await;
    assert_good(&app, &thief.sign(&genuine.header, &genuine.claims)).await;

    let mut fakes = pretenders::without_the_key(&genuine, &thief);
    fakes.extend(pretenders::in_other_clothes(&genuine, access_token(&other)));
    fakes.extend(lies::with_the_key(&genuine, &thief));
    let refresh = tokens["refresh_token"].as_str().unwrap();
    fakes.push(Fake::token("the refresh token", refresh));
    assert!(fakes.len() >= 200, "{} tokens", fakes.len());
    all_are_refused_alike(&app, &fakes).await;
    assert_good(&app, &genuine.text()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn forged_tokens_are_refused_in_the_same_words() {
    fakes_are_refused(JwtAlgorithm::EdDsa).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn forged_tokens_are_refused_in_the_same_words_where_the_key_is_shared() {
    fakes_are_refused(JwtAlgorithm::Hs256).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_of_other_times_and_places_are_refused_in_the_same_words() {
    let app = TestApp::start(Backend::Sqlite).await;
    let elsewhere = TestApp::start(Backend::Sqlite).await;
    let foreign = signed_in(&elsewhere, "ada@example.org").await;
    let old = signed_in(&app, "ada@example.org").await;
    assert_good(&app, access_token(&old)).await;
    assert_good(&elsewhere, access_token(&foreign)).await;
    app.advance(16 * MINUTE);
    let expired = [
        Fake::token("of another deployment", access_token(&foreign)),
        Fake::token("expired", access_token(&old)),
    ];
    all_are_refused_alike(&app, &expired).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_good_token_is_good_in_any_case_of_its_scheme_only_in_its_header() {
    let app = TestApp::start(Backend::Sqlite).await;
    let tokens = signed_in(&app, "ada@example.org").await;
    for scheme in ["Bearer", "bearer", "BEARER"] {
        let header = format!("{scheme} {}", access_token(&tokens));
        let reply = Fake::header("good", header).send(&app).await;
        assert_eq!(reply.is(200)["email"], "ada@example.org");
    }
}

async fn status_of(anyone: &Client, token: &[u8]) -> Option<u16> {
    let header = HeaderValue::from_bytes(&[b"Bearer ", token].concat()).ok()?;
    let request = anyone
        .request(Method::GET, "/auth/me")
        .header(AUTHORIZATION, header);
    Some(Reply::to(request).await.status)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_with_one_bit_changed_is_refused() {
    let app = TestApp::start(Backend::Sqlite).await;
    let tokens = signed_in(&app, "ada@example.org").await;
    let good = access_token(&tokens).as_bytes().to_vec();
    let anyone = app.anonymous();
    assert_eq!(status_of(&anyone, &good).await, Some(200));
    // The last letters of each part have bits that say nothing: there are no two ways to write a token.
    let dots = good
        .iter()
        .enumerate()
        .filter(|(_, byte)| **byte == b'.')
        .map(|(at, _)| at);
    let ends: Vec<usize> = dots.chain([good.len()]).map(|end| end - 1).collect();
    let flip = |at: usize, bit: u8| {
        let mut token = good.clone();
        token[at] ^= 1 << bit;
        token
    };
    for (at, bit) in ends.into_iter().flat_map(|at| (0..7).map(move |bit| (at, bit))) {
        let status = status_of(&anyone, &flip(at, bit)).await;
        assert!(
            matches!(status, None | Some(401)),
            "byte {at}, bit {bit}: {status:?}"
        );
    }
    let positions = (0..good.len(), 0..8_u8);
    check(&positions, async |(at, bit)| {
        let status = status_of(&anyone, &flip(at, bit)).await;
        assert!(
            matches!(status, None | Some(401)),
            "byte {at}, bit {bit}: {status:?}"
        );
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_with_parts_replaced_is_refused() {
    let app = TestApp::start(Backend::Sqlite).await;
    let tokens = signed_in(&app, "ada@example.org").await;
    let good = access_token(&tokens).to_owned();
    let anyone = app.anonymous();
    let letters = proptest::collection::vec(any::<u8>().prop_map(|byte| 0x21 + byte % 0x5E), 0..40);
    let edits = (0..good.len(), 0..60_usize, letters);
    check(&edits, async |(start, length, letters)| {
        let stop = (start + length).min(good.len());
        let token = [&good.as_bytes()[..start], &letters, &good.as_bytes()[stop..]].concat();
        if token != good.as_bytes() {
            assert_eq!(
                status_of(&anyone, &token).await,
                Some(401),
                "{}",
                String::from_utf8_lossy(&token)
            );
        }
    });
}
