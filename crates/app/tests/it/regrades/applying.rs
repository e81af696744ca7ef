//! What applying changes: once, whoever asks how often, and nothing that somebody else has said meanwhile.

use domain::identity::Role;
use domain::store::Ctx;
use serde_json::{Value, json};
use testkit::Backend;
use uuid::Uuid;

use super::scene::Scene;
use crate::support::{Client, Reply, TestApp, picked};

on_both_databases!(
    what_is_applied_counts_and_the_result_says_why,
    what_a_person_has_said_stays,
    an_override_at_the_same_moment_stands,
    of_two_who_apply_one_does,
    a_late_grader_does_not_replace_what_a_regrade_has_found,
    what_a_regrade_has_found_can_be_judged_and_scored_again,
    a_held_result_is_changed_and_shown_when_it_is_released,
);

/// The record that counts for the choice of an attempt.
async fn counting(app: &TestApp, attempt: Uuid) -> Uuid {
    let result = app
        .admin()
        .await
        .get(&format!("/assessments/{attempt}/result"))
        .await
        .is(200);
    serde_json::from_value(result["scores"]["items"][0]["score_record_id"].clone()).unwrap()
}

/// A person gives the choice of an attempt these points.
async fn overridden(app: &TestApp, client: &Client, attempt: Uuid, points: f64) -> Reply {
    let seen = counting(app, attempt).await;
    let body = json!({ "decision": "override", "seen": seen, "reason": "as agreed", "points": points });
    client.post(&format!("/reviews/{seen}"), &body).await
}

async fn what_is_applied_counts_and_the_result_says_why(backend: Backend) {
    let app = TestApp::start(backend).await;
    let scene = Scene::with(&app, json!({ "show_keys_after_release": true })).await;
    let old = counting(&app, scene.taken[1].id).await;
    scene.key_becomes(&app, "b").await;
    let path = scene.previewed(&app, "both_ways").await;
    scene.applied(&app, &path).await;

    assert_eq!(scene.percents(&app).await, [0.0, 100.0, 40.0]);
    let regrade = path.rsplit('/').next().unwrap();
    let cause = format!("regrade:{regrade}");
    let taken = &scene.taken[1];
    let own = taken
        .student
        .get(&format!("/assessments/{}/result", taken.id))
        .await
        .is(200);
    let item = &own["scores"]["items"][0];
    let shown = [
        "points",
        "scorer",
        "counts_because",
        "provisional",
        "cause",
        "key",
    ];
    assert_eq!(
        picked(item, &shown),
        json!([6.0, "rule", "regraded", false, cause, "b"])
    );
    // Nothing is overwritten: both records are there, and the change names both.
    let changes = scene
        .changes(
            &app,
            &path,
            &["outcome", "old_score_record_id", "score_record_id"],
        )
        .await;
    assert_eq!(changes[1], json!(["applied", old, item["score_record_id"]]));
    let review = app.admin().await.get(&format!("/reviews/{old}")).await.is(200);
    let records = review["score_records"].as_array().unwrap();
    let causes: Vec<&Value> = records.iter().map(|record| &record["cause"]).collect();
    assert_eq!(causes, [&json!("initial"), &json!(cause)]);
    assert_eq!(review["counts_because"], "regraded");
    // Whoever had the same points before is shown the new key, too.
    let third = scene.results(&app).await[2]["scores"]["items"][0].clone();
    assert_eq!(picked(&third, &["cause", "key"]), json!(["initial", "b"]));
    for (action, times) in [
        ("requested", 1),
        ("previewed", 1),
        ("apply_requested", 1),
        ("applied", 1),
    ] {
        let rows = format!("audit_log WHERE resource_type = 'regrade' AND action = 'regrades.{action}'");
        assert_eq!(app.count(&rows, &[]).await, times, "{action}");
    }
    let rows = "audit_log WHERE action = 'regrades.changed' AND resource_id = $1";
    assert_eq!(app.count(rows, &[taken.id]).await, 1);
    // What is proposed is kept no longer than it is needed.
    assert_eq!(
        app.count("regrade_changes WHERE verdict IS NOT NULL", &[]).await,
        0
    );
}

async fn what_a_person_has_said_stays(backend: Backend) {
    let app = TestApp::start(backend).await;
    let scene = Scene::new(&app).await;
    let advisor = app.client(Role::Advisor, 1).await;
    overridden(&app, &advisor, scene.taken[0].id, 5.0).await.is(201);
    scene.key_becomes(&app, "b").await;
    let path = scene.previewed(&app, "both_ways").await;
    // After the preview, too.
    overridden(&app, &advisor, scene.taken[1].id, 1.0).await.is(201);
    scene.applied(&app, &path).await;
    assert_eq!(scene.percents(&app).await, [50.0, 50.0, 40.0]);
    assert_eq!(
        scene.changes(&app, &path, &["outcome", "score_record_id"]).await,
        [
            json!(["kept_by_person", null]),
            json!(["superseded", null]),
            json!(["unchanged", null])
        ]
    );
    let said = app.admin().await.get(&path).await.is(200);
    assert_eq!(
        picked(&said["answers"], &["kept_by_person", "superseded", "applied"]),
        json!([1, 1, 0])
    );
    assert_eq!(
        app.count("score_records WHERE cause LIKE 'regrade:%'", &[]).await,
        0
    );
}

async fn an_override_at_the_same_moment_stands(backend: Backend) {
    let app = TestApp::start(backend).await;
    let scene = Scene::new(&app).await;
    scene.key_becomes(&app, "b").await;
    let path = scene.previewed(&app, "both_ways").await;
    let advisor = app.client(Role::Advisor, 1).await;
    app.admin()
        .await
        .post(&format!("{path}/apply"), &json!({}))
        .await
        .is(202);
    let attempt = scene.taken[1].id;
    let (_, reply) = tokio::join!(app.drain_jobs(), overridden(&app, &advisor, attempt, 1.0));
    app.drain_jobs().await;
    // Whichever came first: a person's verdict stands, or is told what counts and is given again.
    if reply.status == 409 {
        assert_eq!(reply.is(409)["type"], "/problems#review-changed");
        overridden(&app, &advisor, attempt, 1.0).await.is(201);
    } else {
        reply.is(201);
    }
    assert_eq!(scene.percents(&app).await, [0.0, 50.0, 40.0]);
    assert_eq!(app.admin().await.get(&path).await.is(200)["state"], "applied");
}

async fn of_two_who_apply_one_does(backend: Backend) {
    let app = TestApp::start(backend).await;
    let scene = Scene::new(&app).await;
    scene.key_becomes(&app, "b").await;
    let path = scene.previewed(&app, "both_ways").await;
    let (one, other) = (app.admin().await, app.client(Role::Admin, 2).await);
    let (apply, nothing) = (format!("{path}/apply"), json!({}));
    let (first, second) = tokio::join!(one.post(&apply, &nothing), other.post(&apply, &nothing));
    let mut statuses = [first.status, second.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [202, 409], "{} {}", first.text, second.text);
    let refused = if first.status == 409 { first } else { second };
    assert_eq!(
        picked(&refused.is(409), &["type", "from_state", "event"]),
        json!(["/problems#regrade-step", "applying", "apply"])
    );
    app.drain_jobs().await;
    let refused = one.post(&apply, &nothing).await.is(409);
    assert_eq!(refused["from_state"], "applied");
    assert_eq!(
        app.count("score_records WHERE cause LIKE 'regrade:%'", &[]).await,
        2
    );
    assert_eq!(scene.percents(&app).await, [0.0, 100.0, 40.0]);
}

async fn a_late_grader_does_not_replace_what_a_regrade_has_found(backend: Backend) {
    let app = TestApp::start(backend).await;
    let scene = Scene::new(&app).await;
    let attempt = scene.taken[1].id;
    let old = counting(&app, attempt).await;
    scene.key_becomes(&app, "b").await;
    let path = scene.previewed(&app, "both_ways").await;
    scene.applied(&app, &path).await;
    let before = counting(&app, attempt).await;
    let record = app
        .state
        .store
        .review(domain::ids::ScoreRecordId(old), domain::attempts::Viewer::Admin)
        .await;
    let review = record.unwrap().unwrap();
    let first = review.records[0].record.clone();
    app.run(LateGrader(first)).await;
    assert_eq!(counting(&app, attempt).await, before);
    assert_eq!(app.count("score_records WHERE cause = 'rescore:1'", &[]).await, 1);
}

/// Says once more what it said by the old key.
struct LateGrader(domain::scoring::ScoreRecord);

#[async_trait::async_trait]
impl domain::store::UseCase for LateGrader {
    const NAME: &'static str = "test.late_grader";
    type Out = ();
    type Err = domain::store::StoreError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn domain::store::Tx) -> Result<(), Self::Err> {
        let subject = domain::scoring::Subject {
            attempt_id: self.0.attempt_id,
            item_version_id: self.0.item_version_id,
            cause: "rescore:1".to_owned(),
            job_id: None,
        };
        domain::scoring::record_verdict(ctx, tx, &subject, self.0.verdict.clone(), 0.0).await
    }
}

async fn what_a_regrade_has_found_can_be_judged_and_scored_again(backend: Backend) {
    let app = TestApp::start(backend).await;
    let scene = Scene::new(&app).await;
    scene.key_becomes(&app, "b").await;
    let path = scene.previewed(&app, "both_ways").await;
    scene.applied(&app, &path).await;
    scene.key_becomes(&app, "c").await;
    let path = scene.previewed(&app, "both_ways").await;
    scene.applied(&app, &path).await;
    assert_eq!(scene.percents(&app).await, [0.0, 40.0, 100.0]);
    let advisor = app.client(Role::Advisor, 1).await;
    overridden(&app, &advisor, scene.taken[0].id, 6.0).await.is(201);
    assert_eq!(scene.percents(&app).await, [60.0, 40.0, 100.0]);
}

async fn a_held_result_is_changed_and_shown_when_it_is_released(backend: Backend) {
    let app = TestApp::start(backend).await;
    let scene = Scene::with(&app, json!({ "hold_results": true })).await;
    scene.key_becomes(&app, "b").await;
    let path = scene.previewed(&app, "both_ways").await;
    scene.applied(&app, &path).await;
    let taken = &scene.taken[1];
    let result = format!("/assessments/{}/result", taken.id);
    assert_eq!(taken.student.get(&result).await.is(202)["status"], "held");
    let release = format!("/assessments/{}/release", taken.id);
    app.admin().await.post(&release, &json!({})).await.is(200);
    let shown = taken.student.get(&result).await.is(200);
    assert_eq!(
        picked(&shown["scores"], &["percent", "passed"]),
        json!([100.0, true])
    );
}
