//! Texts that are judged again: by the local scorer, by what people graded since, and by a language model.

use domain::authoring::Settings;
use domain::authoring::item::ItemKind as K;
use providers::{Answer, ScriptedProvider, Wire};
use serde_json::{Value, json};
use testkit::Backend;
use uuid::Uuid;

use crate::llm_scoring::{asking, graded};
use crate::support::{MINUTE, Taking, TestApp, bank, picked};

on_both_databases!(
    a_text_is_judged_again_by_the_changed_reference,
    what_people_have_graded_since_changes_the_scorer,
    a_model_judges_again_and_is_not_paid_twice_for_the_same,
    a_model_that_does_not_answer_takes_nothing_away,
    without_money_nobody_is_asked_again,
    what_was_left_for_a_model_is_not_left_behind_a_regrade_by_one,
);

const ANSWER: &str = "The lock makes the second writer wait until the first has ended.";

/// A student's text, scored.
struct Text {
    taking: Taking,
    question: Uuid,
}

impl Text {
    async fn scored(app: &TestApp) -> Self {
        let only = |kind: K| bank().into_iter().filter(move |item| item.body.kind() == kind);
        let items = only(K::ShortAnswer).chain(only(K::TrueFalse)).collect();
        let settings = Settings {
            review_above_gap: 100.0,
            ..Settings::for_tracks()
        };
        let track = app.publish_track("backend", settings, items).await;
        let taking = Taking::started(app, &track, 1).await;
        let question = track.question(K::ShortAnswer);
        taking.save(&json!(question), json!(ANSWER)).await.is(202);
        taking.submit().await.is(202);
        taking.scored(app).await;
        Self { taking, question }
    }

    /// The question's reference is another one from now on.
    async fn reference_becomes(&self, app: &TestApp, reference: &str) {
        let (admin, path) = (app.admin().await, format!("/questions/{}", self.question));
        let mut body = admin.get(&path).await.is(200)["body"].clone();
        body["reference"] = json!(reference);
        admin.patch(&path, &json!({ "body": body })).await.is(200);
    }

    /// The path of a regrade, whose jobs have run as far as they can at this instant.
    async fn asked(&self, app: &TestApp, policy: &str) -> String {
        let ask = json!({ "item_id": self.question, "policy": policy });
        let asked = app.admin().await.post("/regrades", &ask).await.is(202);
        app.drain_jobs().await;
        format!("/regrades/{}", asked["regrade_id"].as_str().unwrap())
    }

    async fn cancelled(&self, app: &TestApp, path: &str) {
        app.admin()
            .await
            .post(&format!("{path}/cancel"), &json!({}))
            .await
            .is(200);
    }

    async fn applied(&self, app: &TestApp, path: &str) {
        app.admin()
            .await
            .post(&format!("{path}/apply"), &json!({}))
            .await
            .is(202);
        app.drain_jobs().await;
    }

    /// The result's entry of the text.
    async fn item(&self) -> Value {
        let result = self.taking.result().await.is(200);
        let items = result["scores"]["items"].as_array().unwrap();
        let found = items
            .iter()
            .find(|item| item["question_id"] == json!(self.question));
        found.unwrap().clone()
    }
}

/// The only change of a regrade.
async fn change(app: &TestApp, path: &str) -> Value {
    let changes = app.admin().await.get(&format!("{path}/changes")).await.is(200);
    assert_eq!(changes["total"], 1, "{changes}");
    changes["items"][0].clone()
}

async fn a_text_is_judged_again_by_the_changed_reference(backend: Backend) {
    let app = TestApp::start(backend).await;
    let text = Text::scored(&app).await;
    let before = text.item().await;
    assert!(before["points"].as_f64().unwrap() < 5.0, "{before}");
    text.reference_becomes(&app, ANSWER).await;
    let path = text.asked(&app, "never_lower").await;
    let proposed = change(&app, &path).await;
    assert_eq!(
        picked(
            &proposed,
            &["outcome", "effect", "old_points", "new_points", "scorer"]
        ),
        json!(["proposed", "raised", before["points"], 5.0, "local"])
    );
    assert_eq!(text.item().await, before);
    text.applied(&app, &path).await;
    let after = text.item().await;
    assert_eq!(
        picked(&after, &["points", "scorer", "counts_because", "provisional"]),
        json!([
            5.0,
            "local",
            proposed["counts_because"],
            proposed["counts_because"] != "regraded"
        ])
    );
    assert!(after["cause"].as_str().unwrap().starts_with("regrade:"));
    // Jobs of a regrade are none of the attempt's.
    let status = format!("/assessments/{}/status", text.taking.id);
    let jobs = text.taking.student.get(&status).await.is(200)["jobs"].clone();
    let kinds: Vec<&Value> = jobs
        .as_array()
        .unwrap()
        .iter()
        .map(|job| &job["job_type"])
        .collect();
    assert!(!kinds.contains(&&json!("regrade_text")), "{jobs}");
}

async fn what_people_have_graded_since_changes_the_scorer(backend: Backend) {
    let app = TestApp::start(backend).await;
    let text = Text::scored(&app).await;
    let before = text.item().await;
    let path = text.asked(&app, "both_ways").await;
    assert_eq!(change(&app, &path).await["outcome"], "unchanged");
    text.cancelled(&app, &path).await;
    let harsh = [
        "A lock makes the second writer wait for the first writer.",
        "The second writer must wait for the first because of the lock.",
        "With a lock the second writer waits until the first is ready.",
        "The first writer has the lock, so the second has to wait.",
        "It makes a writer wait for the first one.",
    ];
    let exemplars: Value = harsh
        .iter()
        .map(|answer| json!({ "answer": answer, "points": 0 }))
        .collect();
    let questions = format!("/questions/{}/exemplars", text.question);
    app.admin()
        .await
        .post(&questions, &json!({ "exemplars": exemplars }))
        .await
        .is(201);
    let path = text.asked(&app, "never_lower").await;
    assert_eq!(
        picked(&change(&app, &path).await, &["outcome", "effect"]),
        json!(["kept_higher", "lowered"])
    );
    text.cancelled(&app, &path).await;
    let path = text.asked(&app, "both_ways").await;
    text.applied(&app, &path).await;
    let after = text.item().await;
    assert!(
        after["scorer_version"].as_str().unwrap().contains("/cal-5-"),
        "{after}"
    );
    assert!(after["points"].as_f64().unwrap() < before["points"].as_f64().unwrap());
}

async fn a_model_judges_again_and_is_not_paid_twice_for_the_same(backend: Backend) {
    let provider = ScriptedProvider::start(Wire::OpenAi).unwrap();
    provider.by_default(|question| graded(question, 60.0));
    let app = TestApp::configured(backend, asking(&provider)).await;
    let text = Text::scored(&app).await;
    assert_eq!(
        picked(&text.item().await, &["points", "scorer"]),
        json!([3.0, "llm"])
    );
    let asked_before = provider.ledger().len();
    provider.by_default(|question| graded(question, 80.0));
    let path = text.asked(&app, "both_ways").await;
    assert_eq!(change(&app, &path).await["outcome"], "unchanged");
    assert_eq!(provider.ledger().len(), asked_before, "the stored answer is used");
    text.cancelled(&app, &path).await;

    text.reference_becomes(&app, "Whoever comes second waits.").await;
    let path = text.asked(&app, "both_ways").await;
    let proposed = change(&app, &path).await;
    assert_eq!(
        picked(
            &proposed,
            &["outcome", "effect", "old_points", "new_points", "scorer"]
        ),
        json!(["proposed", "raised", 3.0, 4.0, "llm"])
    );
    assert_eq!(provider.ledger().len(), asked_before + 1);
    text.applied(&app, &path).await;
    assert_eq!(
        picked(&text.item().await, &["points", "scorer"]),
        json!([4.0, "llm"])
    );
    let beside = "score_records WHERE scorer = 'local' AND cause LIKE 'regrade:%'";
    assert_eq!(app.count(beside, &[]).await, 1, "the second opinion");
}

async fn a_model_that_does_not_answer_takes_nothing_away(backend: Backend) {
    let provider = ScriptedProvider::start(Wire::OpenAi).unwrap();
    provider.by_default(|question| graded(question, 60.0));
    let app = TestApp::configured(backend, asking(&provider)).await;
    let text = Text::scored(&app).await;
    let before = text.item().await;
    text.reference_becomes(&app, ANSWER).await;
    provider.by_default(|_| Answer::status(503));
    let path = text.asked(&app, "both_ways").await;
    let admin = app.admin().await;
    assert_eq!(admin.get(&path).await.is(200)["state"], "previewing");
    assert_eq!(change(&app, &path).await["outcome"], "judging");
    for _ in 0..5 {
        app.advance(11 * MINUTE);
        app.drain_jobs().await;
    }
    let said = admin.get(&path).await.is(200);
    assert_eq!(
        (&said["state"], &said["answers"]["not_judged"]),
        (&json!("ready"), &json!(1))
    );
    assert_eq!(app.count("jobs WHERE state = 'failed'", &[]).await, 0);
    text.applied(&app, &path).await;
    assert_eq!(text.item().await, before);
}

async fn without_money_nobody_is_asked_again(backend: Backend) {
    let provider = ScriptedProvider::start(Wire::OpenAi).unwrap();
    let ask = asking(&provider);
    let app = TestApp::configured(backend, |config| {
        ask(config);
        config.llm.day_cap_dollars = 0.0;
    })
    .await;
    let text = Text::scored(&app).await;
    text.reference_becomes(&app, ANSWER).await;
    let path = text.asked(&app, "both_ways").await;
    assert_eq!(change(&app, &path).await["outcome"], "not_judged");
    assert_eq!(app.admin().await.get(&path).await.is(200)["state"], "ready");
    assert_eq!(provider.ledger().len(), 0);
}

async fn what_was_left_for_a_model_is_not_left_behind_a_regrade_by_one(backend: Backend) {
    let provider = ScriptedProvider::start(Wire::OpenAi).unwrap();
    provider.by_default(|_| Answer::status(503));
    let app = TestApp::configured(backend, asking(&provider)).await;
    let text = Text::scored(&app).await;
    let reasons = async || text.taking.result().await.is(200)["degraded_reasons"].clone();
    let left = json!(["unanswered", "llm_unavailable"]);
    assert_eq!(reasons().await, left, "the statement has no answer");
    provider.by_default(|question| graded(question, 100.0));
    text.reference_becomes(&app, ANSWER).await;
    let path = text.asked(&app, "never_lower").await;
    assert_eq!(
        picked(&change(&app, &path).await, &["outcome", "scorer"]),
        json!(["proposed", "llm"])
    );
    assert_eq!(reasons().await, left, "nothing counts yet");
    text.applied(&app, &path).await;
    assert_eq!(reasons().await, json!(["unanswered"]));
    let asked = provider.ledger().len();
    app.advance(10 * MINUTE);
    app.tick().await;
    assert_eq!(
        provider.ledger().len(),
        asked,
        "it is not judged by the old reference"
    );
    assert_eq!(
        picked(&text.item().await, &["points", "scorer"]),
        json!([5.0, "llm"])
    );
}
