//! What a session takes and what it refuses.

use domain::authoring::Settings;
use domain::authoring::item::ItemKind;
use domain::authoring::sample_answers::{answer_key, wrong_answer};
use domain::identity::Role;
use serde_json::json;
use testkit::Backend;
use testkit::builders;
use uuid::Uuid;

use super::support::{MINUTE, Sitting, TestApp, answers};

on_both_databases!(
    sections_are_taken_in_order_each_once,
    a_session_is_resumed_with_the_same_body,
    only_one_session_runs_at_a_time,
    saving_again_replaces_until_the_section_is_submitted,
    an_older_answer_never_replaces_a_newer_one,
    an_assessment_is_taken_as_often_as_it_says,
);

async fn sections_are_taken_in_order_each_once(backend: Backend) {
    let app = TestApp::start(backend).await;
    let published = app.publish_sample(Settings::default()).await;
    let sitting = Sitting::opted_in(&app, &published, 1).await;
    let early = sitting.submit_section(0, &json!({})).await.is(409);
    assert!(
        early["detail"]
            .as_str()
            .is_some_and(|detail| detail.contains("opted_in")),
        "{early}"
    );
    sitting.start().await.is(200);

    let ahead = sitting.submit_section(1, &json!({})).await.is(409);
    assert_eq!(
        (&ahead["error_code"], &ahead["current_section_index"]),
        (&json!("ASSESSMENT_409"), &json!(0))
    );
    let missing = sitting.complete().await.is(409);
    assert_eq!(missing["type"], "/problems#sections-missing");

    let first = sitting
        .submit_section(0, &answers(&published.sections[0], answer_key))
        .await
        .is(200);
    assert_eq!(first, json!({ "ok": true, "next_section_index": 1 }));
    sitting.submit_section(0, &json!({})).await.is(409);
    sitting.complete().await.is(409);
    assert_eq!(sitting.get().await.is(200)["current_section"]["section_index"], 1);

    let last = sitting.submit_section(1, &json!({})).await.is(200);
    assert_eq!(last["next_section_index"], json!(null));
    sitting.submit_section(1, &json!({})).await.is(409);
    let completed = sitting.complete().await.is(202);
    assert_eq!(
        (&completed["degraded"], &completed["degraded_reasons"]),
        (&json!(true), &json!(["unanswered"]))
    );
    sitting.complete().await.is(409);
    assert_eq!(
        sitting.save(ItemKind::Essay, json!("late")).await.is(409)["type"],
        "/problems#unlawful-move"
    );
    app.drain_jobs().await;
    assert_eq!(
        sitting.stored(&app).await,
        ("completed".to_owned(), "done".to_owned())
    );
    assert_eq!(sitting.rows(&app, "section_submissions").await, 2);
}

async fn a_session_is_resumed_with_the_same_body(backend: Backend) {
    let app = TestApp::start(backend).await;
    let published = app.publish_sample(Settings::default()).await;
    let sitting = Sitting::opted_in(&app, &published, 1).await;
    let body = json!({ "assessment_id": published.definition_id });
    let again = sitting.student.post("/sessions/opt-in", &body).await.is(201);
    assert_eq!(again["session_id"], json!(sitting.id));

    let started = sitting.start().await.is(200);
    assert_eq!(sitting.start().await.is(200), started);
    assert_eq!(sitting.get().await.is(200), started);
    assert_eq!(
        sitting.student.post("/sessions/opt-in", &body).await.is(201)["status"],
        "in_progress"
    );
    assert_eq!(sitting.audited(&app, "attempts.started").await, 1);
    app.advance(MINUTE);
    sitting.submit_section(0, &json!({})).await.is(200);
    let resumed = sitting.start().await.is(200);
    assert_eq!(resumed["current_section"]["section_index"], 1);
    assert_eq!(resumed["started_at"], started["started_at"]);
}

async fn only_one_session_runs_at_a_time(backend: Backend) {
    let app = TestApp::start(backend).await;
    let (first, second) = (
        app.publish_sample(Settings::default()).await,
        app.publish_sample(Settings::default()).await,
    );
    let running = Sitting::started(&app, &first, 1).await;
    let other = Sitting::opted_in(&app, &second, 1).await;
    let refused = other.start().await.is(409);
    assert_eq!(refused["running_attempt_id"], json!(running.id));
    assert_eq!(other.stored(&app).await.0, "opted_in");
    Sitting::started(&app, &second, 2).await;
    running.answer_and_complete().await;
    other.start().await.is(200);
    app.drain_jobs().await;
}

async fn saving_again_replaces_until_the_section_is_submitted(backend: Backend) {
    let app = TestApp::start(backend).await;
    let published = app.publish_sample(Settings::default()).await;
    let sitting = Sitting::opted_in(&app, &published, 1).await;
    sitting.save(ItemKind::TrueFalse, json!(true)).await.is(409);
    sitting.start().await.is(200);
    let (choice, truth) = (
        sitting.question(ItemKind::MultipleChoice),
        sitting.question(ItemKind::TrueFalse),
    );
    let both = json!([{ "question_id": choice, "answer": "a" }, { "question_id": truth, "answer": false }]);
    let saved = sitting.save_all(&both).await.is(202);
    let acknowledged = json!([
        { "question_id": choice, "seq": 1, "stored": true }, { "question_id": truth, "seq": 2, "stored": true }
    ]);
    assert_eq!(
        (&saved["saved"], &saved["async_job_enqueued"]),
        (&acknowledged, &json!(false))
    );
    let again = sitting.save(ItemKind::MultipleChoice, json!("b")).await.is(202);
    assert_eq!(again["saved"][0]["seq"], 3);
    assert_eq!(
        sitting.assessment().await.is(200)["progress"],
        json!({ "answered": 2, "total": 9 })
    );

    let ahead = sitting
        .save(ItemKind::Essay, json!("Isolation costs waiting."))
        .await
        .is(409);
    assert_eq!(ahead["type"], "/problems#section-out-of-order");
    sitting.submit_section(0, &json!({})).await.is(200);
    sitting.save(ItemKind::MultipleChoice, json!("c")).await.is(409);
    let stored = "SELECT answer FROM responses WHERE attempt_id = $1 ORDER BY seq";
    assert_eq!(app.rows.texts(stored, &[sitting.id]).await, ["false", "\"b\""]);
}

async fn an_older_answer_never_replaces_a_newer_one(backend: Backend) {
    let app = TestApp::start(backend).await;
    let published = app.publish_sample(Settings::default()).await;
    let sitting = Sitting::started(&app, &published, 1).await;
    let question = sitting.question(ItemKind::MultipleChoice);
    let written =
        |answer: &str, at: &str| json!([{ "question_id": question, "answer": answer, "submitted_at": at }]);
    sitting
        .save_all(&written("b", "2026-03-02T08:59:30Z"))
        .await
        .is(202);
    let late = sitting
        .save_all(&written("a", "2026-03-02T08:59:10Z"))
        .await
        .is(202);
    assert_eq!(late["saved"][0]["stored"], false);
    // A clock that runs ahead counts as now.
    sitting
        .save_all(&written("c", "2027-01-01T00:00:00Z"))
        .await
        .is(202);
    app.advance(MINUTE);
    assert_eq!(
        sitting.save(ItemKind::MultipleChoice, json!("a")).await.is(202)["saved"][0]["stored"],
        true
    );
}

async fn an_assessment_is_taken_as_often_as_it_says(backend: Backend) {
    let app = TestApp::start(backend).await;
    let published = app
        .publish_sample(Settings {
            max_attempts: Some(2),
            ..Settings::default()
        })
        .await;
    let student = app.student(1).await;
    let left =
        async || student.get("/assessments/available").await.is(200)["items"][0]["attempts_left"].clone();
    for expected in [2, 1] {
        assert_eq!(left().await, expected);
        Sitting::started(&app, &published, 1)
            .await
            .answer_and_complete()
            .await;
    }
    app.drain_jobs().await;
    let body = json!({ "assessment_definition_id": published.definition_id });
    let refused = student.post("/sessions/opt-in", &body).await.is(409);
    assert_eq!(refused["type"], "/problems#no-attempts-left");
    assert_eq!(
        student.get("/assessments/available").await.is(200)["items"],
        json!([])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_section_is_named_by_its_own_id() {
    let app = TestApp::start(Backend::Sqlite).await;
    let published = app.publish_sample(Settings::default()).await;
    let sitting = Sitting::started(&app, &published, 1).await;
    let mut body = sitting.section_body(0, &json!({}));
    body["section_id"] = json!(published.sections[1].id);
    assert_eq!(
        sitting
            .student
            .post(&sitting.path("submit-section"), &body)
            .await
            .pointers(),
        ["/section_id"]
    );
    body["section_index"] = json!(7);
    assert_eq!(
        sitting
            .student
            .post(&sitting.path("submit-section"), &body)
            .await
            .pointers(),
        ["/section_index"]
    );
    let foreign = answers(&published.sections[1], wrong_answer);
    assert_eq!(sitting.submit_section(0, &foreign).await.pointers(), ["/answers"]);
    assert_eq!(sitting.rows(&app, "section_submissions").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_ones_own_is_not_there() {
    let app = TestApp::start(Backend::Sqlite).await;
    let published = app.publish_sample(Settings::default()).await;
    let sitting = Sitting::started(&app, &published, 1).await;
    let thief = Sitting {
        student: app.student(2).await,
        published: published.clone(),
        id: sitting.id,
    };
    thief.start().await.is(404);
    thief.get().await.is(404);
    thief.heartbeat().await.is(404);
    thief.submit_section(0, &json!({})).await.is(404);
    thief.complete().await.is(404);
    thief.save(ItemKind::TrueFalse, json!(true)).await.is(404);
    thief.assessment().await.is(404);
    thief.status().await.is(404);
    thief.result().await.is(404);
    let unknown = Sitting {
        id: Uuid::from_u128(7),
        student: sitting.student.clone(),
        published,
    };
    unknown.start().await.is(404);
    unknown.get().await.is(404);
    assert_eq!(sitting.stored(&app).await.0, "in_progress");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attempt_is_not_an_assessment_to_opt_in_to() {
    let app = TestApp::start(Backend::Sqlite).await;
    let published = app.publish_sample(Settings::default()).await;
    let sitting = Sitting::opted_in(&app, &published, 1).await;
    let body = json!({ "assessment_id": sitting.id });
    let refused = sitting.student.post("/sessions/opt-in", &body).await.is(404);
    assert!(
        refused["detail"]
            .as_str()
            .is_some_and(|detail| detail.contains("id of an attempt")),
        "{refused}"
    );
    let body = json!({ "assessment_id": Uuid::from_u128(7) });
    sitting.student.post("/sessions/opt-in", &body).await.is(404);
    let pointers = sitting
        .student
        .post("/sessions/opt-in", &json!({}))
        .await
        .pointers();
    assert_eq!(pointers, ["/assessment_definition_id"]);
    let draft = builders::draft(&app.database, vec![builders::every_kind()])
        .await
        .unwrap();
    let body = json!({ "assessment_definition_id": draft });
    sitting.student.post("/sessions/opt-in", &body).await.is(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_acts_for_somebody_else() {
    let app = TestApp::start(Backend::Sqlite).await;
    let published = app.publish_sample(Settings::default()).await;
    let sitting = Sitting::opted_in(&app, &published, 1).await;
    let (own, other) = (sitting.student.user().id, app.student(2).await.user().id);
    let responses = format!("/assessments/{}/responses", sitting.id);
    let mut section = sitting.section_body(0, &json!({}));
    section["user_id"] = json!(other);
    let answer = json!([{ "question_id": sitting.question(ItemKind::TrueFalse), "answer": true }]);
    let requests = [
        (
            "/sessions/opt-in".to_owned(),
            json!({ "assessment_id": published.definition_id, "user_id": other }),
        ),
        (
            "/sessions/start".to_owned(),
            json!({ "session_id": sitting.id, "user_id": other }),
        ),
        (sitting.path("submit-section"), section),
        (sitting.path("complete"), json!({ "user_id": other })),
        (responses, json!({ "responses": answer, "user_id": other })),
    ];
    for (path, body) in requests {
        let refused = sitting.student.post(&path, &body).await.is(403);
        assert_eq!(refused["type"], "/problems#foreign-user-id", "{path}");
    }
    sitting
        .student
        .get(&format!("/sessions/{}?user_id={other}", sitting.id))
        .await
        .is(403);
    sitting
        .student
        .get(&format!("/sessions/{}?user_id={own}", sitting.id))
        .await
        .is(200);
    let body = json!({ "session_id": sitting.id, "user_id": own });
    sitting.student.post("/sessions/start", &body).await.is(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_are_for_students_and_content_is_for_staff() {
    let app = TestApp::start(Backend::Sqlite).await;
    let published = app.publish_sample(Settings::default()).await;
    let sitting = Sitting::started(&app, &published, 1).await;
    for role in [Role::Admin, Role::Advisor, Role::Service] {
        let staff = Sitting {
            student: app.client(role, 1).await,
            published: published.clone(),
            id: sitting.id,
        };
        staff.start().await.is(403);
        staff.get().await.is(403);
        staff.heartbeat().await.is(403);
        staff.submit_section(0, &json!({})).await.is(403);
        staff.complete().await.is(403);
        staff.save(ItemKind::TrueFalse, json!(true)).await.is(403);
        staff.student.get("/assessments/available").await.is(403);
        let seen = if role == Role::Service { 403 } else { 200 };
        staff.status().await.is(seen);
    }
    let nobody = Sitting {
        student: app.anonymous(),
        published: published.clone(),
        id: sitting.id,
    };
    nobody.start().await.is(401);
    nobody.get().await.is(401);
    nobody.status().await.is(401);
    nobody.complete().await.is(401);
    let definition = format!("/assessments/definitions/{}", published.definition_id);
    app.client(Role::Advisor, 1).await.get(&definition).await.is(200);
    app.client(Role::Advisor, 1)
        .await
        .patch(&definition, &json!({}))
        .await
        .is(403);
}
