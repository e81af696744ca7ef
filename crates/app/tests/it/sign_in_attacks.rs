//! Passwords guessed, refresh tokens stolen, sign-ins in floods (rows 37 to 39 of the faults).

use std::time::{Duration, Instant};

use domain::identity::Role;
use futures::future::join_all;
use serde_json::{Value, json};
use testkit::Backend;

use super::support::{MINUTE, PASSWORD, Reply, SECOND, TestApp};

on_both_databases!(
    a_stolen_refresh_token_ends_the_sign_in_for_both,
    fifty_exchanges_of_one_token_give_one_successor,
    a_thousand_guesses_over_fifty_accounts_meet_locks,
    parallel_guesses_meet_the_same_lock,
    a_bcrypt_hash_is_accepted_and_replaced,
);

async fn sign_in(app: &TestApp, email: &str, password: &str) -> Reply {
    let body = json!({ "email": email, "password": password });
    app.anonymous().post("/auth/login", &body).await
}

async fn exchange(app: &TestApp, token: &Value) -> Reply {
    app.anonymous()
        .post("/auth/refresh", &json!({ "refresh_token": token }))
        .await
}

async fn a_stolen_refresh_token_ends_the_sign_in_for_both(backend: Backend) {
    let app = TestApp::alone(backend).await;
    app.account(Role::Student, "ada@school.test").await;
    let signed_in = sign_in(&app, "ada@school.test", PASSWORD).await.is(200);
    let stolen = &signed_in["tokens"]["refresh_token"];
    let hers = exchange(&app, stolen).await.is(200);
    let ada = app
        .anonymous()
        .with_token(hers["tokens"]["access_token"].as_str().unwrap());
    ada.get("/auth/me").await.is(200);
    app.advance(10 * SECOND);
    exchange(&app, stolen).await.is(401);
    exchange(&app, &hers["tokens"]["refresh_token"]).await.is(401);
    // The access token ends with its family, not minutes later.
    ada.get("/auth/me").await.is(401);
    let audited = "audit_log WHERE action = 'identity.refresh_token_reused'";
    assert_eq!(app.count(audited, &[]).await, 1);

    // Whoever is quick gets the same token as the owner; the first of the two to use it again ends the other.
    let signed_in = sign_in(&app, "ada@school.test", PASSWORD).await.is(200);
    let stolen = &signed_in["tokens"]["refresh_token"];
    let hers = exchange(&app, stolen).await.is(200);
    let his = exchange(&app, stolen).await.is(200);
    let shared = &hers["tokens"]["refresh_token"];
    assert_eq!(shared, &his["tokens"]["refresh_token"]);
    exchange(&app, shared).await.is(200);
    app.advance(10 * SECOND);
    exchange(&app, shared).await.is(401);
    assert_eq!(app.count(audited, &[]).await, 2);
}

async fn fifty_exchanges_of_one_token_give_one_successor(backend: Backend) {
    let app = TestApp::with_connections(backend, 20).await;
    app.account(Role::Student, "ada@school.test").await;
    for round in 0..10 {
        let signed_in = sign_in(&app, "ada@school.test", PASSWORD).await.is(200);
        let token = &signed_in["tokens"]["refresh_token"];
        let before = app.count("refresh_tokens", &[]).await;
        let replies = join_all((0..50).map(|_| exchange(&app, token))).await;
        let successor = &replies[0].is(200)["tokens"]["refresh_token"];
        for reply in &replies {
            assert_eq!(
                &reply.is(200)["tokens"]["refresh_token"],
                successor,
                "round {round}"
            );
        }
        assert_eq!(
            app.count("refresh_tokens", &[]).await,
            before + 1,
            "round {round}"
        );
        assert_eq!(
            app.count("refresh_tokens WHERE revoked_at IS NOT NULL", &[])
                .await,
            0
        );
        exchange(&app, successor).await.is(200);
    }
}

/// 25 accounts that exist and 25 that do not, twenty guesses at each, in rounds as somebody sprays them.
async fn a_thousand_guesses_over_fifty_accounts_meet_locks(backend: Backend) {
    let app = TestApp::start(backend).await;
    let mut addresses = Vec::new();
    for number in 0..25 {
        app.account(Role::Student, &format!("known{number}@school.test"))
            .await;
        addresses.extend([
            format!("known{number}@school.test"),
            format!("nobody{number}@school.test"),
        ]);
    }
    for round in 0..20 {
        // Whoever is asked, whether they are or not: the same answer.
        let mut answers = None;
        for address in &addresses {
            let reply = sign_in(&app, address, "Summer2026!").await;
            // Eleven failures, and then nobody looks at passwords for a minute.
            let expected = if round < 11 { 401 } else { 429 };
            assert_eq!(reply.status, expected, "round {round}, {address}: {}", reply.text);
            assert_eq!(
                reply.header("retry-after"),
                (expected == 429).then_some("60"),
                "{address}"
            );
            let mut body = reply.json();
            body["trace_id"] = Value::Null;
            assert_eq!(
                &body,
                answers.get_or_insert_with(|| body.clone()),
                "round {round}"
            );
        }
    }
    // Not even with the right password, and not for other addresses.
    sign_in(&app, "known0@school.test", PASSWORD).await.is(429);
    app.account(Role::Student, "other@school.test").await;
    sign_in(&app, "other@school.test", PASSWORD).await.is(200);
    app.advance(MINUTE);
    sign_in(&app, "known0@school.test", PASSWORD).await.is(200);
    // One more failure locks for two minutes; the success before has cleared the other's count.
    sign_in(&app, "known1@school.test", "Winter2026!").await.is(401);
    assert_eq!(
        sign_in(&app, "known1@school.test", PASSWORD)
            .await
            .header("retry-after"),
        Some("120")
    );
    sign_in(&app, "known0@school.test", "Winter2026!").await.is(401);
    sign_in(&app, "known0@school.test", PASSWORD).await.is(200);
    let failures = "audit_log WHERE action = 'identity.sign_in_failed'";
    assert_eq!(app.count(failures, &[]).await, 11 * 50 + 2);
    let details = app
        .rows
        .texts(
            "SELECT details FROM audit_log WHERE action = 'identity.sign_in_failed'",
            &[],
        )
        .await;
    assert!(
        details
            .iter()
            .all(|details| !details.contains("school.test") && !details.contains("2026"))
    );
}

/// Guesses at once are counted as if they came one after the other: none is overlooked.
async fn parallel_guesses_meet_the_same_lock(backend: Backend) {
    let app = TestApp::with_connections(backend, 20).await;
    app.account(Role::Student, "ada@school.test").await;
    let guesses = join_all((0..50).map(|_| sign_in(&app, "ada@school.test", "Summer2026!"))).await;
    assert!(
        guesses
            .iter()
            .all(|reply| matches!(reply.status, 401 | 429 | 503))
    );
    sign_in(&app, "ada@school.test", PASSWORD).await.is(429);
    let answered = guesses.iter().filter(|reply| reply.status == 401).count();
    let counted = format!("sign_in_failures WHERE failures = {answered}");
    assert_eq!(app.count(&counted, &[]).await, 1);
}

async fn a_bcrypt_hash_is_accepted_and_replaced(backend: Backend) {
    let app = TestApp::start(backend).await;
    app.account(Role::Student, "ada@school.test").await;
    let old = bcrypt::hash(PASSWORD, 4).unwrap();
    app.rows
        .execute(&format!("UPDATE users SET password_hash = '{old}'"))
        .await;
    sign_in(&app, "ada@school.test", "not the password").await.is(401);
    sign_in(&app, "ada@school.test", PASSWORD).await.is(200);
    let stored = app
        .rows
        .texts(
            "SELECT password_hash FROM users WHERE email = 'ada@school.test'",
            &[],
        )
        .await;
    assert!(
        stored[0].starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
        "{stored:?}"
    );
    sign_in(&app, "ada@school.test", PASSWORD).await.is(200);
    assert_eq!(
        app.count("audit_log WHERE action = 'identity.password_hash_upgraded'", &[])
            .await,
        1
    );
}

/// Times of wrong passwords for accounts that exist and for others, in turn; at full cost, as in production.
#[tokio::test(flavor = "multi_thread")]
async fn time_does_not_tell_which_addresses_have_an_account() {
    let app = TestApp::start(Backend::Sqlite).await;
    let hash = app.state.passwords.hash(PASSWORD.to_owned()).await.unwrap();
    for number in 0..20 {
        app.account(Role::Student, &format!("known{number}@school.test"))
            .await;
    }
    app.rows
        .execute(&format!("UPDATE users SET password_hash = '{hash}'"))
        .await;
    let mut values = Vec::new();
    // A machine with other work can make a difference once; a leak makes one every time.
    for series in 0..3 {
        let (mut known, mut unknown) = (Vec::new(), Vec::new());
        for round in 0..3 {
            for number in 0..20 {
                known.push(timed(&app, &format!("known{number}@school.test")).await);
                unknown.push(timed(&app, &format!("no{series}{round}{number}@school.test")).await);
            }
        }
        values.push(mann_whitney(&known, &unknown));
        if values.iter().any(|value| *value > 0.01) {
            return;
        }
    }
    panic!("known and unknown addresses are told apart by time: p = {values:?}");
}

async fn timed(app: &TestApp, email: &str) -> Duration {
    let began = Instant::now();
    sign_in(app, email, "not the password").await.is(401);
    began.elapsed()
}

/// Two-sided p of the rank-sum test by its normal approximation, which is good from about 20 values a side on.
fn mann_whitney(one: &[Duration], other: &[Duration]) -> f64 {
    let mut all: Vec<(Duration, bool)> = one.iter().map(|time| (*time, true)).collect();
    all.extend(other.iter().map(|time| (*time, false)));
    all.sort_unstable();
    let ranks = all.iter().zip(1_u32..).filter(|((_, first), _)| *first);
    let sum: f64 = ranks.map(|(_, rank)| f64::from(rank)).sum();
    let [n, m] = [one.len(), other.len()].map(|count| f64::from(u32::try_from(count).unwrap()));
    let u = sum - n * (n + 1.0) / 2.0;
    let z = (u - n * m / 2.0) / (n * m * (n + m + 1.0) / 12.0).sqrt();
    two_sided(z)
}

/// 2 (1 − Φ(|z|)) by the approximation 7.1.26 of Abramowitz and Stegun; error below 1.5e-7.
fn two_sided(z: f64) -> f64 {
    let x = z.abs() / 2.0_f64.sqrt();
    let t = 1.0 / 0.327_591_1_f64.mul_add(x, 1.0);
    let factors = [
        1.061_405_429,
        -1.453_152_027,
        1.421_413_741,
        -0.284_496_736,
        0.254_829_592,
    ];
    let polynomial = factors
        .iter()
        .fold(0.0_f64, |sum, factor| sum.mul_add(t, *factor))
        * t;
    polynomial * (-x * x).exp()
}

#[test]
fn the_rank_test_knows_a_difference_from_none() {
    let times = |range: std::ops::Range<u64>| range.map(Duration::from_millis).collect::<Vec<_>>();
    let (even, odd): (Vec<_>, Vec<_>) = (times(0..40), times(40..80));
    assert!(mann_whitney(&even, &odd) < 1e-6);
    let interleaved: (Vec<Duration>, Vec<Duration>) = (0..40)
        .map(|n| (Duration::from_millis(2 * n), Duration::from_millis(2 * n + 1)))
        .unzip();
    assert!(mann_whitney(&interleaved.0, &interleaved.1) > 0.5);
    assert!((two_sided(1.959_964) - 0.05).abs() < 1e-4);
}

/// With every hashing thread and every place in the queue taken, a sign-in is refused without waiting for any of them.
#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_sign_ins_is_refused_at_once_and_hinders_nobody() {
    let app = TestApp::configured(Backend::Sqlite, |config| {
        config.auth.password_parallelism = 1;
        config.auth.password_queue = 4;
    })
    .await;
    let hash = app.state.passwords.hash(PASSWORD.to_owned()).await.unwrap();
    app.account(Role::Student, "ada@school.test").await;
    app.rows
        .execute(&format!("UPDATE users SET password_hash = '{hash}'"))
        .await;
    let student = app.student(1).await;
    let flood = join_all((0..200).map(|number| {
        let app = &app;
        async move { sign_in(app, &format!("flood{number}@school.test"), "Summer2026!").await }
    }));
    let others = join_all((0..200).map(|_| student.get("/auth/me")));
    let (flood, others) = tokio::join!(flood, others);
    assert!(others.iter().all(|reply| reply.status == 200));
    let of = |status: u16| flood.iter().filter(|reply| reply.status == status).count();
    assert_eq!(of(401) + of(503), 200);
    // One at work and four waiting; as places get free, some more.
    assert!(
        of(401) >= 5 && of(503) >= 1,
        "{} tried, {} refused",
        of(401),
        of(503)
    );
    assert!(
        flood
            .iter()
            .filter(|reply| reply.status == 503)
            .all(|reply| reply.header("retry-after").is_some())
    );
    sign_in(&app, "ada@school.test", PASSWORD).await.is(200);
}
