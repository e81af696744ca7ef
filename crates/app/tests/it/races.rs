//! Fifty requests at the same moment: one effect, and everybody else is told so.
//!
//! Fifty clients with a connection each, opened beforehand, wait at a barrier. Effects are counted in the tables.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::authoring::Settings;
use domain::authoring::sample_answers::answer_key;
use futures::future::join_all;
use serde_json::{Value, json};
use testkit::Backend;
use testkit::builders::Published;
use tokio::sync::Barrier;

use super::support::{Client, Reply, Sitting, TestApp, answers, http_client};

pub(crate) const RACERS: usize = 50;
const ROUNDS: u32 = 20;
const CONNECTIONS: u32 = 20;

on_both_databases!(
    starts_submits_and_completes_of_one_attempt_have_one_effect_each,
    starts_of_two_attempts_of_one_student_leave_one_in_progress,
);

async fn starts_submits_and_completes_of_one_attempt_have_one_effect_each(backend: Backend) {
    let app = TestApp::with_connections(backend, CONNECTIONS).await;
    let racers = Racers::open(&app).await;
    let published = app.publish_sample(Settings::default()).await;
    for round in 1..=ROUNDS {
        let sitting = Sitting::opted_in(&app, &published, round).await;
        race_to_start(&app, &racers, &sitting).await;
        race_to_submit_a_section(&app, &racers, &sitting).await;
        sitting
            .submit_section(1, &answers(&published.sections[1], answer_key))
            .await
            .is(200);
        race_to_complete(&app, &racers, &sitting).await;
    }
    let texts = i64::from(ROUNDS) * 2;
    assert_eq!(
        app.drain_jobs().await,
        usize::try_from(texts).unwrap() + ROUNDS as usize
    );
    let items = i64::try_from(published.items().count()).unwrap();
    assert_eq!(app.count("score_records", &[]).await, i64::from(ROUNDS) * items);
    assert_eq!(app.count("resolutions", &[]).await, i64::from(ROUNDS) * items);
    assert_eq!(
        app.count("attempts WHERE state = 'completed'", &[]).await,
        i64::from(ROUNDS)
    );
    assert_eq!(app.count("job_attempts", &[]).await, texts + i64::from(ROUNDS));
}

/// Starting again resumes, so everybody may be given the session, the same one.
async fn race_to_start(app: &TestApp, racers: &Racers, sitting: &Sitting) {
    let body = json!({ "session_id": sitting.id });
    let replies = racers
        .post(&sitting.student, |_| ("/sessions/start".to_owned(), body.clone()))
        .await;
    let counted = statuses(&replies, &[200, 409]);
    assert!(counted[&200] >= 1, "{counted:?}");
    let mut bodies = replies
        .iter()
        .filter(|reply| reply.status == 200)
        .map(|reply| &reply.text);
    let first = bodies.next();
    assert!(
        bodies.all(|body| Some(body) == first),
        "the same session was shown in two ways"
    );
    let student = sitting.student.user().id.0;
    assert_eq!(
        app.count(
            "attempts WHERE user_id = $1 AND state = 'in_progress'",
            &[student]
        )
        .await,
        1
    );
    assert_eq!(sitting.audited(app, "attempts.started").await, 1);
}

async fn race_to_submit_a_section(app: &TestApp, racers: &Racers, sitting: &Sitting) {
    let section = &sitting.published.sections[0];
    let body = sitting.section_body(0, &answers(section, answer_key));
    let replies = racers
        .post(&sitting.student, |_| {
            (sitting.path("submit-section"), body.clone())
        })
        .await;
    assert_eq!(statuses(&replies, &[200, 409])[&200], 1);
    assert_eq!(sitting.rows(app, "section_submissions").await, 1);
    assert_eq!(
        app.count("attempts WHERE id = $1 AND current_section = 1", &[sitting.id])
            .await,
        1
    );
    assert_eq!(sitting.audited(app, "attempts.section_submitted").await, 1);
    let saved = i64::try_from(section.items.len()).unwrap();
    assert_eq!(sitting.rows(app, "responses").await, saved);
    assert_eq!(
        app.count("attempts WHERE id = $1 AND response_seq = 5", &[sitting.id])
            .await,
        1
    );
}

async fn race_to_complete(app: &TestApp, racers: &Racers, sitting: &Sitting) {
    let replies = racers
        .post(&sitting.student, |_| (sitting.path("complete"), json!({})))
        .await;
    assert_eq!(statuses(&replies, &[202, 409])[&202], 1);
    assert_eq!(sitting.audited(app, "attempts.submitted").await, 1);
    let jobs = |kind: &str| format!("jobs WHERE subject_id = $1 AND kind LIKE '{kind}'");
    assert_eq!(app.count(&jobs("%"), &[sitting.id]).await, 3);
    assert_eq!(app.count(&jobs("%text%"), &[sitting.id]).await, 2);
    let by_rules = "score_records WHERE attempt_id = $1 AND scorer = 'rule'";
    assert_eq!(app.count(by_rules, &[sitting.id]).await, 7);
    assert_eq!(sitting.rows(app, "score_records").await, 7);
}

async fn starts_of_two_attempts_of_one_student_leave_one_in_progress(backend: Backend) {
    let app = TestApp::with_connections(backend, CONNECTIONS).await;
    let racers = Racers::open(&app).await;
    let (first, second) = (
        app.publish_sample(Settings::default()).await,
        app.publish_sample(Settings::default()).await,
    );
    for round in 1..=ROUNDS {
        two_attempts(&app, &racers, [&first, &second], round).await;
    }
    assert_eq!(
        app.count("attempts WHERE state = 'in_progress'", &[]).await,
        i64::from(ROUNDS)
    );
}

async fn two_attempts(app: &TestApp, racers: &Racers, assessments: [&Published; 2], student: u32) {
    let one = Sitting::opted_in(app, assessments[0], student).await;
    let other = Sitting::opted_in(app, assessments[1], student).await;
    let replies = racers
        .post(&one.student, |racer| {
            let wanted = if racer % 2 == 0 { one.id } else { other.id };
            ("/sessions/start".to_owned(), json!({ "session_id": wanted }))
        })
        .await;
    let counted = statuses(&replies, &[200, 409]);
    assert_eq!(
        counted[&200],
        RACERS / 2,
        "who starts the running one resumes it: {counted:?}"
    );
    let states = "SELECT state FROM attempts WHERE user_id = $1 ORDER BY state";
    let running = app.rows.texts(states, &[one.student.user().id.0]).await;
    assert_eq!(running, ["in_progress", "opted_in"]);
    let refused = replies
        .iter()
        .filter(|reply| reply.status == 409)
        .map(Reply::json);
    let named: Vec<Value> = refused.map(|body| body["running_attempt_id"].clone()).collect();
    let winner = replies
        .iter()
        .find(|reply| reply.status == 200)
        .map(|reply| reply.json()["session_id"].clone());
    assert!(
        named.iter().all(|id| Some(id) == winner.as_ref()),
        "{named:?} while {winner:?} runs"
    );
    assert_eq!(
        one.audited(app, "attempts.started").await + other.audited(app, "attempts.started").await,
        1
    );
}

/// Clients that start together.
pub(crate) struct Racers(Vec<reqwest::Client>);

impl Racers {
    /// Opens a connection for each.
    pub(crate) async fn open(app: &TestApp) -> Self {
        let clients: Vec<reqwest::Client> = (0..RACERS).map(|_| http_client()).collect();
        let warm = clients.iter().map(async |client| {
            app.anonymous()
                .over(client.clone())
                .get("//healthz")
                .await
                .is(200);
        });
        join_all(warm).await;
        Self(clients)
    }

    /// Sends what `request` gives for each (path and body), all at the same moment.
    pub(crate) async fn post(
        &self,
        student: &Client,
        request: impl Fn(usize) -> (String, Value),
    ) -> Vec<Reply> {
        self.send(|racer, http| {
            let (path, body) = request(racer);
            student
                .over(http)
                .request(reqwest::Method::POST, &path)
                .json(&body)
        })
        .await
    }

    /// The same for requests of any shape.
    pub(crate) async fn send(
        &self,
        request: impl Fn(usize, reqwest::Client) -> reqwest::RequestBuilder,
    ) -> Vec<Reply> {
        let barrier = Arc::new(Barrier::new(RACERS));
        let running = self.0.iter().enumerate().map(|(racer, http)| {
            let (request, barrier) = (request(racer, http.clone()), Arc::clone(&barrier));
            tokio::spawn(async move {
                barrier.wait().await;
                Reply::to(request).await
            })
        });
        join_all(running).await.into_iter().map(Result::unwrap).collect()
    }
}

/// How often each status was given; nothing but these.
pub(crate) fn statuses(replies: &[Reply], allowed: &[u16]) -> BTreeMap<u16, usize> {
    let mut counted: BTreeMap<u16, usize> = allowed.iter().map(|status| (*status, 0)).collect();
    for reply in replies {
        assert!(
            allowed.contains(&reply.status),
            "{} answered {}: {}",
            reply.request,
            reply.status,
            reply.text
        );
        *counted.entry(reply.status).or_default() += 1;
    }
    counted
}
