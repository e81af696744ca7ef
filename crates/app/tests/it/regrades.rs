//! Answers scored again after a key has changed: what the preview says, what applying changes, and what it leaves alone.

mod applying;
mod refused;
pub(crate) mod scene;
mod texts;

use domain::identity::Role;
use serde_json::{Value, json};
use testkit::Backend;

use super::support::{TestApp, picked};
use scene::{Scene, choice};

on_both_databases!(
    a_preview_says_what_would_change_and_changes_nothing,
    points_that_would_fall_stay_where_that_is_asked_for,
    whoever_saw_another_question_is_left_alone,
    a_whole_assessment_is_scored_again,
    what_does_not_count_is_not_scored_again,
    an_edit_that_nobody_has_accepted_is_no_key,
    more_attempts_than_one_job_looks_at,
);

/// What a list of changes says of one attempt: `(outcome, effect, old and new points, old and new percent, passed, passes)`.
const SAID: [&str; 8] = [
    "outcome",
    "effect",
    "old_points",
    "new_points",
    "old_percent",
    "new_percent",
    "passed_before",
    "passes_after",
];

async fn a_preview_says_what_would_change_and_changes_nothing(backend: Backend) {
    let app = TestApp::start(backend).await;
    let scene = Scene::new(&app).await;
    let before = scene.results(&app).await;
    scene.key_becomes(&app, "b").await;

    let asked = scene.ask(&app, "both_ways").await.is(202);
    assert_eq!(
        picked(
            &asked,
            &["item_id", "assessment_definition_id", "policy", "state"]
        ),
        json!([scene.choice, null, "both_ways", "previewing"])
    );
    let path = format!("/regrades/{}", asked["regrade_id"].as_str().unwrap());
    let admin = app.admin().await;
    let pending = admin.get(&path).await;
    assert_eq!(pending.is(200)["state"], "previewing");
    assert_eq!(pending.header("retry-after"), Some("1"));
    app.drain_jobs().await;

    let ready = admin.get(&path).await;
    assert_eq!(ready.header("retry-after"), None);
    let said = ready.is(200);
    assert_eq!(
        picked(&said, &["state", "attempts", "now_pass", "now_fail"]),
        json!(["ready", 3, 1, 1])
    );
    let counted = ["raised", "lowered", "graded", "unchanged", "judging", "applied"];
    assert_eq!(picked(&said["answers"], &counted), json!([1, 1, 0, 1, 0, 0]));
    assert_eq!(
        scene.changes(&app, &path, &SAID).await,
        [
            json!(["proposed", "lowered", 6.0, 0.0, 60.0, 0.0, true, false]),
            json!(["proposed", "raised", 0.0, 6.0, 40.0, 100.0, false, true]),
            json!(["unchanged", "none", 0.0, 0.0, 40.0, 40.0, false, false]),
        ]
    );
    let versions = [
        "version",
        "key_version",
        "scorer",
        "counts_because",
        "score_record_id",
    ];
    assert_eq!(
        scene.changes(&app, &path, &versions).await[0],
        json!([1, 2, "rule", "regraded", null])
    );
    assert_eq!(scene.results(&app).await, before, "nothing counts yet");
    assert_eq!(
        app.count("score_records WHERE cause LIKE 'regrade:%'", &[]).await,
        0
    );
    let proposed = admin
        .get(&format!("{path}/changes?outcome=proposed"))
        .await
        .is(200);
    assert_eq!(proposed["total"], 2);
    let listed = admin.get("/regrades").await.is(200);
    assert_eq!(listed["items"], json!([said]));
}

async fn points_that_would_fall_stay_where_that_is_asked_for(backend: Backend) {
    let app = TestApp::start(backend).await;
    let scene = Scene::new(&app).await;
    scene.key_becomes(&app, "b").await;
    let path = scene.previewed(&app, "never_lower").await;
    assert_eq!(
        scene.changes(&app, &path, &SAID).await[0],
        json!(["kept_higher", "lowered", 6.0, 0.0, 60.0, 60.0, true, true])
    );
    let said = app.admin().await.get(&path).await.is(200);
    assert_eq!(
        picked(&said["answers"], &["raised", "lowered", "kept_higher"]),
        json!([1, 0, 1])
    );
    assert_eq!(picked(&said, &["now_pass", "now_fail"]), json!([1, 0]));
    scene.applied(&app, &path).await;
    assert_eq!(scene.percents(&app).await, [60.0, 100.0, 40.0]);
}

async fn whoever_saw_another_question_is_left_alone(backend: Backend) {
    let app = TestApp::start(backend).await;
    let scene = Scene::new(&app).await;
    let mut reworded = choice("b");
    reworded["options"][2]["text"] = json!("None of these");
    scene
        .change(&app, scene.choice, &json!({ "body": reworded }))
        .await;
    let path = scene.previewed(&app, "both_ways").await;
    let left_alone = json!(["not_comparable", "none", null]);
    assert_eq!(
        scene
            .changes(&app, &path, &["outcome", "effect", "new_points"])
            .await,
        vec![left_alone; 3]
    );
    scene.applied(&app, &path).await;
    assert_eq!(scene.percents(&app).await, [60.0, 40.0, 40.0]);
}

async fn a_whole_assessment_is_scored_again(backend: Backend) {
    let app = TestApp::start(backend).await;
    let scene = Scene::new(&app).await;
    scene.key_becomes(&app, "b").await;
    let statement = json!({ "kind": "true_false", "key": false, "negative": {} });
    scene
        .change(&app, scene.statement, &json!({ "body": statement }))
        .await;
    let ask = json!({ "assessment_definition_id": scene.definition(&app).await, "policy": "both_ways" });
    let asked = app.admin().await.post("/regrades", &ask).await.is(202);
    app.drain_jobs().await;
    let path = format!("/regrades/{}", asked["regrade_id"].as_str().unwrap());
    let said = app.admin().await.get(&path).await.is(200);
    assert_eq!(said["attempts"], 3);
    assert_eq!(
        picked(&said["answers"], &["raised", "lowered", "unchanged"]),
        json!([2, 3, 1])
    );
    scene.applied(&app, &path).await;
    assert_eq!(scene.percents(&app).await, [40.0, 60.0, 0.0]);
}

async fn what_does_not_count_is_not_scored_again(backend: Backend) {
    let app = TestApp::start(backend).await;
    let scene = Scene::new(&app).await;
    let admin = app.admin().await;
    let void = format!("/assessments/{}/void", scene.taken[0].id);
    admin.post(&void, &json!({})).await.is(200);
    let erased = scene.taken[1].student.user().id;
    admin
        .post(&format!("/users/{erased}/erase"), &json!({}))
        .await
        .is(200);
    // And one that is not scored yet.
    scene.begin(&app, 4).await;
    scene.key_becomes(&app, "b").await;
    let path = scene.previewed(&app, "both_ways").await;
    let left = scene.changes(&app, &path, &["assessment_id", "outcome"]).await;
    assert_eq!(left, [json!([scene.taken[2].id, "unchanged"])]);
    app.advance(std::time::Duration::from_hours(1));
    app.tick().await;
    admin.post(&format!("{path}/cancel"), &json!({})).await.is(200);

    // What was begun has expired and is scored.
    let path = scene.previewed(&app, "both_ways").await;
    assert_eq!(admin.get(&path).await.is(200)["attempts"], 2);
}

async fn an_edit_that_nobody_has_accepted_is_no_key(backend: Backend) {
    use super::support::Sitting;
    use domain::authoring::Settings;
    use domain::authoring::item::ItemKind as K;

    let app = TestApp::start(backend).await;
    let published = app.publish_sample(Settings::default()).await;
    let sitting = Sitting::started(&app, &published, 1).await;
    sitting.answer_and_complete().await;
    app.drain_jobs().await;
    let (admin, item) = (app.admin().await, sitting.question(K::TrueFalse));
    let draft = format!(
        "/assessments/definitions/{}/items/{item}",
        published.definition_id
    );
    let edit =
        json!({ "reason": "wrong key", "body": { "kind": "true_false", "key": false, "negative": {} } });
    admin.patch(&draft, &edit).await.is(200);
    let outcome = async || {
        let asked = admin
            .post("/regrades", &json!({ "item_id": item, "policy": "both_ways" }))
            .await
            .is(202);
        app.drain_jobs().await;
        let path = format!("/regrades/{}", asked["regrade_id"].as_str().unwrap());
        let changes = admin.get(&format!("{path}/changes")).await.is(200);
        admin.post(&format!("{path}/cancel"), &json!({})).await.is(200);
        picked(&changes["items"][0], &["outcome", "key_version"])
    };
    assert_eq!(outcome().await, json!(["unchanged", 1]));
    admin.post(&format!("{draft}/accept"), &json!({})).await.is(200);
    assert_eq!(outcome().await, json!(["proposed", 2]));
}

async fn more_attempts_than_one_job_looks_at(backend: Backend) {
    let app = TestApp::start(backend).await;
    let scene = Scene::new(&app).await;
    for student in 4..=53 {
        scene.take_quietly(&app, student, "b").await;
    }
    app.drain_jobs().await;
    scene.key_becomes(&app, "b").await;
    let path = scene.previewed(&app, "both_ways").await;
    let admin = app.admin().await;
    let said = admin.get(&path).await.is(200);
    assert_eq!(picked(&said, &["attempts", "now_pass"]), json!([53, 51]));
    assert_eq!(
        picked(&said["answers"], &["raised", "lowered", "unchanged"]),
        json!([51, 1, 1])
    );
    let page = admin
        .get(&format!("{path}/changes?page=6&page_size=10"))
        .await
        .is(200);
    assert_eq!(
        (&page["total"], page["items"].as_array().map(Vec::len)),
        (&json!(53), Some(3))
    );
    scene.applied(&app, &path).await;
    let said = admin.get(&path).await.is(200);
    assert_eq!(
        picked(&said["answers"], &["applied", "superseded"]),
        json!([52, 0])
    );
    assert_eq!(
        app.count("score_records WHERE cause LIKE 'regrade:%'", &[]).await,
        52
    );
    assert_eq!(
        app.count("audit_log WHERE action = 'regrades.changed'", &[])
            .await,
        52
    );
    let _: Value = app.client(Role::Advisor, 1).await.get(&path).await.is(403);
}
