//! How attempts end at the door of tracks: submitted, submitted with the last answers, given up; and who reads the result.

use domain::attempts::Release;
use domain::authoring::Settings;
use domain::authoring::item::ItemKind as K;
use domain::authoring::sample_answers::{answer_key, wrong_answer};
use domain::identity::Role;
use serde_json::json;
use testkit::{Backend, builders};

use super::support::{MINUTE, Sitting, Taking, TestApp, answers, bank};

on_both_databases!(
    completed_saves_and_submits_in_one_step,
    completed_needs_the_sections_of_a_generated_assessment,
    a_generated_assessment_is_submitted_at_the_door_of_tracks,
    what_is_given_up_is_void,
    held_results_wait_for_a_person,
);

async fn completed_saves_and_submits_in_one_step(backend: Backend) {
    let app = TestApp::start(backend).await;
    let track = app.publish_track("backend", Settings::for_tracks(), bank()).await;
    let taking = Taking::started(&app, &track, 1).await;
    let body = json!({ "responses": taking.answers(answer_key), "completed": true });
    let path = format!("/assessments/{}/responses", taking.id);
    let saved = taking.student.post_with_key(&path, "k-1", &body).await.is(202);
    assert_eq!(
        (&saved["status"], &saved["async_job_enqueued"]),
        (&json!("awaiting_async"), &json!(true))
    );
    let numbers = saved["saved"]
        .as_array()
        .unwrap()
        .iter()
        .map(|saved| saved["seq"].as_i64());
    assert_eq!(
        numbers.collect::<Option<Vec<_>>>().unwrap(),
        (1..=9).collect::<Vec<_>>()
    );
    let again = taking.student.post_with_key(&path, "k-1", &body).await;
    assert_eq!(
        (again.is(202), again.header("idempotency-replayed")),
        (saved, Some("true"))
    );
    taking.student.post(&path, &body).await.is(409);
    assert_eq!(taking.scored(&app).await["scores"]["profile"]["percent"], 100.0);

    let empty = Taking::started(&app, &track, 2).await;
    assert_eq!(
        empty
            .post("responses", &json!({ "responses": [] }))
            .await
            .pointers(),
        ["/responses"]
    );
    let submitted = empty
        .post("responses", &json!({ "completed": true }))
        .await
        .is(202);
    assert_eq!(submitted["saved"], json!([]));
    app.drain_jobs().await;
}

async fn completed_needs_the_sections_of_a_generated_assessment(backend: Backend) {
    let app = TestApp::start(backend).await;
    let published = app.publish_sample(Settings::default()).await;
    let sitting = Sitting::started(&app, &published, 1).await;
    let responses = json!([{ "question_id": sitting.question(K::TrueFalse), "answer": true }]);
    let body = json!({ "responses": responses, "completed": true });
    let refused = sitting
        .student
        .post(&format!("/assessments/{}/responses", sitting.id), &body)
        .await;
    assert_eq!(refused.is(409)["type"], "/problems#sections-missing");
    assert_eq!(
        sitting.rows(&app, "responses").await,
        0,
        "what is refused saves nothing"
    );
    for (index, section) in published.sections.iter().enumerate() {
        sitting
            .submit_section(index, &answers(section, wrong_answer))
            .await
            .is(200);
    }
    let path = format!("/assessments/{}/responses", sitting.id);
    let submitted = sitting
        .student
        .post(&path, &json!({ "responses": [], "completed": true }))
        .await
        .is(202);
    assert_eq!(
        (&submitted["status"], &submitted["saved"]),
        (&json!("awaiting_async"), &json!([]))
    );
    app.drain_jobs().await;
    sitting.result().await.is(200);
}

async fn a_generated_assessment_is_submitted_at_the_door_of_tracks(backend: Backend) {
    let app = TestApp::start(backend).await;
    let published = app.publish_sample(Settings::default()).await;
    let sitting = Sitting::started(&app, &published, 1).await;
    let submit = format!("/assessments/{}/submit", sitting.id);
    let missing = sitting.student.post(&submit, &json!({})).await.is(409);
    assert_eq!(missing["type"], "/problems#sections-missing");
    sitting.submit_all_sections(answer_key).await;
    let late = json!({ "responses": [{ "question_id": sitting.question(K::Essay), "answer": "late" }] });
    sitting.student.post(&submit, &late).await.is(409);
    let submitted = sitting.student.post(&submit, &json!({})).await.is(202);
    assert_eq!(submitted["scores"]["rule"]["total"], 15.0);
    assert_eq!(
        submitted["scores"]["profile"],
        json!({ "total": 0.0, "max": 0.0, "items": [] })
    );
    app.drain_jobs().await;
    assert_eq!(sitting.result().await.is(200)["scores"]["profile"], json!(null));
}

async fn what_is_given_up_is_void(backend: Backend) {
    let app = TestApp::start(backend).await;
    let track = app.publish_track("backend", Settings::for_tracks(), bank()).await;
    let taking = Taking::started(&app, &track, 1).await;
    taking.save_all(&taking.answers(answer_key)).await.is(202);
    let stranger = Taking {
        student: app.student(2).await,
        ..Taking::of(
            app.student(2).await,
            &track,
            &json!({
                "assessment_id": taking.id, "questions": [],
            }),
        )
    };
    stranger.abandon().await.is(404);
    let abandoned = taking.abandon().await;
    assert_eq!((abandoned.status, abandoned.text.as_str()), (204, ""));
    assert_eq!(taking.stored(&app, "state").await, "voided");
    assert_eq!(taking.rows(&app, "responses").await, 9, "answers are kept");
    assert_eq!(taking.result().await.is(410)["type"], "/problems#no-result");
    taking.abandon().await.is(409);

    let submitted = Taking::started(&app, &track, 1).await;
    assert_ne!(submitted.id, taking.id);
    submitted.submit().await.is(202);
    submitted.abandon().await.is(409);
    submitted.scored(&app).await;
    let late = Taking::started(&app, &track, 1).await;
    app.advance(31 * MINUTE);
    assert_eq!(late.abandon().await.is(410)["expired_by"], "inactivity");
    assert_eq!(late.stored(&app, "state").await, "expired");
    app.drain_jobs().await;
}

async fn held_results_wait_for_a_person(backend: Backend) {
    let app = TestApp::start(backend).await;
    let settings = Settings {
        hold_results: true,
        show_keys_after_release: true,
        ..Settings::for_tracks()
    };
    let track = app.publish_track("backend", settings, bank()).await;
    let taking = Taking::started(&app, &track, 1).await;
    taking.save_all(&taking.answers(wrong_answer)).await.is(202);
    let submitted = taking.submit().await.is(202);
    let essay = json!({ "status": "pending", "total": null });
    assert_eq!(
        submitted["scores"],
        json!({ "rule": null, "profile": null, "essay": essay })
    );
    app.drain_jobs().await;
    let held = taking.result().await;
    assert_eq!(
        held.is(202),
        json!({ "assessment_id": taking.id, "status": "held" })
    );
    assert_eq!(held.header("retry-after"), Some("1"));
    let path = format!("/assessments/{}/result", taking.id);
    let seen = app.admin().await.get(&path).await.is(200);
    assert!(
        seen["scores"]["items"][0]["key"].is_null(),
        "no keys before the release: {seen}"
    );

    let staff = builders::principal(&app.database, Role::Admin, 1)
        .await
        .unwrap()
        .staff()
        .unwrap();
    let release = |hold| Release {
        staff,
        attempt_id: serde_json::from_value(json!(taking.id)).unwrap(),
        hold,
    };
    app.run(release(false)).await;
    let result = taking.result().await.is(200);
    for item in result["scores"]["items"].as_array().unwrap() {
        assert_eq!(
            item["key"],
            answer_key(&track.item(&item["question_id"]).content),
            "{item}"
        );
    }
    assert!(
        result["scores"]["profile"]["items"][0]["key"].is_null(),
        "nothing is right or wrong of a profile"
    );
    app.run(release(true)).await;
    taking.result().await.is(202);
}
