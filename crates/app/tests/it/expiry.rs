//! Time that runs out: to the microsecond, kept in the database, scored with what is there.

use std::time::Duration;

use domain::authoring::Settings;
use domain::authoring::item::ItemKind;
use domain::authoring::sample_answers::answer_key;
use serde_json::json;
use testkit::Backend;

use super::support::{MINUTE, Reply, SECOND, Sitting, TestApp, answers};

const MICROSECOND: Duration = Duration::from_micros(1);
const GRACE: Duration = Duration::from_secs(5);

on_both_databases!(
    inactivity_ends_a_session_and_what_was_saved_is_scored,
    the_deadline_ends_a_session_whatever_is_done,
    the_last_microsecond_of_grace_counts,
    an_expired_session_that_is_not_scored_has_no_result,
    heartbeats_keep_a_session_alive,
    an_overdue_session_makes_room_for_another,
);

fn ten_minutes() -> Settings {
    Settings {
        time_limit_minutes: Some(10),
        ..Settings::default()
    }
}

fn is_expired(reply: &Reply, by: Option<&str>) {
    let body = reply.is(410);
    assert_eq!(body["error_code"], "ASSESSMENT_410", "{body}");
    assert_eq!(body["expired_by"].as_str(), by, "{}: {body}", reply.request);
}

async fn inactivity_ends_a_session_and_what_was_saved_is_scored(backend: Backend) {
    let app = TestApp::start(backend).await;
    let published = app.publish_sample(Settings::default()).await;
    let sitting = Sitting::started(&app, &published, 1).await;
    app.advance(MINUTE);
    sitting
        .submit_section(0, &answers(&published.sections[0], answer_key))
        .await
        .is(200);
    sitting
        .save(
            ItemKind::Essay,
            json!("Isolation costs waiting, and waiting costs throughput."),
        )
        .await
        .is(202);
    app.advance(30 * MINUTE + GRACE + MICROSECOND);
    is_expired(&sitting.heartbeat().await, Some("inactivity"));

    assert_eq!(
        sitting.stored(&app).await,
        ("expired".to_owned(), "running".to_owned())
    );
    assert_eq!(
        (
            sitting.rows(&app, "responses").await,
            sitting.audited(&app, "attempts.expired").await
        ),
        (6, 1)
    );
    sitting.result().await.is(202);
    is_expired(&sitting.complete().await, None);
    is_expired(&sitting.save(ItemKind::Essay, json!("late")).await, None);
    is_expired(&sitting.start().await, None);
    app.drain_jobs().await;

    assert_eq!(
        sitting.stored(&app).await,
        ("expired".to_owned(), "done".to_owned())
    );
    let result = sitting.result().await.is(200);
    assert_eq!(
        (&result["status"], &result["degraded"]),
        (&json!("expired"), &json!(true))
    );
    assert_eq!(result["degraded_reasons"], json!(["unanswered", "expired"]));
    let items = result["scores"]["items"].as_array().unwrap();
    assert!(
        items[..5].iter().all(|item| item["reason"] == "correct"),
        "{result}"
    );
    assert_eq!(
        (&items[5]["reason"], &items[8]["scorer"]),
        (&json!("unanswered"), &json!("local"))
    );
    assert_eq!(sitting.audited(&app, "attempts.expired").await, 1);
    is_expired(&sitting.heartbeat().await, None);
}

async fn the_deadline_ends_a_session_whatever_is_done(backend: Backend) {
    let app = TestApp::start(backend).await;
    let published = app.publish_sample(ten_minutes()).await;
    let sittings = [1, 2, 3, 4, 5].map(|student| Sitting::started(&app, &published, student));
    let sittings = futures::future::join_all(sittings).await;
    app.advance(9 * MINUTE);
    for sitting in &sittings {
        sitting.heartbeat().await.is(200);
    }
    app.advance(MINUTE + GRACE + MICROSECOND);
    let [saves, submits, completes, starts, beats] = sittings.as_slice() else {
        panic!("five sittings")
    };
    is_expired(
        &saves.save(ItemKind::TrueFalse, json!(true)).await,
        Some("deadline"),
    );
    is_expired(&submits.submit_section(0, &json!({})).await, Some("deadline"));
    is_expired(&completes.complete().await, Some("deadline"));
    is_expired(&starts.start().await, Some("deadline"));
    is_expired(&beats.heartbeat().await, Some("deadline"));
    for sitting in &sittings {
        assert_eq!(sitting.stored(&app).await.0, "expired");
        assert_eq!(sitting.get().await.is(200)["status"], "expired");
        assert_eq!(sitting.rows(&app, "responses").await, 0);
    }
    app.drain_jobs().await;
    assert_eq!(saves.result().await.is(200)["scores"]["total"], 0.0);
}

async fn the_last_microsecond_of_grace_counts(backend: Backend) {
    let app = TestApp::start(backend).await;
    let published = app.publish_sample(ten_minutes()).await;
    let sitting = Sitting::started(&app, &published, 1).await;
    sitting.submit_section(0, &json!({})).await.is(200);
    let closes_at = sitting.get().await.is(200)["expires_at"].clone();
    assert_eq!(closes_at, "2026-03-02T09:10:00Z");
    app.advance(10 * MINUTE + GRACE);
    sitting
        .save(
            ItemKind::ShortAnswer,
            json!("A lock makes the second writer wait."),
        )
        .await
        .is(202);
    sitting.submit_section(1, &json!({})).await.is(200);
    assert_eq!(
        sitting.complete().await.is(202)["degraded_reasons"],
        json!(["unanswered"])
    );
    app.drain_jobs().await;
    assert_eq!(sitting.result().await.is(200)["status"], "completed");

    let late = Sitting::started(&app, &published, 2).await;
    app.advance(10 * MINUTE + GRACE + MICROSECOND);
    is_expired(
        &late.save(ItemKind::TrueFalse, json!(true)).await,
        Some("deadline"),
    );
    app.drain_jobs().await;
}

async fn an_expired_session_that_is_not_scored_has_no_result(backend: Backend) {
    let app = TestApp::start(backend).await;
    let published = app
        .publish_sample(Settings {
            score_on_expiry: false,
            ..Settings::default()
        })
        .await;
    let sitting = Sitting::started(&app, &published, 1).await;
    sitting.save(ItemKind::TrueFalse, json!(true)).await.is(202);
    app.advance(31 * MINUTE);
    is_expired(&sitting.submit_section(0, &json!({})).await, Some("inactivity"));
    assert_eq!(
        sitting.stored(&app).await,
        ("expired".to_owned(), "none".to_owned())
    );
    assert_eq!(
        (
            sitting.rows(&app, "responses").await,
            app.count("jobs", &[]).await
        ),
        (1, 0)
    );
    assert_eq!(sitting.result().await.is(410)["type"], "/problems#no-result");
    assert_eq!(sitting.status().await.is(200)["status"], "expired");
}

async fn heartbeats_keep_a_session_alive(backend: Backend) {
    let app = TestApp::start(backend).await;
    let published = app.publish_sample(Settings::default()).await;
    let sitting = Sitting::started(&app, &published, 1).await;
    for _ in 0..3 {
        app.advance(29 * MINUTE);
        let beat = sitting.heartbeat().await.is(200);
        assert_eq!(beat["server_time"], json!(app.state.now()));
        assert_eq!(beat["expires_at"], json!(app.state.now() + 30 * MINUTE));
    }
    // Written at most once a minute: the second one changes nothing.
    let expires_at = sitting.get().await.is(200)["expires_at"].clone();
    app.advance(30 * SECOND);
    assert_eq!(sitting.heartbeat().await.is(200)["expires_at"], expires_at);
    app.advance(29 * MINUTE);
    sitting.save(ItemKind::TrueFalse, json!(true)).await.is(202);
    app.advance(29 * MINUTE);
    sitting.submit_section(0, &json!({})).await.is(200);
    app.advance(30 * MINUTE + GRACE);
    sitting.heartbeat().await.is(200);
    app.advance(30 * MINUTE + GRACE + MICROSECOND);
    is_expired(&sitting.heartbeat().await, Some("inactivity"));
    app.drain_jobs().await;
}

async fn an_overdue_session_makes_room_for_another(backend: Backend) {
    let app = TestApp::start(backend).await;
    let (first, second) = (
        app.publish_sample(Settings::default()).await,
        app.publish_sample(Settings::default()).await,
    );
    let overdue = Sitting::started(&app, &first, 1).await;
    let next = Sitting::opted_in(&app, &second, 1).await;
    next.start().await.is(409);
    app.advance(31 * MINUTE);
    next.start().await.is(200);
    assert_eq!(
        overdue.stored(&app).await,
        ("expired".to_owned(), "running".to_owned())
    );
    assert_eq!(next.stored(&app).await.0, "in_progress");
    app.drain_jobs().await;
    assert_eq!(overdue.result().await.is(200)["status"], "expired");
}
