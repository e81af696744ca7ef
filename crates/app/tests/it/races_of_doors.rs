//! Fifty requests at the same moment through both doors of one attempt: one effect each, and no acknowledged answer is lost.

use domain::authoring::item::ItemKind;
use domain::authoring::{CreateTrack, NewTrack, Settings};
use reqwest::Method;
use serde_json::{Value, json};
use testkit::Backend;
use testkit::builders::{self, every_kind};
use uuid::Uuid;

use super::races::{RACERS, Racers, statuses};
use super::support::{Client, Reply, Sitting, TestApp};

const ROUNDS: u32 = 8;
const CONNECTIONS: u32 = 20;
const SLUG: &str = "racing";

on_both_databases!(
    starting_a_track_at_both_doors_makes_one_attempt,
    submitting_at_both_doors_scores_once,
    giving_up_and_submitting_exclude_each_other,
    a_track_and_a_session_are_not_in_progress_together,
    an_answer_that_is_acknowledged_while_others_submit_is_kept,
);

/// A service with a track of one item of every kind that rules and the local scorer judge.
async fn with_track(backend: Backend) -> (TestApp, Racers) {
    let app = TestApp::with_connections(backend, CONNECTIONS).await;
    let racers = Racers::open(&app).await;
    let create = CreateTrack {
        admin: builders::admin(&app.database).await.unwrap(),
        track: NewTrack {
            slug: SLUG.to_owned(),
            title: "Racing".to_owned(),
            description: String::new(),
            skills: Vec::new(),
            settings: Settings {
                mix: None,
                ..Settings::for_tracks()
            },
            items: every_kind(),
        },
    };
    let ctx = builders::ctx(&app.database, domain::audit::Actor::System);
    app.state.store.run(&create, &ctx).await.unwrap();
    (app, racers)
}

fn start() -> (String, Value) {
    ("/assessments/start".to_owned(), json!({ "role_slug": SLUG }))
}

async fn started(student: &Client) -> (Uuid, Value) {
    let (path, body) = start();
    let reply = student.post(&path, &body).await.is(201);
    (id_in(&reply["assessment_id"]), reply)
}

fn id_in(value: &Value) -> Uuid {
    serde_json::from_value(value.clone()).unwrap()
}

/// The question of a kind among those shown.
fn question(shown: &Value, kind: ItemKind) -> Value {
    let questions = shown["questions"].as_array().unwrap();
    let found = questions
        .iter()
        .find(|question| question["type"] == kind.as_str());
    found.unwrap()["question_id"].clone()
}

async fn audited(app: &TestApp, attempt: Uuid, action: &str) -> i64 {
    let from = format!("audit_log WHERE resource_id = $1 AND action = '{action}'");
    app.count(&from, &[attempt]).await
}

async fn starting_a_track_at_both_doors_makes_one_attempt(backend: Backend) {
    let (app, racers) = with_track(backend).await;
    for round in 1..=ROUNDS {
        let student = app.student(round).await;
        let replies = racers.post(&student, |_| start()).await;
        assert_eq!(statuses(&replies, &[200, 201])[&201], 1);
        let id = id_in(&replies[0].json()["assessment_id"]);
        let shown = replies.iter().map(|reply| reply.json()["questions"].clone());
        let mut shown = shown.collect::<Vec<_>>();
        shown.dedup();
        assert_eq!(shown.len(), 1, "everybody is shown the same form");
        let of_student = "attempts WHERE user_id = $1";
        assert_eq!(app.count(of_student, &[student.user().id.0]).await, 1);
        assert_eq!(audited(&app, id, "attempts.started").await, 1);
        // The same attempt at the other door, while both are knocked at.
        let replies = racers
            .post(&student, |racer| match racer % 2 {
                0 => start(),
                _ => ("/sessions/start".to_owned(), json!({ "session_id": id })),
            })
            .await;
        assert_eq!(statuses(&replies, &[200])[&200], RACERS);
        assert_eq!(audited(&app, id, "attempts.started").await, 1);
    }
}

async fn submitting_at_both_doors_scores_once(backend: Backend) {
    let (app, racers) = with_track(backend).await;
    for round in 1..=ROUNDS {
        let student = app.student(round).await;
        let (id, shown) = started(&student).await;
        let essay =
            json!({ "question_id": question(&shown, ItemKind::Essay), "answer": "Because it waits." });
        let replies = racers
            .post(&student, |racer| match racer % 3 {
                0 => (
                    format!("/assessments/{id}/submit"),
                    json!({ "responses": [essay] }),
                ),
                1 => (
                    format!("/assessments/{id}/responses"),
                    json!({ "responses": [essay], "completed": true }),
                ),
                _ => (format!("/sessions/{id}/complete"), json!({})),
            })
            .await;
        assert_eq!(statuses(&replies, &[202, 409])[&202], 1);
        assert_eq!(audited(&app, id, "attempts.submitted").await, 1);
        let sections = "section_submissions WHERE attempt_id = $1";
        assert_eq!(app.count(sections, &[id]).await, 1);
        let parents = "jobs WHERE subject_id = $1 AND kind = 'evaluate_attempt'";
        assert_eq!(app.count(parents, &[id]).await, 1);
    }
    app.drain_jobs().await;
    let items = i64::try_from(every_kind().len()).unwrap();
    assert_eq!(app.count("resolutions", &[]).await, i64::from(ROUNDS) * items);
    assert_eq!(app.count("score_records", &[]).await, i64::from(ROUNDS) * items);
    let completed = app.count("attempts WHERE state = 'completed'", &[]).await;
    assert_eq!(completed, i64::from(ROUNDS));
}

async fn giving_up_and_submitting_exclude_each_other(backend: Backend) {
    let (app, racers) = with_track(backend).await;
    for round in 1..=ROUNDS {
        let student = app.student(round).await;
        let (id, _) = started(&student).await;
        let replies = racers
            .send(|racer, http| {
                let student = student.over(http);
                match racer % 2 {
                    0 => student.request(Method::DELETE, &format!("/assessments/{id}")),
                    _ => student
                        .request(Method::POST, &format!("/assessments/{id}/submit"))
                        .json(&json!({})),
                }
            })
            .await;
        let counted = statuses(&replies, &[202, 204, 409]);
        assert_eq!(counted[&202] + counted[&204], 1, "{counted:?}");
        let state = app
            .rows
            .texts("SELECT state FROM attempts WHERE id = $1", &[id])
            .await;
        let expected = if counted[&204] == 1 {
            "voided"
        } else {
            "awaiting_async"
        };
        assert_eq!(state, [expected]);
        assert_eq!(
            audited(&app, id, "attempts.voided").await + audited(&app, id, "attempts.submitted").await,
            1
        );
    }
    app.drain_jobs().await;
}

async fn a_track_and_a_session_are_not_in_progress_together(backend: Backend) {
    let (app, racers) = with_track(backend).await;
    let published = app.publish_sample(Settings::default()).await;
    for round in 1..=ROUNDS {
        let sitting = Sitting::opted_in(&app, &published, round).await;
        let replies = racers
            .post(&sitting.student, |racer| match racer % 2 {
                0 => start(),
                _ => ("/sessions/start".to_owned(), json!({ "session_id": sitting.id })),
            })
            .await;
        let counted = statuses(&replies, &[200, 201, 409]);
        assert_eq!(counted[&409], RACERS / 2, "{counted:?}");
        let running = "attempts WHERE user_id = $1 AND state = 'in_progress'";
        assert_eq!(app.count(running, &[sitting.student.user().id.0]).await, 1);
    }
}

async fn an_answer_that_is_acknowledged_while_others_submit_is_kept(backend: Backend) {
    let (app, racers) = with_track(backend).await;
    for round in 1..=ROUNDS {
        let student = app.student(round).await;
        let (id, shown) = started(&student).await;
        let essay = question(&shown, ItemKind::Essay);
        let replies = racers
            .post(&student, |racer| match racer {
                25 => (format!("/assessments/{id}/submit"), json!({})),
                _ => (
                    format!("/assessments/{id}/responses"),
                    json!({ "responses": [{ "question_id": essay, "answer": format!("Answer {racer}.") }] }),
                ),
            })
            .await;
        statuses(&replies, &[202, 409]);
        let sequence = |reply: &Reply| reply.json()["saved"][0]["seq"].as_i64();
        let acknowledged = replies
            .iter()
            .filter(|reply| reply.status == 202)
            .filter_map(sequence);
        let latest = acknowledged.max().unwrap_or(0);
        let stored = "responses WHERE attempt_id = $1";
        let kept = app
            .rows
            .texts(
                "SELECT CAST(seq AS TEXT) FROM responses WHERE attempt_id = $1",
                &[id],
            )
            .await;
        assert_eq!(app.count(stored, &[id]).await, i64::from(latest > 0));
        assert!(
            kept.iter().all(|seq| *seq == latest.to_string()),
            "{kept:?} is kept and {latest} was acknowledged last"
        );
    }
    app.drain_jobs().await;
}
