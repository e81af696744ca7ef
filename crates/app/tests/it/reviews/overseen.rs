//! Fails that only machines gave: who has to look, and what is final afterwards.

use std::sync::atomic::Ordering;

use domain::authoring::Settings;
use domain::authoring::item::ItemContent;
use domain::authoring::sample_answers::{answer_key, wrong_answer};
use domain::identity::Role;
use serde_json::{Value, json};
use testkit::Backend;

use super::path;
use crate::llm_scoring::{asking, away_at_first};
use crate::regrades::scene::Scene;
use crate::support::{SECOND, Sitting, TestApp, picked};

on_both_databases!(
    a_fail_of_machines_waits_for_a_person_and_is_final_after_one,
    only_overseen_fails_wait,
    a_model_that_is_there_again_passes_whom_the_local_scorer_failed,
    a_verdict_of_a_person_may_pass_the_candidate,
    a_regrade_queues_whom_it_fails_and_releases_whom_it_passes,
);

/// Scored by machines that are believed whatever they say.
async fn scored(
    app: &TestApp,
    student: u32,
    (human_oversight, answer): (bool, fn(&ItemContent) -> Value),
) -> Sitting {
    let settings = Settings {
        human_oversight,
        review_below_confidence: 0.0,
        ..Settings::default()
    };
    let published = app.publish_sample(settings).await;
    let sitting = Sitting::started(app, &published, student).await;
    sitting.submit_all_sections(answer).await;
    sitting.complete().await.is(202);
    app.drain_jobs().await;
    sitting
}

/// Whether the candidate passes, and whether that may change.
async fn standing(sitting: &Sitting) -> (Value, Value) {
    let result = sitting.result().await.is(200);
    (result["scores"]["passed"].clone(), result["provisional"].clone())
}

async fn a_fail_of_machines_waits_for_a_person_and_is_final_after_one(backend: Backend) {
    let app = TestApp::start(backend).await;
    let sitting = scored(&app, 1, (true, wrong_answer)).await;
    assert_eq!(standing(&sitting).await, (json!(false), json!(true)));

    let advisor = app.client(Role::Advisor, 1).await;
    let queue = advisor.get("/reviews?reason=fail_awaits_person").await.is(200);
    assert_eq!(queue["total"], 1, "{queue}");
    let entry = &queue["items"][0];
    assert_eq!(
        picked(
            entry,
            &["assessment_id", "provisional", "fail_awaits_person", "inquiry_id"]
        ),
        json!([sitting.id, false, true, null])
    );
    assert!(entry["since"].is_string());
    let review = advisor.get(&path(entry)).await.is(200);
    assert_eq!(review["fail_awaits_person"], true);
    let confirm = json!({ "decision": "confirm", "seen": entry["review_id"] });
    advisor.post(&path(entry), &confirm).await.is(201);

    assert_eq!(standing(&sitting).await, (json!(false), json!(false)));
    assert_eq!(advisor.get("/reviews").await.is(200)["total"], 0);
    assert_eq!(
        advisor.get(&path(entry)).await.is(200)["fail_awaits_person"],
        false
    );
}

async fn only_overseen_fails_wait(backend: Backend) {
    let app = TestApp::start(backend).await;
    let admin = app.admin().await;
    for (student, (overseen, passed)) in (1..).zip([(true, true), (false, false)]) {
        let answer = if passed { answer_key } else { wrong_answer };
        let sitting = scored(&app, student, (overseen, answer)).await;
        assert_eq!(standing(&sitting).await, (json!(passed), json!(false)));
        assert_eq!(admin.get("/reviews").await.is(200)["total"], 0);
    }
}

async fn a_model_that_is_there_again_passes_whom_the_local_scorer_failed(backend: Backend) {
    let (provider, well) = away_at_first(100.0);
    let app = TestApp::configured(backend, asking(&provider)).await;
    let settings = Settings {
        human_oversight: true,
        pass_percent: 30.0,
        ..Settings::default()
    };
    let published = app.publish_sample(settings).await;
    let sitting = Sitting::started(&app, &published, 1).await;
    sitting.submit_all_sections(wrong_answer).await;
    sitting.complete().await.is(202);
    app.drain_jobs().await;
    let admin = app.admin().await;
    let waiting = async || admin.get("/reviews?reason=fail_awaits_person").await.is(200)["total"].clone();
    assert_eq!(
        (standing(&sitting).await.0, waiting().await),
        (json!(false), json!(1))
    );

    well.store(true, Ordering::SeqCst);
    for _ in 0..6 {
        app.advance(40 * SECOND);
        app.tick().await;
    }
    assert_eq!(
        (standing(&sitting).await.0, waiting().await),
        (json!(true), json!(0))
    );
}

async fn a_verdict_of_a_person_may_pass_the_candidate(backend: Backend) {
    let app = TestApp::start(backend).await;
    let scene = Scene::with(&app, json!({ "human_oversight": true })).await;
    let advisor = app.client(Role::Advisor, 1).await;
    let queue = advisor.get("/reviews?reason=fail_awaits_person").await.is(200);
    assert_eq!(queue["total"], 2, "{queue}");
    let entry = &queue["items"][0];
    // Rules are sure of everything: the choice has lost most.
    assert_eq!(entry["question_id"], json!(scene.choice));
    let seen = &entry["review_id"];
    let passes = json!({ "decision": "override", "seen": seen, "reason": "as agreed", "points": 6.0 });
    advisor.post(&path(entry), &passes).await.is(201);
    let queue = advisor.get("/reviews").await.is(200);
    assert_eq!(queue["total"], 1, "{queue}");
    assert_ne!(queue["items"][0]["assessment_id"], entry["assessment_id"]);
    let result = format!("/assessments/{}/result", entry["assessment_id"].as_str().unwrap());
    let result = advisor.get(&result).await.is(200);
    assert_eq!(
        (&result["scores"]["passed"], &result["provisional"]),
        (&json!(true), &json!(false))
    );
}

async fn a_regrade_queues_whom_it_fails_and_releases_whom_it_passes(backend: Backend) {
    let app = TestApp::start(backend).await;
    let scene = Scene::with(&app, json!({ "human_oversight": true })).await;
    let admin = app.admin().await;
    let waiting = async || -> Vec<bool> {
        let queue = admin.get("/reviews?reason=fail_awaits_person").await.is(200);
        let waits = |id| {
            let entries = queue["items"].as_array().unwrap();
            entries.iter().any(|entry| entry["assessment_id"] == json!(id))
        };
        scene.taken.iter().map(|taken| waits(taken.id)).collect()
    };
    assert_eq!(waiting().await, [false, true, true]);
    scene.key_becomes(&app, "b").await;
    let regrade = scene.previewed(&app, "both_ways").await;
    assert_eq!(waiting().await, [false, true, true], "nothing counts yet");
    scene.applied(&app, &regrade).await;
    assert_eq!(waiting().await, [true, false, true]);
}
