//! Verdicts that are not taken, and queues of others.

use domain::authoring::Settings;
use domain::authoring::item::ItemKind as K;
use domain::identity::Role;
use serde_json::{Value, json};
use testkit::Backend;

use super::{REASON, all_criteria, override_of, path, record, unsure, waiting};
use crate::support::{Sitting, TestApp};

on_both_databases!(
    what_is_wrong_with_a_criterion_is_named_by_its_place,
    what_does_not_go_together_is_refused,
    points_are_for_questions_without_criteria,
    whoever_saw_another_record_looks_again,
    a_voided_attempt_is_not_judged,
    nothing_is_judged_before_machines_have_ended,
    what_nobody_could_judge_is_not_confirmed,
    an_advisor_of_another_cohort_finds_nothing_to_judge,
);

async fn what_is_wrong_with_a_criterion_is_named_by_its_place(backend: Backend) {
    let app = TestApp::start(backend).await;
    let sitting = unsure(&app, 1).await;
    let admin = app.admin().await;
    let entry = waiting(&admin, &sitting, K::Essay).await;
    let cases = [
        ("score", json!(101), vec!["/criteria/1/score"]),
        ("score", json!(-0.1), vec!["/criteria/1/score"]),
        ("level", json!("Proficient"), vec!["/criteria/1/level"]),
        (
            "criterion",
            json!("charm"),
            vec!["/criteria/1/criterion", "/criteria"],
        ),
        (
            "criterion",
            json!("relevance"),
            vec!["/criteria/1/criterion", "/criteria"],
        ),
        ("rationale", json!(" "), vec!["/criteria/1/rationale"]),
    ];
    for (member, value, pointers) in cases {
        let mut body = override_of(&entry, 50.0);
        body["criteria"][1][member] = value;
        assert_eq!(
            admin.post(&path(&entry), &body).await.pointers(),
            pointers,
            "{body}"
        );
    }
    let mut few = override_of(&entry, 50.0);
    few["criteria"] = json!([few["criteria"][0]]);
    assert_eq!(admin.post(&path(&entry), &few).await.pointers(), ["/criteria"; 4]);
    assert_eq!(app.count("review_decisions", &[]).await, 0);
}

async fn what_does_not_go_together_is_refused(backend: Backend) {
    let app = TestApp::start(backend).await;
    let sitting = unsure(&app, 1).await;
    let admin = app.admin().await;
    let entry = waiting(&admin, &sitting, K::Essay).await;
    let seen = &entry["review_id"];
    let given = |decision: &str, more: Value| {
        let mut body = json!({ "decision": decision, "seen": seen });
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        body
    };
    let criteria = all_criteria(1.0);
    let cases = [
        (
            given("override", json!({ "reason": "x", "points": 1 })),
            vec!["/points"],
        ),
        (given("override", json!({ "reason": "x" })), vec!["/criteria"]),
        (
            given("override", json!({ "criteria": criteria })),
            vec!["/reason"],
        ),
        (
            given(
                "override",
                json!({ "reason": "x", "criteria": criteria, "points": 1, "off_topic": true }),
            ),
            vec!["/points", "/off_topic"],
        ),
        (
            given(
                "override",
                json!({ "reason": "x", "criteria": criteria, "counts": seen }),
            ),
            vec!["/counts"],
        ),
        (
            given("confirm", json!({ "reason": "x", "points": 1 })),
            vec!["/reason", "/points"],
        ),
        (given("confirm", json!({ "counts": sitting.id })), vec!["/counts"]),
        (given("doubt", json!({})), vec!["/decision"]),
    ];
    for (body, pointers) in cases {
        assert_eq!(
            admin.post(&path(&entry), &body).await.pointers(),
            pointers,
            "{body}"
        );
    }
    assert_eq!(app.count("review_decisions", &[]).await, 0);
}

async fn points_are_for_questions_without_criteria(backend: Backend) {
    let app = TestApp::start(backend).await;
    let sitting = unsure(&app, 1).await;
    let admin = app.admin().await;
    let seen = record(&app, &sitting, K::Numeric).await;
    let path = format!("/reviews/{seen}");
    let verdict = |more: (&str, Value)| {
        let mut body = json!({ "decision": "override", "seen": seen, "reason": REASON });
        body[more.0] = more.1;
        body
    };
    let marks = sitting.published.item(K::Numeric).unwrap().content.marks.as_f64();
    for points in [-0.01, marks + 0.01] {
        let refused = admin.post(&path, &verdict(("points", json!(points)))).await;
        assert_eq!(refused.pointers(), ["/points"]);
    }
    let refused = admin.post(&path, &verdict(("criteria", all_criteria(1.0)))).await;
    assert_eq!(refused.pointers(), ["/criteria"]);
    let decided = admin.post(&path, &verdict(("points", json!(0.5)))).await.is(201);
    assert_eq!(
        (&decided["points"], &decided["calibrates"]),
        (&json!(0.5), &json!(false))
    );
}

async fn whoever_saw_another_record_looks_again(backend: Backend) {
    let app = TestApp::start(backend).await;
    let sitting = unsure(&app, 1).await;
    let admin = app.admin().await;
    let entry = waiting(&admin, &sitting, K::Essay).await;
    let first = admin
        .post(&path(&entry), &override_of(&entry, 80.0))
        .await
        .is(201);
    let refused = admin
        .post(&path(&entry), &override_of(&entry, 10.0))
        .await
        .is(409);
    assert_eq!(
        (&refused["type"], &refused["counts"]),
        (&json!("/problems#review-changed"), &first["score_record_id"])
    );
}

async fn a_voided_attempt_is_not_judged(backend: Backend) {
    let app = TestApp::start(backend).await;
    let sitting = unsure(&app, 1).await;
    let admin = app.admin().await;
    let entry = waiting(&admin, &sitting, K::Essay).await;
    let void = format!("/assessments/{}/void", sitting.id);
    admin.post(&void, &json!({})).await.is(200);
    let refused = admin
        .post(&path(&entry), &override_of(&entry, 80.0))
        .await
        .is(409);
    assert_eq!(refused["type"], "/problems#attempt-voided");
    // What there was can still be read.
    admin.get(&path(&entry)).await.is(200);
}

async fn nothing_is_judged_before_machines_have_ended(backend: Backend) {
    let app = TestApp::start(backend).await;
    app.may_leave_jobs();
    let published = app.publish_sample(Settings::default()).await;
    let sitting = Sitting::started(&app, &published, 1).await;
    sitting.answer_and_complete().await;
    let seen = record(&app, &sitting, K::Numeric).await;
    let admin = app.admin().await;
    let confirm = json!({ "decision": "confirm", "seen": seen });
    let refused = admin.post(&format!("/reviews/{seen}"), &confirm).await.is(409);
    assert_eq!(refused["type"], "/problems#not-scored");
}

async fn what_nobody_could_judge_is_not_confirmed(backend: Backend) {
    let app = TestApp::start(backend).await;
    let published = app.publish_sample(Settings::default()).await;
    let sitting = Sitting::started(&app, &published, 1).await;
    sitting.answer_and_complete().await;
    let admin = app.admin().await;
    let graders = admin.get("/jobs?job_type=score_text").await.is(200);
    for grader in graders["items"].as_array().unwrap() {
        let path = format!("/jobs/{}/cancel", grader["job_id"].as_str().unwrap());
        admin.post(&path, &json!({})).await.is(200);
    }
    app.drain_jobs().await;
    let entry = waiting(&admin, &sitting, K::Essay).await;
    assert_eq!(
        (&entry["counts_because"], &entry["confidence"]),
        (&json!("grader_failed"), &Value::Null)
    );
    let confirm = json!({ "decision": "confirm", "seen": entry["review_id"] });
    assert_eq!(
        admin.post(&path(&entry), &confirm).await.pointers(),
        ["/decision"]
    );
    let ungraded = |result: &Value| result["scores"]["ungraded"].clone();
    assert_eq!(ungraded(&sitting.result().await.is(200)), 2);
    admin
        .post(&path(&entry), &override_of(&entry, 80.0))
        .await
        .is(201);
    assert_eq!(ungraded(&sitting.result().await.is(200)), 1);
}

async fn an_advisor_of_another_cohort_finds_nothing_to_judge(backend: Backend) {
    let app = TestApp::start(backend).await;
    let sitting = unsure(&app, 1).await;
    let admin = app.admin().await;
    let entry = waiting(&admin, &sitting, K::Essay).await;
    let advisor = app.client(Role::Advisor, 1).await;
    let everyone = format!("/cohorts/{}", domain::identity::EVERYONE);
    let leave = json!({ "remove_members": [advisor.user().id] });
    admin.patch(&everyone, &leave).await.is(200);
    assert_eq!(advisor.get("/reviews").await.is(200)["total"], 0);
    advisor.get(&path(&entry)).await.is(404);
    advisor
        .post(&path(&entry), &override_of(&entry, 80.0))
        .await
        .is(404);
    assert_eq!(app.count("review_decisions", &[]).await, 0);
}
