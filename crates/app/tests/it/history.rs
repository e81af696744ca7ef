//! The history of attempts: what students, advisors and admins find in it.

use std::time::Duration;

use domain::authoring::Settings;
use domain::authoring::sample_answers::answer_key;
use domain::identity::{ChangeCohort, CreateCohort, EVERYONE, MembershipChange, Role};
use serde_json::{Value, json};
use testkit::{Backend, builders};

use super::support::{Client, Sitting, Taking, TestApp, bank};

on_both_databases!(
    everybody_finds_what_they_may_see,
    an_advisor_finds_the_attempts_of_their_cohorts
);

const NOBODYS: [&str; 0] = [];

/// The ids of a history, after checking that its total agrees.
async fn found(client: &Client, query: &str) -> Vec<String> {
    let page = client.get(&format!("/assessments{query}")).await.is(200);
    let items = page["items"].as_array().unwrap();
    assert_eq!(page["total"], json!(items.len()), "{query}");
    let id = |item: &Value| item["assessment_id"].as_str().unwrap().to_owned();
    items.iter().map(id).collect()
}

async fn everybody_finds_what_they_may_see(backend: Backend) {
    let app = TestApp::start(backend).await;
    let backend_track = app.publish_track("backend", Settings::for_tracks(), bank()).await;
    let frontend_track = app
        .publish_track("frontend", Settings::for_tracks(), bank())
        .await;
    let published = app.publish_sample(Settings::default()).await;
    let first = Taking::started(&app, &backend_track, 1).await;
    first.save_all(&first.answers(answer_key)).await.is(202);
    first.submit().await.is(202);
    app.drain_jobs().await;
    let second = Taking::started(&app, &frontend_track, 1).await;
    let session = Sitting::opted_in(&app, &published, 2).await;
    let [first_id, second_id, session_id] = [first.id, second.id, session.id].map(|id| id.to_string());

    let student = app.student(1).await;
    assert_eq!(
        found(&student, "").await,
        [&*second_id, &*first_id],
        "latest first, only their own"
    );
    let foreign = format!("?candidate={}", session.student.user().id);
    assert_eq!(found(&student, &foreign).await, NOBODYS);
    let admin = app.admin().await;
    assert_eq!(found(&admin, "").await, [&*session_id, &*second_id, &*first_id]);
    assert_eq!(found(&admin, "?track=backend").await, [&*first_id]);
    assert_eq!(found(&admin, "?track=nothing").await, NOBODYS);
    assert_eq!(found(&admin, "?status=in_progress").await, [&*second_id]);
    assert_eq!(
        found(&admin, "?status=completed&track=backend").await,
        [&*first_id]
    );
    assert_eq!(found(&admin, &foreign).await, [&*session_id]);
    let definition = format!("?assessment_definition_id={}", published.definition_id);
    assert_eq!(found(&admin, &definition).await, [&*session_id]);

    let page = admin.get("/assessments?page=2&page_size=10").await.is(200);
    assert_eq!(
        (&page["items"], &page["total"], &page["page"]),
        (&json!([]), &json!(3), &json!(2))
    );
}

async fn an_advisor_finds_the_attempts_of_their_cohorts(backend: Backend) {
    let app = TestApp::start(backend).await;
    let track = app.publish_track("backend", Settings::for_tracks(), bank()).await;
    let other = app
        .publish_track("frontend", Settings::for_tracks(), bank())
        .await;
    let mine = Taking::started(&app, &track, 1).await;
    let theirs = Taking::started(&app, &track, 2).await;
    let elsewhere = Taking::started(&app, &other, 3).await;
    let advisor = app.client(Role::Advisor, 1).await;
    assert_eq!(
        found(&advisor, "").await.len(),
        3,
        "everybody is in the cohort everyone"
    );

    let admin = builders::admin(&app.database).await.unwrap();
    let leave = MembershipChange {
        remove_members: vec![advisor.user().id],
        ..MembershipChange::default()
    };
    app.run(ChangeCohort {
        admin,
        cohort_id: EVERYONE,
        name: None,
        change: leave,
    })
    .await;
    assert_eq!(found(&advisor, "").await, NOBODYS);
    let students = [&mine, &elsewhere].map(|taking| taking.student.user().id);
    let change = MembershipChange {
        add_members: [students.as_slice(), &[advisor.user().id]].concat(),
        add_assessments: vec![track.id],
        ..MembershipChange::default()
    };
    app.run(CreateCohort {
        admin,
        name: "Spring".to_owned(),
        change,
    })
    .await;
    assert_eq!(
        found(&advisor, "").await,
        [mine.id.to_string()],
        "their students at their assessments"
    );
    advisor.get(&format!("/assessments/{}", mine.id)).await.is(200);
    for foreign in [&theirs, &elsewhere] {
        advisor.get(&format!("/assessments/{}", foreign.id)).await.is(404);
        advisor
            .get(&format!("/assessments/{}/result", foreign.id))
            .await
            .is(404);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_says_how_an_attempt_went() {
    let app = TestApp::start(Backend::Sqlite).await;
    let track = app.publish_track("backend", Settings::for_tracks(), bank()).await;
    let taking = Taking::started(&app, &track, 1).await;
    taking.submit().await.is(202);
    app.drain_jobs().await;
    let entry = taking.student.get("/assessments").await.is(200)["items"][0].take();
    let now = app.time_in(Duration::ZERO);
    assert_eq!(
        entry,
        json!({
            "assessment_id": taking.id, "assessment_definition_id": track.id,
            "user_id": taking.student.user().id, "title": "Track backend", "kind": "track", "role_slug": "backend",
            "status": "completed", "scoring": "done", "degraded": true, "opted_in_at": now, "started_at": now,
            "submitted_at": now, "ended_at": now, "released_at": now,
        })
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_that_cannot_be_is_named() {
    let app = TestApp::start(Backend::Sqlite).await;
    let admin = app.admin().await;
    assert_eq!(
        admin.get("/assessments?status=COMPLETED").await.pointers(),
        ["/status"]
    );
    assert_eq!(admin.get("/assessments?track=a%00b").await.pointers(), ["/track"]);
    assert_eq!(
        admin.get("/assessments?page_size=5").await.pointers(),
        ["/page_size"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_history_is_not_asked_for_in_the_name_of_somebody_else() {
    let app = TestApp::start(Backend::Sqlite).await;
    let track = app.publish_track("backend", Settings::for_tracks(), bank()).await;
    let taking = Taking::started(&app, &track, 1).await;
    let (student, other) = (app.student(1).await, app.student(2).await);
    let named = format!("?user_id={}", student.user().id);
    assert_eq!(found(&student, &named).await, [taking.id.to_string()]);
    for foreign in [other, app.admin().await] {
        foreign.get(&format!("/assessments{named}")).await.is(403);
    }
}
