//! Fifty requests with one `Idempotency-Key`: one effect, one reply.

use domain::authoring::Settings;
use serde_json::json;
use testkit::Backend;

use super::races::{RACERS, Racers, statuses};
use super::support::{Reply, Sitting, TestApp};

on_both_databases!(
    one_key_has_one_effect,
    the_same_generation_asked_for_at_once_is_one_job,
);

async fn one_key_has_one_effect(backend: Backend) {
    let app = TestApp::with_connections(backend, 20).await;
    let racers = Racers::open(&app).await;
    let published = app.publish_sample(Settings::default()).await;
    for round in 1..=3 {
        let sitting = Sitting::started(&app, &published, round).await;
        let (path, body) = (
            sitting.path("submit-section"),
            sitting.section_body(0, &json!({})),
        );
        let replies = racers
            .send(|_, http| {
                let request = sitting.student.over(http).request(reqwest::Method::POST, &path);
                request
                    .header("idempotency-key", format!("round-{round}"))
                    .json(&body)
            })
            .await;
        // 409: the first one is still running.
        let counted = statuses(&replies, &[200, 409]);
        let done = |reply: &&Reply| reply.status == 200 && reply.header("idempotency-replayed").is_none();
        assert_eq!(replies.iter().filter(done).count(), 1, "{counted:?}");
        let texts: Vec<&str> = replies
            .iter()
            .filter(|reply| reply.status == 200)
            .map(|reply| reply.text.as_str())
            .collect();
        assert!(texts.iter().all(|text| *text == texts[0]), "{texts:?}");
        assert_eq!(sitting.rows(&app, "section_submissions").await, 1);
        assert_eq!(sitting.audited(&app, "attempts.section_submitted").await, 1);
    }
    assert_eq!(app.count("idempotency_keys", &[]).await, 3);
}

async fn the_same_generation_asked_for_at_once_is_one_job(backend: Backend) {
    let app = TestApp::with_connections(backend, 20).await;
    app.may_leave_jobs();
    let racers = Racers::open(&app).await;
    let admin = app.admin().await;
    let text = "Transactions\n\nA transaction is a group of statements that takes effect as a whole or not at all.\n";
    let part = reqwest::multipart::Part::text(text).file_name("transactions.txt");
    let form = reqwest::multipart::Form::new().part("files[]", part);
    Reply::to(
        admin
            .request(reqwest::Method::POST, "/admin/syllabus/upload")
            .multipart(form),
    )
    .await
    .is(201);
    let replies = racers
        .post(&admin, |_| ("/assessments/generate".to_owned(), json!({})))
        .await;
    assert_eq!(statuses(&replies, &[202])[&202], RACERS);
    let bodies: Vec<_> = replies.iter().map(Reply::json).collect();
    assert!(
        bodies.iter().all(|body| body["job_id"] == bodies[0]["job_id"]),
        "{bodies:?}"
    );
    assert_eq!(
        bodies.iter().filter(|body| body["deduplicated"] == false).count(),
        1
    );
    assert_eq!(app.count("jobs", &[]).await, 1);
}
