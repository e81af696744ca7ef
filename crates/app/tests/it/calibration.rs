//! Graded answers change how later answers to the same question are scored, and only those.

use domain::authoring::Settings;
use domain::authoring::item::ItemKind as K;
use serde_json::{Value, json};
use testkit::Backend;

use super::support::{Taking, TestApp, TestTrack, bank};

on_both_databases!(graded_answers_teach_the_scorer);

const ANSWER: &str = "The lock makes the second writer wait until the first has ended.";

/// The scored short answer of a student who answered nothing else.
async fn short_answer(app: &TestApp, track: &TestTrack, student: u32) -> Value {
    let taking = Taking::started(app, track, student).await;
    let question = taking.shown(K::ShortAnswer)[0]["question_id"].clone();
    taking.save(&question, json!(ANSWER)).await.is(202);
    taking.submit().await.is(202);
    let result = taking.scored(app).await;
    let items = result["scores"]["items"].as_array().unwrap();
    items
        .iter()
        .find(|item| item["question_id"] == question)
        .unwrap()
        .clone()
}

async fn graded_answers_teach_the_scorer(backend: Backend) {
    let app = TestApp::start(backend).await;
    let only = |kind: K| bank().into_iter().filter(move |item| item.body.kind() == kind);
    let items = only(K::ShortAnswer).chain(only(K::TrueFalse)).collect();
    let track = app.publish_track("backend", Settings::for_tracks(), items).await;
    let before = short_answer(&app, &track, 1).await;
    let plain = before["scorer_version"].as_str().unwrap();
    assert!(plain.starts_with("local-") && !plain.contains("/cal-"), "{plain}");

    let harsh = [
        "A lock makes the second writer wait for the first writer.",
        "The second writer must wait for the first because of the lock.",
        "With a lock the second writer waits until the first is ready.",
        "The first writer has the lock, so the second has to wait.",
        "It makes a writer wait for the first one.",
    ];
    let graded: Value = harsh
        .iter()
        .map(|answer| json!({ "answer": answer, "points": 0 }))
        .collect();
    let path = format!("/questions/{}/exemplars", track.question(K::ShortAnswer));
    let admin = app.admin().await;
    let added = admin.post(&path, &json!({ "exemplars": graded })).await.is(201);
    assert_eq!(added["added"], 5);

    let after = short_answer(&app, &track, 2).await;
    let version = after["scorer_version"].as_str().unwrap();
    assert!(version.starts_with(&format!("{plain}/cal-5-")), "{version}");
    let points = |item: &Value| item["points"].as_f64().unwrap();
    assert!(points(&after) < points(&before) - 0.5, "{after} {before}");
    assert_eq!(
        app.count("score_records WHERE scorer_version = 'local-3'", &[])
            .await,
        1,
        "what was scored before stays"
    );
    let again = short_answer(&app, &track, 3).await;
    assert_eq!(
        (&again["points"], &again["scorer_version"], &again["confidence"]),
        (&after["points"], &after["scorer_version"], &after["confidence"])
    );
}
