//! Attempts that nobody comes back to, and the moment at which submitting and expiring meet.

use std::time::Duration;

use domain::attempts::SWEEP_BATCH;
use domain::authoring::Settings;
use domain::authoring::item::ItemKind;
use futures::future::join_all;
use serde_json::json;
use testkit::Backend;
use testkit::builders::every_kind;

use super::support::{MINUTE, Sitting, Taking, TestApp};

const MICROSECOND: Duration = Duration::from_micros(1);
const GRACE: Duration = Duration::from_secs(5);
const DAY: Duration = Duration::from_hours(24);

on_both_databases!(
    a_sweep_ends_a_whole_sitting_and_scores_it,
    an_opt_in_that_is_never_started_expires_after_thirty_days,
    a_submission_in_the_last_microsecond_counts_and_expiry_happens_once,
    an_expiry_found_by_starting_again_is_kept_although_there_is_no_other_attempt,
);

async fn a_sweep_ends_a_whole_sitting_and_scores_it(backend: Backend) {
    let app = TestApp::start(backend).await;
    let published = app.publish_sample(Settings::default()).await;
    let candidates = SWEEP_BATCH + 3;
    let mut sittings = Vec::new();
    for student in 1..=candidates {
        sittings.push(Sitting::started(&app, &published, student).await);
    }
    let staying = sittings.pop().unwrap();
    let writing = &sittings[0];
    writing.save(ItemKind::TrueFalse, json!(true)).await.is(202);
    app.advance(20 * MINUTE);
    staying.heartbeat().await.is(200);
    app.tick().await;
    assert_eq!(app.count("attempts WHERE state = 'expired'", &[]).await, 0);
    app.advance(10 * MINUTE + GRACE + MICROSECOND);
    app.tick().await;

    let expired = app
        .count("attempts WHERE state = 'expired' AND scoring = 'done'", &[])
        .await;
    assert_eq!(expired, i64::from(candidates) - 1);
    assert_eq!(staying.stored(&app).await.0, "in_progress");
    let result = writing.result().await.is(200);
    assert_eq!(result["status"], "expired");
    assert_eq!(result["degraded_reasons"], json!(["unanswered", "expired"]));
    assert_eq!(
        app.count("audit_log WHERE action = 'attempts.expired'", &[])
            .await,
        expired
    );
    // A tick that finds nothing leaves nothing.
    app.advance(MINUTE);
    app.tick().await;
    assert_eq!(app.count("attempts WHERE state = 'expired'", &[]).await, expired);
}

async fn an_opt_in_that_is_never_started_expires_after_thirty_days(backend: Backend) {
    let app = TestApp::start(backend).await;
    let published = app.publish_sample(Settings::default()).await;
    let sitting = Sitting::opted_in(&app, &published, 1).await;
    let late = Sitting::opted_in(&app, &published, 2).await;
    app.advance(30 * DAY + GRACE);
    app.tick().await;
    assert_eq!(sitting.stored(&app).await.0, "opted_in");
    app.advance(MICROSECOND);
    late.start().await.is(410);
    app.advance(MINUTE);
    app.tick().await;
    for sitting in [&sitting, &late] {
        assert_eq!(
            sitting.stored(&app).await,
            ("expired".to_owned(), "none".to_owned())
        );
        sitting.result().await.is(410);
    }
    // What was never begun is not held against the candidate.
    let again = Sitting::opted_in(&app, &published, 1).await;
    assert_ne!(again.id, sitting.id);
}

async fn a_submission_in_the_last_microsecond_counts_and_expiry_happens_once(backend: Backend) {
    let app = TestApp::start(backend).await;
    let ten_minutes = Settings {
        time_limit_minutes: Some(10),
        ..Settings::default()
    };
    let published = app.publish_sample(ten_minutes).await;
    let mut sittings = Vec::new();
    for student in 1..=12 {
        let sitting = Sitting::started(&app, &published, student).await;
        sitting.submit_all_sections(|_| json!(null)).await;
        sittings.push(sitting);
    }
    app.advance(10 * MINUTE + GRACE);
    let (in_time, late) = sittings.split_at(6);
    for sitting in in_time {
        sitting.complete().await.is(202);
    }
    app.advance(MICROSECOND);
    // The sweep and the candidates meet.
    let submitting = join_all(late.iter().map(Sitting::complete));
    let (replies, _) = tokio::join!(submitting, app.tick());
    for (sitting, reply) in late.iter().zip(replies) {
        reply.is(410);
        assert_eq!(sitting.stored(&app).await.0, "expired");
        assert_eq!(sitting.audited(&app, "attempts.expired").await, 1);
        let parents = "jobs WHERE subject_id = $1 AND kind = 'evaluate_attempt'";
        assert_eq!(app.count(parents, &[sitting.id]).await, 1);
    }
    app.drain_jobs().await;
    for sitting in in_time {
        assert_eq!(sitting.stored(&app).await.0, "completed");
    }
}

async fn an_expiry_found_by_starting_again_is_kept_although_there_is_no_other_attempt(backend: Backend) {
    let app = TestApp::start(backend).await;
    app.may_leave_jobs();
    let once = Settings {
        time_limit_minutes: Some(10),
        ..Settings::default()
    };
    let track = app.publish_track("once", once.clone(), every_kind()).await;
    let taking = Taking::started(&app, &track, 1).await;
    let published = app.publish_sample(once).await;
    let sitting = Sitting::started(&app, &published, 2).await;
    app.advance(11 * MINUTE);
    let opt_in = json!({ "assessment_definition_id": published.definition_id });
    for (student, path, body, id) in [
        (&taking.student, "/assessments/start", track.body(), taking.id),
        (&sitting.student, "/sessions/opt-in", opt_in, sitting.id),
    ] {
        assert_eq!(student.post(path, &body).await.is(410)["expired_by"], "deadline");
        let state = app
            .rows
            .texts("SELECT state FROM attempts WHERE id = $1", &[id])
            .await;
        assert_eq!(state, ["expired"], "{path}");
        let refused = student.post(path, &body).await.is(409);
        assert_eq!(refused["type"], "/problems#no-attempts-left");
    }
    assert_eq!(app.count("attempts", &[]).await, 2);
}
