//! Following the scoring of an attempt: streams of events, and the polling they can be replaced with.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use domain::authoring::Settings;
use domain::identity::{ChangeCohort, EVERYONE, MembershipChange, Role};
use reqwest::Method;
use serde_json::{Value, json};
use testkit::builders::{self, publish_sample};
use testkit::{Backend, TestDatabase};

use super::support::events::{EventStream, ServerEvent};
use super::support::process::{Candidate, Server, wait_for};
use super::support::{Client, MINUTE, Reply, Sitting, TestApp};

on_both_databases!(
    a_stream_tells_what_the_status_tells_until_scoring_has_ended,
    many_who_follow_cost_one_query,
);

fn path(sitting: &Sitting) -> String {
    format!("/assessments/{}/events", sitting.id)
}

async fn follow(client: &Client, sitting: &Sitting) -> EventStream {
    let request = client.request(Method::GET, &path(sitting));
    EventStream::open(request).await.unwrap()
}

/// Asks for a stream and reads the refusal.
async fn refused(client: &Client, sitting: &Sitting) -> Reply {
    client.get(&path(sitting)).await
}

async fn tick(app: &TestApp) -> usize {
    app.state.progress.tick().await.unwrap()
}

/// The next event, which has to say what the status says.
async fn progress(stream: &mut EventStream, sitting: &Sitting) -> Value {
    let event = stream.event().await.unwrap();
    assert_eq!(event.name, "progress");
    assert!(event.id.parse::<i64>().is_ok(), "{event:?}");
    assert_eq!(event.data, sitting.status().await.is(200));
    event.data
}

async fn assert_over(stream: &mut EventStream) {
    let end = ServerEvent {
        name: "end".to_owned(),
        id: String::new(),
        data: json!({}),
    };
    assert_eq!(stream.next().await.unwrap(), Some(end));
    assert_eq!(stream.next().await.unwrap(), None);
}

/// One of the texts is to be judged in a minute only.
async fn put_off_a_text(app: &TestApp) {
    let text = "UPDATE jobs SET run_at = run_at + 60000000 WHERE id = (
        SELECT id FROM jobs WHERE kind = 'score_text' AND state = 'ready' ORDER BY id LIMIT 1) RETURNING kind";
    assert_eq!(app.rows.texts(text, &[]).await, ["score_text"]);
}

async fn a_stream_tells_what_the_status_tells_until_scoring_has_ended(backend: Backend) {
    let app = TestApp::alone(backend).await;
    let published = app.publish_sample(Settings::default()).await;
    let sitting = Sitting::opted_in(&app, &published, 1).await;
    let mut stream = follow(&sitting.student, &sitting).await;
    assert_eq!(progress(&mut stream, &sitting).await["status"], "opted_in");

    sitting.start().await.is(200);
    sitting.answer_and_complete().await;
    put_off_a_text(&app).await;
    assert_eq!(tick(&app).await, 1);
    let essays = &progress(&mut stream, &sitting).await["stages"][1];
    let all = essays["total"].as_u64().unwrap();
    assert!(all >= 2, "{essays}");
    assert_eq!(
        (&essays["status"], &essays["done"]),
        (&json!("in_progress"), &json!(0))
    );

    app.drain_jobs().await;
    tick(&app).await;
    let essays = &progress(&mut stream, &sitting).await["stages"][1];
    assert_eq!(
        (&essays["status"], &essays["done"]),
        (&json!("in_progress"), &json!(all - 1))
    );
    let mut reconnected = follow(&sitting.student, &sitting).await;
    assert_eq!(
        &progress(&mut reconnected, &sitting).await["stages"][1],
        essays,
        "the whole state is there at once"
    );

    app.advance(MINUTE);
    app.drain_jobs().await;
    tick(&app).await;
    let ended = progress(&mut stream, &sitting).await;
    assert_eq!(
        (&ended["status"], &ended["overall_progress"]),
        (&json!("completed"), &json!(100))
    );
    assert_over(&mut stream).await;
    assert_eq!(progress(&mut reconnected, &sitting).await, ended);
    assert_over(&mut reconnected).await;

    let mut late = follow(&sitting.student, &sitting).await;
    assert_eq!(progress(&mut late, &sitting).await, ended);
    assert_over(&mut late).await;
    assert_eq!(tick(&app).await, 0, "nobody follows anything any more");
}

async fn many_who_follow_cost_one_query(backend: Backend) {
    let app = TestApp::alone(backend).await;
    let published = app.publish_sample(Settings::default()).await;
    assert_eq!(tick(&app).await, 0, "nobody follows anything yet");
    let admins = [app.admin().await, app.client(Role::Admin, 2).await];
    let mut sittings = Vec::new();
    let mut streams = Vec::new();
    for number in 1..=5 {
        let sitting = Sitting::opted_in(&app, &published, number).await;
        let admin = &admins[usize::from(number > 3)];
        for client in [&sitting.student, &sitting.student, &sitting.student, admin] {
            let mut stream = follow(client, &sitting).await;
            assert_eq!(progress(&mut stream, &sitting).await["status"], "opted_in");
            streams.push((sittings.len(), stream));
        }
        sittings.push(sitting);
    }
    assert_eq!(streams.len(), 20);
    assert_eq!(tick(&app).await, 1);
    for sitting in &sittings {
        sitting.start().await.is(200);
    }
    assert_eq!(tick(&app).await, 1);
    for (index, stream) in &mut streams {
        let told = progress(stream, &sittings[*index]).await;
        assert_eq!(told["status"], "in_progress");
    }
    drop(streams);
    let nobody = wait_for("every stream to be noticed as closed", async || {
        Ok((tick(&app).await == 0).then_some(()))
    });
    nobody.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_show_is_not_told() {
    let app = TestApp::start(Backend::Sqlite).await;
    let published = app.publish_sample(Settings::default()).await;
    let sitting = Sitting::started(&app, &published, 1).await;
    let mut stream = follow(&sitting.student, &sitting).await;
    progress(&mut stream, &sitting).await;
    sitting.heartbeat().await.is(200);
    sitting.submit_section(0, &json!({})).await.is(200);
    tick(&app).await;
    let abandoned = sitting
        .student
        .request(Method::DELETE, &format!("/assessments/{}", sitting.id));
    assert_eq!(Reply::to(abandoned).await.status, 204);
    tick(&app).await;
    // What comes next is the end: the heartbeat and the section have changed nothing that is shown.
    assert_eq!(progress(&mut stream, &sitting).await["status"], "voided");
    assert_over(&mut stream).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_are_capped_by_account_and_a_closed_one_makes_room() {
    let app = TestApp::start(Backend::Sqlite).await;
    let published = app.publish_sample(Settings::default()).await;
    let sitting = Sitting::started(&app, &published, 1).await;
    let mut streams = Vec::new();
    for _ in 0..3 {
        streams.push(follow(&sitting.student, &sitting).await);
    }
    let fourth = refused(&sitting.student, &sitting).await;
    let body = fourth.is(429);
    assert_eq!(body["type"], "/problems#too-many-streams");
    assert!(fourth.header("retry-after").is_some(), "{fourth:?}");
    follow(&app.admin().await, &sitting).await;
    sitting.status().await.is(200);

    drop(streams.pop());
    let room = wait_for("the place of the closed stream", async || {
        let request = sitting.student.request(Method::GET, &path(&sitting));
        Ok(EventStream::open(request).await.ok())
    });
    streams.push(room.await.unwrap());
    refused(&sitting.student, &sitting).await.is(429);

    app.state.stop.cancel();
    for stream in &mut streams {
        assert_eq!(stream.event().await.unwrap().name, "progress");
        assert_eq!(
            stream.next().await.unwrap(),
            None,
            "it ends without saying that it is over"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_those_who_may_see_an_attempt_may_follow_it() {
    let app = TestApp::start(Backend::Sqlite).await;
    let published = app.publish_sample(Settings::default()).await;
    let sitting = Sitting::started(&app, &published, 1).await;
    let stranger = app.student(2).await;
    for _ in 0..5 {
        let body = refused(&stranger, &sitting).await.is(404);
        assert_eq!(body["error_code"], "ASSESSMENT_404", "refusals take no places");
    }
    let advisor = app.client(Role::Advisor, 1).await;
    follow(&advisor, &sitting).await;

    let leave = ChangeCohort {
        admin: builders::admin(&app.database).await.unwrap(),
        cohort_id: EVERYONE,
        name: None,
        change: MembershipChange {
            remove_members: vec![advisor.user().id],
            ..MembershipChange::default()
        },
    };
    app.run(leave).await;
    refused(&advisor, &sitting).await.is(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_neither_count_as_requests_nor_end_like_them() {
    let limit = Duration::from_secs(1);
    let app = TestApp::configured(Backend::Sqlite, |config| {
        config.limits.request_timeout_seconds = limit.as_secs();
        config.limits.max_requests_in_flight = 2;
        config.limits.streams_per_principal = 5;
    })
    .await;
    let published = app.publish_sample(Settings::default()).await;
    let sitting = Sitting::started(&app, &published, 1).await;
    let mut streams = Vec::new();
    for _ in 0..5 {
        let mut stream = follow(&sitting.student, &sitting).await;
        progress(&mut stream, &sitting).await;
        streams.push(stream);
    }
    for stream in &mut streams {
        assert!(stream.is_silent_for(limit + limit / 10).await, "it was cut");
    }
    sitting.status().await.is(200);
    sitting.answer_and_complete().await;
    tick(&app).await;
    for stream in &mut streams {
        assert_eq!(progress(stream, &sitting).await["status"], "awaiting_async");
    }
    app.drain_jobs().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_while_scoring_goes_on_the_status_tells_when_to_come_back() {
    let app = TestApp::start(Backend::Sqlite).await;
    let settings = Settings {
        hold_results: true,
        ..Settings::default()
    };
    let published = app.publish_sample(settings).await;
    let sitting = Sitting::started(&app, &published, 1).await;
    let come_back = async |status: &str| {
        let reply = sitting.status().await;
        assert_eq!(reply.is(200)["status"], status);
        assert!(reply.header("etag").is_some(), "{reply:?}");
        reply.header("retry-after").map(str::to_owned)
    };
    assert_eq!(come_back("in_progress").await, None);
    sitting.answer_and_complete().await;
    assert_eq!(come_back("awaiting_async").await.as_deref(), Some("1"));
    app.advance(MINUTE);
    assert_eq!(come_back("awaiting_async").await.as_deref(), Some("6"));
    app.drain_jobs().await;
    assert_eq!(sitting.result().await.is(202)["status"], "held");
    assert_eq!(come_back("completed").await, None);
    let void = format!("/assessments/{}/void", sitting.id);
    app.admin().await.post(&void, &json!({})).await.is(200);
    assert_eq!(come_back("voided").await, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_tells_by_itself_and_its_stop_ends_the_streams() {
    let database = TestDatabase::new(Backend::Sqlite).await.unwrap();
    check_stop(&database).await.unwrap();
}

async fn check_stop(database: &TestDatabase) -> Result<()> {
    let published = publish_sample(database, Settings::default()).await?;
    let data = tempfile::tempdir()?;
    let settings = [
        ("TOUCHSTONE_DATABASE_URL", database.url.as_str()),
        ("TOUCHSTONE__SERVER__SHUTDOWN_SECONDS", "30"),
    ];
    let server = Server::start(data.path(), &settings).await?;
    let candidate = Candidate::register(&server).await?;
    let id = candidate.opt_in(&published).await?;
    let mut stream = EventStream::open(candidate.get(&format!("/assessments/{id}/events"))).await?;
    ensure!(
        stream.event().await?.data["status"] == "opted_in",
        "the state is told at once"
    );
    candidate.start(id).await?;
    ensure!(
        stream.event().await?.data["status"] == "in_progress",
        "the start is told without being asked for"
    );

    let signalled = Instant::now();
    let (stopped, end) = tokio::join!(server.terminate(), stream.next());
    let took = signalled.elapsed();
    let stopped = stopped?;
    ensure!(end?.is_none(), "the stream ends without an event");
    ensure!(
        stopped.status.success(),
        "it ended with {}: {}",
        stopped.status,
        stopped.logged
    );
    // Far less than the time that requests are given, for which an open stream would have held it up.
    ensure!(took < Duration::from_secs(5), "stopping took {took:?}");
    stopped
        .logged
        .lines()
        .all(|line| !line.contains("still running"))
        .then_some(())
        .with_context(|| format!("the stop was held up: {}", stopped.logged))
}

/// Whoever is signed out hears nothing more, though the token that the stream was opened with has minutes left.
#[tokio::test(flavor = "multi_thread")]
async fn a_stream_ends_with_its_sign_in() {
    let app = TestApp::start(Backend::Sqlite).await;
    let published = app.publish_sample(Settings::default()).await;
    let sitting = Sitting::started(&app, &published, 1).await;
    let other = app.student(1).await;
    let mut stream = follow(&sitting.student, &sitting).await;
    progress(&mut stream, &sitting).await;
    let out = other.post("/auth/logout", &json!({ "everywhere": true })).await;
    assert_eq!(out.status, 204);
    let ended = tokio::time::timeout(MINUTE, stream.next()).await;
    assert_eq!(ended.unwrap().unwrap(), None);
}
