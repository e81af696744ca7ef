//! The door of tracks: started, answered and submitted at `/assessments`, and the same attempt at `/sessions`.

use std::time::Duration;

use domain::authoring::Settings;
use domain::authoring::item::ItemKind as K;
use domain::authoring::sample_answers::{answer_key, wrong_answer};
use serde_json::{Value, json};
use testkit::Backend;
use uuid::Uuid;

use super::support::{MINUTE, Taking, TestApp, bank};

on_both_databases!(
    a_start_gives_a_new_attempt_its_questions,
    a_track_is_answered_submitted_and_read,
    starting_again_resumes,
    a_track_is_ended_at_the_door_of_sessions,
    a_session_of_a_track_is_submitted_at_its_own_door,
    only_questions_of_the_form_are_answered,
    saving_again_replaces_with_a_higher_number,
    another_track_waits_until_this_one_is_over,
);

async fn a_start_gives_a_new_attempt_its_questions(backend: Backend) {
    let app = TestApp::start(backend).await;
    let track = app.publish_track("backend", Settings::for_tracks(), bank()).await;
    let student = app.student(1).await;
    let mut body = track.body();
    body["metadata"] = json!({ "client": { "version": [1, 2] } });
    let started = student
        .post_with_key("/assessments/start", "k-1", &body)
        .await
        .is(201);
    let again = student.post_with_key("/assessments/start", "k-1", &body).await;
    assert_eq!(
        (again.is(201), again.header("idempotency-replayed")),
        (started.clone(), Some("true"))
    );
    assert_eq!(
        (&started["status"], &started["server_time"]),
        (&json!("in_progress"), &app.time_in(Duration::ZERO))
    );
    assert_eq!(
        started["expires_at"],
        app.time_in(30 * MINUTE),
        "inactivity comes first"
    );

    let taking = Taking::of(student, &track, &started);
    assert_eq!(
        taking.questions.len(),
        3 + 2 + 4,
        "the default mix of what the bank has"
    );
    assert_eq!(taking.shown(K::Profile).len(), 4);
    assert!(
        taking
            .questions
            .iter()
            .all(|question| question["section_index"] == 0)
    );
    let metadata: Value = serde_json::from_str(&taking.stored(&app, "metadata").await).unwrap();
    assert_eq!(metadata, body["metadata"]);
}

async fn a_track_is_answered_submitted_and_read(backend: Backend) {
    let app = TestApp::start(backend).await;
    let track = app.publish_track("backend", Settings::for_tracks(), bank()).await;
    let taking = Taking::started(&app, &track, 1).await;
    let saved = taking.save_all(&taking.answers(answer_key)).await.is(202);
    assert_eq!(
        (&saved["status"], &saved["async_job_enqueued"]),
        (&json!("in_progress"), &json!(false))
    );
    assert_eq!(saved["saved"].as_array().unwrap().len(), 9);
    let submitted = taking.submit().await.is(202);
    assert_first_scores(&submitted);
    assert_eq!(submitted["submitted_at"], app.time_in(Duration::ZERO));
    assert_eq!(
        submitted["jobs_queued"].as_array().unwrap().len(),
        1 + 2,
        "{submitted}"
    );
    taking.submit().await.is(409);

    let result = taking.scored(&app).await;
    let profile = &result["scores"]["profile"];
    assert_eq!(
        (&profile["percent"], &profile["max"]),
        (&json!(100.0), &json!(4.0)),
        "{result}"
    );
    assert_eq!(profile["items"].as_array().unwrap().len(), 4);
    assert_eq!(
        result["scores"]["items"].as_array().unwrap().len(),
        5,
        "profiles are apart"
    );
    assert_eq!(result["scores"]["graded"], 5);
    assert!(result["scores"]["items"][0]["key"].is_null(), "{result}");
}

/// Everything was answered by its key.
fn assert_first_scores(submitted: &Value) {
    assert_eq!(
        (
            &submitted["status"],
            &submitted["degraded"],
            &submitted["degraded_reasons"]
        ),
        (&json!("awaiting_async"), &json!(false), &json!([]))
    );
    let scores = &submitted["scores"];
    assert_eq!(scores["essay"], json!({ "status": "pending", "total": null }));
    for (group, count) in [("rule", 3), ("profile", 4)] {
        let items = scores[group]["items"].as_array().unwrap();
        assert_eq!(
            (items.len(), &scores[group]["total"]),
            (count, &scores[group]["max"]),
            "{scores}"
        );
        let full = |item: &Value| item["points"] == item["max"] && item["reason"] == "correct";
        assert!(items.iter().all(full), "{scores}");
    }
}

async fn starting_again_resumes(backend: Backend) {
    let app = TestApp::start(backend).await;
    let track = app.publish_track("backend", Settings::for_tracks(), bank()).await;
    let taking = Taking::started(&app, &track, 1).await;
    app.advance(10 * MINUTE);
    taking.save_all(&taking.answers(wrong_answer)).await.is(202);
    let resumed = taking
        .student
        .post("/assessments/start", &json!({ "role_id": track.id }))
        .await
        .is(200);
    assert_eq!(resumed["assessment_id"], json!(taking.id));
    assert_eq!(resumed["questions"], json!(taking.questions));
    assert_eq!(
        resumed["expires_at"],
        app.time_in(30 * MINUTE),
        "a save is activity"
    );
    app.advance(29 * MINUTE);
    let heartbeat = taking
        .student
        .post(&format!("/sessions/{}/heartbeat", taking.id), &json!({}))
        .await;
    assert_eq!(
        heartbeat.is(200)["expires_at"],
        app.time_in(6 * MINUTE),
        "then the deadline of 45 minutes"
    );
    let opted_in = taking
        .student
        .post(
            "/sessions/opt-in",
            &json!({ "assessment_definition_id": track.id }),
        )
        .await;
    assert_eq!(opted_in.is(201)["session_id"], json!(taking.id));
    let session = taking.session().await.is(200);
    assert_eq!(session["current_section"]["questions"], json!(taking.questions));
    assert_eq!(
        (&session["section_count"], &session["current_section_index"]),
        (&json!(1), &json!(0))
    );
}

async fn a_track_is_ended_at_the_door_of_sessions(backend: Backend) {
    let app = TestApp::start(backend).await;
    let track = app.publish_track("backend", Settings::for_tracks(), bank()).await;
    let taking = Taking::started(&app, &track, 1).await;
    let section = taking.session().await.is(200)["current_section"].take();
    let path = format!("/sessions/{}", taking.id);
    let mut body = json!({ "section_id": track.id, "section_index": 0, "answers": {} });
    let wrong_section = taking
        .student
        .post(&format!("{path}/submit-section"), &body)
        .await;
    assert_eq!(wrong_section.pointers(), ["/section_id"]);
    body["section_id"] = section["section_id"].clone();
    let truth = taking.questions[0]["question_id"].clone();
    body["answers"][truth.as_str().unwrap()] = answer_key(&taking.track.item(&truth).content);
    let submitted = taking
        .student
        .post(&format!("{path}/submit-section"), &body)
        .await
        .is(200);
    assert_eq!(submitted["next_section_index"], json!(null));
    let late = taking.save(&truth, Value::Null).await.is(409);
    assert_eq!(late["type"], "/problems#section-out-of-order");
    let resumed = taking
        .student
        .post("/assessments/start", &track.body())
        .await
        .is(200);
    assert_eq!(resumed["questions"], json!([]), "what is submitted is locked");
    taking
        .student
        .post(&format!("{path}/complete"), &json!({}))
        .await
        .is(202);
    app.drain_jobs().await;
    assert_eq!(
        taking.result().await.is(200)["degraded_reasons"],
        json!(["unanswered"])
    );
}

async fn a_session_of_a_track_is_submitted_at_its_own_door(backend: Backend) {
    let app = TestApp::start(backend).await;
    let track = app.publish_track("backend", Settings::for_tracks(), bank()).await;
    let student = app.student(1).await;
    let opted_in = student
        .post(
            "/sessions/opt-in",
            &json!({ "assessment_definition_id": track.id }),
        )
        .await
        .is(201);
    let id = json!({ "session_id": opted_in["session_id"] });
    let session = student.post("/sessions/start", &id).await.is(200);
    let started = json!({
        "assessment_id": session["session_id"], "questions": session["current_section"]["questions"],
    });
    let taking = Taking::of(student, &track, &started);
    taking.save_all(&taking.answers(answer_key)).await.is(202);
    taking.submit().await.is(202);
    assert_eq!(taking.scored(&app).await["scores"]["profile"]["percent"], 100.0);
}

async fn only_questions_of_the_form_are_answered(backend: Backend) {
    let app = TestApp::start(backend).await;
    let track = app.publish_track("backend", Settings::for_tracks(), bank()).await;
    let taking = Taking::started(&app, &track, 1).await;
    let shown = |id: &Uuid| {
        taking
            .questions
            .iter()
            .any(|question| question["question_id"] == json!(id))
    };
    let mut all = track.version.items.iter().map(|item| item.item_id.0);
    let outside = all.find(|id| !shown(id)).unwrap();
    let inside = &taking.questions[0]["question_id"];
    let responses = json!([
        { "question_id": inside, "answer": null },
        { "question_id": outside, "answer": null },
    ]);
    for (action, completed) in [("responses", false), ("responses", true), ("submit", false)] {
        let body = json!({ "responses": responses, "completed": completed });
        assert_eq!(
            taking.post(action, &body).await.pointers(),
            ["/responses/1/question_id"],
            "{action}"
        );
    }
    let section = taking.session().await.is(200)["current_section"].take();
    let body = json!({
        "section_id": section["section_id"], "section_index": 0, "answers": { outside.to_string(): null },
    });
    let refused = taking
        .student
        .post(&format!("/sessions/{}/submit-section", taking.id), &body)
        .await;
    assert_eq!(refused.pointers(), [format!("/answers/{outside}/question_id")]);
    assert_eq!(taking.rows(&app, "responses").await, 0);
    assert_eq!(taking.stored(&app, "state").await, "in_progress");
}

async fn saving_again_replaces_with_a_higher_number(backend: Backend) {
    let app = TestApp::start(backend).await;
    let track = app.publish_track("backend", Settings::for_tracks(), bank()).await;
    let taking = Taking::started(&app, &track, 1).await;
    let essay = taking.shown(K::Essay)[0]["question_id"].clone();
    let mut last = 0;
    for text in ["one", "two", "three"] {
        app.advance(MINUTE);
        let saved = taking.save(&essay, json!(text)).await.is(202);
        let number = saved["saved"][0]["seq"].as_i64().unwrap();
        assert!(number > last, "{number} after {last}");
        last = number;
    }
    let old = json!([{ "question_id": essay, "answer": "zero", "submitted_at": "2020-01-01T00:00:00Z" }]);
    assert_eq!(taking.save_all(&old).await.is(202)["saved"][0]["stored"], false);
    taking.submit().await.is(202);
    let result = taking.scored(&app).await;
    let items = result["scores"]["items"].as_array().unwrap();
    let answered = items.iter().find(|item| item["question_id"] == essay).unwrap();
    assert_eq!(answered["answer"], "three");
}

async fn another_track_waits_until_this_one_is_over(backend: Backend) {
    let app = TestApp::start(backend).await;
    let first = app.publish_track("backend", Settings::for_tracks(), bank()).await;
    let second = app
        .publish_track("frontend", Settings::for_tracks(), bank())
        .await;
    let running = Taking::started(&app, &first, 1).await;
    let refused = running
        .student
        .post("/assessments/start", &second.body())
        .await
        .is(409);
    assert_eq!(refused["running_attempt_id"], json!(running.id));
    app.advance(31 * MINUTE);
    let other = Taking::started(&app, &second, 1).await;
    assert_eq!(running.stored(&app, "state").await, "expired");
    running.submit().await.is(410);
    assert_eq!(other.stored(&app, "state").await, "in_progress");
    assert_eq!(
        running.scored(&app).await["degraded_reasons"],
        json!(["unanswered", "expired"])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_names_one_track_that_there_is() {
    let app = TestApp::start(Backend::Sqlite).await;
    let track = app.publish_track("backend", Settings::for_tracks(), bank()).await;
    let student = app.student(1).await;
    let start = async |body: Value| student.post("/assessments/start", &body).await;
    let both = json!({ "role_slug": "backend", "role_id": track.id });
    for body in [json!({}), both, json!({ "role_slug": "a\u{0}b" })] {
        assert_eq!(start(body.clone()).await.pointers(), ["/role_slug"], "{body}");
    }
    let generated = app.publish_sample(Settings::default()).await.definition_id;
    for body in [json!({ "role_slug": "nothing" }), json!({ "role_id": generated })] {
        assert_eq!(
            start(body.clone()).await.is(404)["error_code"],
            "TRACK_404",
            "{body}"
        );
    }
    let with = |metadata: Value| json!({ "role_slug": "backend", "metadata": metadata });
    assert_eq!(
        start(with(json!({ "a": "x".repeat(4100) }))).await.pointers(),
        ["/metadata"]
    );
    assert_eq!(start(with(json!([1]))).await.pointers(), ["/metadata"]);
    let foreign = json!({ "role_slug": "backend", "user_id": Uuid::from_u128(7) });
    start(foreign).await.is(403);
    app.admin()
        .await
        .post("/assessments/start", &track.body())
        .await
        .is(403);
    assert_eq!(app.count("attempts", &[]).await, 0);
    start(with(json!({ "a": "x".repeat(4000) }))).await.is(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_contract_has_an_example_of_every_kind_that_is_taken() {
    let app = TestApp::start(Backend::Sqlite).await;
    let contract = app.anonymous().get("//api/openapi.json").await.is(200);
    let body = &contract["paths"]["/api/v1/assessments/{id}/responses"]["post"]["requestBody"];
    let examples = &body["content"]["application/json"]["examples"];
    for kind in K::ALL {
        let answer = &examples[kind.as_str()]["value"]["responses"][0]["answer"];
        assert!(!answer.is_null(), "no example of {kind:?}: {examples}");
        let items = bank();
        let mut of_kind = items.iter().filter(|item| item.body.kind() == kind);
        let taken = of_kind.any(|item| domain::scoring::answer::parse(&item.body, answer).is_ok());
        assert!(taken, "{answer} is no answer to any {kind:?}");
    }
    assert_eq!(examples["completed"]["value"]["completed"], true);
}
