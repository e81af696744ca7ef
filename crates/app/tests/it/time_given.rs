//! Time that people give and time that the service owes: extensions, accommodations, downtime.

use std::time::Duration;

use domain::authoring::Settings;
use domain::authoring::item::ItemKind;
use domain::identity::Role;
use serde_json::{Value, json};
use testkit::Backend;
use testkit::clock::START;

use super::support::{Client, MINUTE, Reply, SECOND, Sitting, TestApp};

const MICROSECOND: Duration = Duration::from_micros(1);
const GRACE: Duration = Duration::from_secs(5);

on_both_databases!(
    an_extension_moves_the_deadline_of_a_running_attempt,
    an_extension_before_the_start_is_added_to_the_time,
    what_has_no_deadline_or_has_ended_is_not_extended,
    an_accommodation_gives_more_time_from_the_start,
    an_accommodation_reaches_the_attempt_that_is_running,
    time_without_service_is_given_back,
    who_was_late_before_the_service_went_down_stays_late,
    a_clock_that_jumps_back_loses_nothing,
);

fn ten_minutes() -> Settings {
    Settings {
        time_limit_minutes: Some(10),
        ..Settings::default()
    }
}

async fn extend(staff: &Client, sitting: &Sitting, minutes: u32) -> Reply {
    let path = format!("/assessments/{}/extend", sitting.id);
    staff
        .post(&path, &json!({ "minutes": minutes, "reason": "fire drill" }))
        .await
}

async fn accommodate(staff: &Client, sitting: &Sitting, factor: f64) -> Reply {
    let path = format!("/users/{}/accommodations", sitting.student.user().id);
    let body = json!({ "time_factor": factor, "note": "extra time" });
    Reply::to(staff.request(reqwest::Method::PUT, &path).json(&body)).await
}

/// Keeps the attempt from expiring for inactivity.
async fn is_alive(sitting: &Sitting) {
    sitting.save(ItemKind::TrueFalse, json!(true)).await.is(202);
}

async fn is_over(sitting: &Sitting) {
    let body = sitting.save(ItemKind::TrueFalse, json!(false)).await.is(410);
    assert_eq!(body["error_code"], "ASSESSMENT_410");
}

async fn an_extension_moves_the_deadline_of_a_running_attempt(backend: Backend) {
    let app = TestApp::start(backend).await;
    app.may_leave_jobs();
    let published = app.publish_sample(ten_minutes()).await;
    let sitting = Sitting::started(&app, &published, 1).await;
    let advisor = app.client(Role::Advisor, 1).await;
    let extended = extend(&advisor, &sitting, 5).await.is(200);
    assert_eq!(extended["extra_minutes"], 5);
    let deadline: chrono::DateTime<chrono::Utc> =
        serde_json::from_value(extended["deadline_at"].clone()).unwrap();
    assert_eq!(deadline, (START + 15 * MINUTE).to_datetime());
    assert_eq!(extend(&advisor, &sitting, 1).await.is(200)["extra_minutes"], 6);
    assert_eq!(sitting.audited(&app, "attempts.extended").await, 2);
    app.advance(16 * MINUTE + GRACE);
    is_alive(&sitting).await;
    app.advance(MICROSECOND);
    is_over(&sitting).await;
    assert_eq!(sitting.stored(&app).await.0, "expired");
}

async fn an_extension_before_the_start_is_added_to_the_time(backend: Backend) {
    let app = TestApp::start(backend).await;
    app.may_leave_jobs();
    let published = app.publish_sample(ten_minutes()).await;
    let sitting = Sitting::opted_in(&app, &published, 1).await;
    let extended = extend(&app.admin().await, &sitting, 10).await.is(200);
    assert_eq!(
        (&extended["status"], &extended["deadline_at"]),
        (&json!("opted_in"), &Value::Null)
    );
    sitting.start().await.is(200);
    app.advance(20 * MINUTE + GRACE);
    is_alive(&sitting).await;
    app.advance(MICROSECOND);
    is_over(&sitting).await;
}

async fn what_has_no_deadline_or_has_ended_is_not_extended(backend: Backend) {
    let app = TestApp::start(backend).await;
    app.may_leave_jobs();
    let admin = app.admin().await;
    let endless = app.publish_sample(Settings::default()).await;
    let sitting = Sitting::started(&app, &endless, 1).await;
    let refused = extend(&admin, &sitting, 5).await.is(409);
    assert_eq!(refused["type"], "/problems#no-deadline");
    sitting.answer_and_complete().await;
    let refused = extend(&admin, &sitting, 5).await.is(409);
    assert_eq!(refused["type"], "/problems#unlawful-move");

    let limited = app.publish_sample(ten_minutes()).await;
    let late = Sitting::started(&app, &limited, 2).await;
    app.advance(11 * MINUTE);
    extend(&admin, &late, 5).await.is(410);
    assert_eq!(
        late.stored(&app).await.0,
        "expired",
        "expiry is persisted with its 410"
    );
    extend(&admin, &late, 5).await.is(410);
}

async fn an_accommodation_gives_more_time_from_the_start(backend: Backend) {
    let app = TestApp::start(backend).await;
    app.may_leave_jobs();
    let published = app
        .publish_sample(Settings {
            time_limit_minutes: Some(40),
            ..Settings::default()
        })
        .await;
    let sitting = Sitting::opted_in(&app, &published, 1).await;
    let other = Sitting::opted_in(&app, &published, 2).await;
    let set = accommodate(&app.admin().await, &sitting, 1.5).await.is(200);
    assert_eq!(
        (&set["time_factor"], &set["running"]),
        (&json!(1.5), &Value::Null)
    );
    sitting.start().await.is(200);
    other.start().await.is(200);
    // 45 minutes of silence instead of 30, 60 minutes in all instead of 40.
    app.advance(31 * MINUTE);
    is_over(&other).await;
    app.advance(14 * MINUTE + GRACE);
    is_alive(&sitting).await;
    app.advance(15 * MINUTE);
    is_alive(&sitting).await;
    app.advance(MICROSECOND);
    is_over(&sitting).await;
}

async fn an_accommodation_reaches_the_attempt_that_is_running(backend: Backend) {
    let app = TestApp::start(backend).await;
    app.may_leave_jobs();
    let published = app.publish_sample(ten_minutes()).await;
    let sitting = Sitting::started(&app, &published, 1).await;
    let admin = app.admin().await;
    extend(&admin, &sitting, 2).await.is(200);
    app.advance(5 * MINUTE);
    let set = accommodate(&admin, &sitting, 2.0).await.is(200);
    let expires_at: chrono::DateTime<chrono::Utc> =
        serde_json::from_value(set["running"]["expires_at"].clone()).unwrap();
    assert_eq!(
        expires_at,
        (START + 22 * MINUTE).to_datetime(),
        "twice ten minutes, and the extension"
    );
    app.advance(17 * MINUTE + GRACE);
    is_alive(&sitting).await;
    app.advance(MICROSECOND);
    is_over(&sitting).await;
    assert_eq!(
        app.count(
            "audit_log WHERE action = 'attempts.accommodated' AND resource_id = $1",
            &[sitting.student.user().id.0]
        )
        .await,
        1
    );
}

async fn time_without_service_is_given_back(backend: Backend) {
    let app = TestApp::start(backend).await;
    app.may_leave_jobs();
    assert_eq!(app.mark_serving().await, 0);
    let published = app.publish_sample(ten_minutes()).await;
    let sitting = Sitting::started(&app, &published, 1).await;
    let swept = Sitting::started(&app, &published, 2).await;
    app.advance(4 * MINUTE);
    assert_eq!(
        app.mark_serving().await,
        2,
        "four minutes without a mark are an outage, too"
    );
    app.advance(9 * SECOND);
    assert_eq!(app.mark_serving().await, 0);
    // Down for an hour; the first request comes before any mark and finds itself overdue, but for the hour.
    app.advance(60 * MINUTE);
    is_alive(&sitting).await;
    assert_eq!(
        app.count("audit_log WHERE action = 'attempts.downtime_credited'", &[])
            .await,
        2
    );
    app.tick().await;
    assert_eq!(
        swept.stored(&app).await.0,
        "in_progress",
        "one settlement is for all"
    );
    app.mark_serving().await;
    // Ten minutes in all, less the nine seconds that the service was up.
    app.advance(25 * SECOND);
    app.mark_serving().await;
    let left = 10 * 60 - 9 - 25;
    for _ in 0..left / 25 {
        app.advance(25 * SECOND);
        app.mark_serving().await;
    }
    app.advance(left % 25 * SECOND + GRACE);
    is_alive(&sitting).await;
    app.advance(MICROSECOND);
    is_over(&sitting).await;
}

async fn who_was_late_before_the_service_went_down_stays_late(backend: Backend) {
    let app = TestApp::start(backend).await;
    app.may_leave_jobs();
    app.mark_serving().await;
    let published = app.publish_sample(ten_minutes()).await;
    let late = Sitting::started(&app, &published, 1).await;
    for _ in 0..31 {
        app.advance(20 * SECOND);
        app.mark_serving().await;
    }
    app.advance(60 * MINUTE);
    is_over(&late).await;
    assert_eq!(late.stored(&app).await.0, "expired");
}

async fn a_clock_that_jumps_back_loses_nothing(backend: Backend) {
    let app = TestApp::start(backend).await;
    app.may_leave_jobs();
    let published = app.publish_sample(ten_minutes()).await;
    let sitting = Sitting::started(&app, &published, 1).await;
    app.advance(8 * MINUTE);
    let first = sitting.save(ItemKind::MultipleChoice, json!("a")).await.is(202);
    let before = app
        .rows
        .texts(
            "SELECT CAST(last_activity_at AS TEXT) FROM attempts WHERE id = $1",
            &[sitting.id],
        )
        .await;
    app.database.clock.set(START - 52 * MINUTE);
    let second = sitting.save(ItemKind::TrueFalse, json!(true)).await.is(202);
    assert_eq!(
        second["saved"][0]["seq"].as_i64(),
        first["saved"][0]["seq"].as_i64().map(|seq| seq + 1)
    );
    // An answer that is changed after the jump replaces the one from before it, with and without the candidate's own time.
    let question = sitting.question(ItemKind::MultipleChoice);
    let changed = sitting.save(ItemKind::MultipleChoice, json!("b")).await.is(202);
    assert_eq!(changed["saved"][0]["stored"], true);
    let timed = json!([{ "question_id": question, "answer": "c", "submitted_at": (START + 9 * MINUTE).to_datetime() }]);
    assert_eq!(sitting.save_all(&timed).await.is(202)["saved"][0]["stored"], true);
    let answer = "SELECT answer FROM responses WHERE attempt_id = $1 ORDER BY seq DESC";
    assert_eq!(app.rows.texts(answer, &[sitting.id]).await[0], "\"c\"");
    sitting.heartbeat().await.is(200);
    app.tick().await;
    let after = app
        .rows
        .texts(
            "SELECT CAST(last_activity_at AS TEXT) FROM attempts WHERE id = $1",
            &[sitting.id],
        )
        .await;
    assert_eq!(before, after, "the last activity is never set back");
    app.database.clock.set(START + 10 * MINUTE + GRACE);
    is_alive(&sitting).await;
    app.advance(MICROSECOND);
    is_over(&sitting).await;
    assert_eq!(sitting.rows(&app, "responses").await, 2);
}
