//! Cohorts: made, changed, deleted; who sees whom, and who may take what.

use std::time::Duration;

use domain::authoring::Settings;
use domain::identity::{EVERYONE, Role};
use serde_json::{Value, json};
use testkit::Backend;

use super::support::{Client, Reply, SECOND, Sitting, Taking, TestApp, bank, picked};

on_both_databases!(
    a_cohort_is_made_read_changed_and_deleted,
    an_advisor_reads_the_cohorts_he_is_in,
    a_change_with_an_unknown_id_leaves_nothing,
    everyone_stays_and_whoever_is_new_is_in_it,
    an_advisor_sees_the_attempts_of_his_cohorts,
    a_candidate_takes_what_is_assigned_to_a_cohort_of_hers,
    a_deleted_cohort_gives_nothing_any_more,
);

async fn made(app: &TestApp, body: &Value) -> String {
    let made = app.admin().await.post("/cohorts", body).await.is(201);
    format!("/cohorts/{}", made["cohort_id"].as_str().unwrap())
}

fn everyone() -> String {
    format!("/cohorts/{EVERYONE}")
}

/// Takes people out of `everyone`, where they came in with their accounts.
async fn apart(app: &TestApp, people: &[&Client]) {
    let ids: Vec<_> = people.iter().map(|person| person.user().id).collect();
    let change = json!({ "remove_members": ids });
    app.admin().await.patch(&everyone(), &change).await.is(200);
}

async fn a_cohort_is_made_read_changed_and_deleted(backend: Backend) {
    let app = TestApp::start(backend).await;
    let published = app.publish_sample(Settings::default()).await;
    let (admin, advisor) = (app.admin().await, app.client(Role::Advisor, 1).await);
    let (one, two) = (app.student(1).await, app.student(2).await);
    let body = json!({
        "name": " Autumn ", "members": [one.user().id, advisor.user().id, one.user().id],
        "assessments": [published.definition_id],
    });
    let new = admin.post_with_key("/cohorts", "k-1", &body).await.is(201);
    admin.post_with_key("/cohorts", "k-1", &body).await.replays(&new);
    assert_eq!(new["name"], "Autumn");
    let path = format!("/cohorts/{}", new["cohort_id"].as_str().unwrap());
    let shown = advisor.get(&path).await.is(200);
    assert_eq!(
        picked(&shown, &["name", "candidates", "advisors", "assessments"]),
        json!(["Autumn", 1, 1, [published.definition_id]])
    );
    let people = advisor.get(&format!("{path}/members")).await.is(200);
    assert_eq!(people, page(&[member(&advisor), member(&one)]));
    let taken = admin.post("/cohorts", &json!({ "name": "Autumn" })).await;
    assert_eq!(taken.is(409)["type"], "/problems#cohort-name-taken");

    let change = json!({
        "name": "Winter", "add_members": [two.user().id, one.user().id], "remove_members": [advisor.user().id],
        "remove_assessments": [published.definition_id],
    });
    app.advance(SECOND);
    let changed = admin.patch(&path, &change).await.is(200);
    assert_eq!(
        picked(
            &changed,
            &[
                "name",
                "candidates",
                "advisors",
                "assessments",
                "created_at",
                "updated_at"
            ]
        ),
        json!(["Winter", 2, 0, [], new["created_at"], app.time_in(Duration::ZERO)])
    );
    assert_eq!(names(&admin).await, ["Winter", "everyone"]);
    let taken = admin.patch(&path, &json!({ "name": "everyone" })).await;
    assert_eq!(taken.is(409)["type"], "/problems#cohort-name-taken");

    assert_eq!(admin.delete(&path).await.is(204), Value::Null);
    let (read, people) = (
        admin.get(&path).await,
        admin.get(&format!("{path}/members")).await,
    );
    let (changed, deleted) = (admin.patch(&path, &json!({})).await, admin.delete(&path).await);
    for gone in [read, people, changed, deleted] {
        assert_eq!(gone.is(404)["type"], "/problems#cohort-not-found");
    }
}

/// The names of the cohorts that somebody finds, after checking that the total agrees.
async fn names(client: &Client) -> Vec<String> {
    let list = client.get("/cohorts").await.is(200);
    let items = list["items"].as_array().unwrap();
    assert_eq!(list["total"], items.len());
    let name = |one: &Value| one["name"].as_str().unwrap().to_owned();
    items.iter().map(name).collect()
}

async fn an_advisor_reads_the_cohorts_he_is_in(backend: Backend) {
    let app = TestApp::start(backend).await;
    let published = app.publish_sample(Settings::default()).await;
    let sitting = Sitting::started(&app, &published, 1).await;
    let (admin, advisor) = (app.admin().await, app.client(Role::Advisor, 1).await);
    let members = json!([advisor.user().id, sitting.student.user().id]);
    let his = made(&app, &json!({ "name": "His", "members": members })).await;
    let other = made(&app, &json!({ "name": "Other" })).await;
    assert_eq!(names(&advisor).await, ["His", "everyone"]);
    assert_eq!(names(&admin).await, ["His", "Other", "everyone"]);
    for (path, status) in [(&his, 200), (&other, 404)] {
        for path in [path.clone(), format!("{path}/members")] {
            advisor.get(&path).await.is(status);
            admin.get(&path).await.is(200);
        }
    }

    let more_time = format!("/users/{}/accommodations", sitting.student.user().id);
    let accommodate = async || {
        let request = advisor.request(reqwest::Method::PUT, &more_time);
        Reply::to(request.json(&json!({ "time_factor": 1.5 })))
            .await
            .is(200)
    };
    let seen = accommodate().await;
    assert_eq!(seen["running"]["assessment_id"], json!(sitting.id));
    // The assessment is assigned to everyone, and not to his cohort.
    apart(&app, &[&advisor]).await;
    assert_eq!(names(&advisor).await, ["His"]);
    let unseen = accommodate().await;
    assert_eq!(picked(&unseen, &["time_factor", "running"]), json!([1.5, null]));
}

fn member(client: &Client) -> Value {
    let user = client.user();
    json!({ "user_id": user.id, "display_name": user.display_name, "role": user.role })
}

/// A first page with nothing after it.
fn page(items: &[Value]) -> Value {
    json!({ "items": items, "page": 1, "page_size": 25, "total": items.len() })
}

async fn a_change_with_an_unknown_id_leaves_nothing(backend: Backend) {
    let app = TestApp::start(backend).await;
    let (admin, student) = (app.admin().await, app.student(1).await);
    let published = app.publish_sample(Settings::default()).await;
    let nobody = uuid::Uuid::from_u128(7);
    let (known, unknown) = (
        json!([student.user().id, nobody]),
        json!([published.definition_id, nobody]),
    );
    let cases = [
        (json!({ "name": "A", "members": known }), "/members/1"),
        (json!({ "name": "A", "members": [admin.user().id] }), "/members/0"),
        (json!({ "name": "A", "assessments": unknown }), "/assessments/1"),
        (json!({ "name": " " }), "/name"),
        (json!({ "name": "a\u{0}b" }), "/name"),
        (json!({ "name": "A", "members": ["me"] }), "/members/0"),
    ];
    for (body, pointer) in cases {
        assert_eq!(admin.post("/cohorts", &body).await.pointers(), [pointer]);
    }
    assert_eq!(app.count("cohorts", &[]).await, 1);

    let path = made(&app, &json!({ "name": "A" })).await;
    let cases = [
        (json!({ "name": "B", "add_members": known }), "/add_members/1"),
        (
            json!({ "name": "B", "add_members": [student.user().id], "add_assessments": unknown }),
            "/add_assessments/1",
        ),
        (json!({ "name": "" }), "/name"),
    ];
    for (body, pointer) in cases {
        assert_eq!(admin.patch(&path, &body).await.pointers(), [pointer]);
    }
    let shown = admin.get(&path).await.is(200);
    assert_eq!((&shown["name"], &shown["candidates"]), (&json!("A"), &json!(0)));
    // Who is not in can be taken out.
    admin
        .patch(
            &path,
            &json!({ "remove_members": [nobody], "remove_assessments": [nobody] }),
        )
        .await
        .is(200);
}

async fn everyone_stays_and_whoever_is_new_is_in_it(backend: Backend) {
    let app = TestApp::start(backend).await;
    let admin = app.admin().await;
    let registered =
        json!({ "email": "eve@example.org", "password": super::support::PASSWORD, "display_name": "Eve" });
    let eve = app.anonymous().post("/auth/register", &registered).await.is(201);
    let (student, advisor) = (app.student(1).await, app.client(Role::Advisor, 1).await);
    let published = app.publish_sample(Settings::default()).await;
    let track = app.publish_track("backend", Settings::for_tracks(), bank()).await;
    let shown = admin.get(&everyone()).await.is(200);
    assert_eq!(
        (&shown["name"], &shown["candidates"], &shown["advisors"]),
        (&json!("everyone"), &json!(2), &json!(1))
    );
    let assigned = shown["assessments"].as_array().unwrap();
    assert!(
        assigned.contains(&json!(published.definition_id)) && assigned.contains(&json!(track.id)),
        "{shown}"
    );
    let members = admin.get(&format!("{}/members", everyone())).await.is(200);
    let ids: Vec<_> = members["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["user_id"].clone())
        .collect();
    for id in [
        json!(student.user().id),
        json!(advisor.user().id),
        eve["user"]["user_id"].clone(),
    ] {
        assert!(ids.contains(&id), "{id} is not in {ids:?}");
    }
    assert!(!ids.contains(&json!(admin.user().id)));

    for refused in [
        admin.patch(&everyone(), &json!({ "name": "All" })).await,
        admin.delete(&everyone()).await,
    ] {
        assert_eq!(refused.is(409)["type"], "/problems#cohort-everyone");
    }
    apart(&app, &[&student]).await;
    assert_eq!(admin.get(&everyone()).await.is(200)["candidates"], 1);
    admin
        .patch(&everyone(), &json!({ "name": "everyone" }))
        .await
        .is(200);
}

async fn an_advisor_sees_the_attempts_of_his_cohorts(backend: Backend) {
    let app = TestApp::start(backend).await;
    let published = app.publish_sample(Settings::default()).await;
    let (his, foreign) = (
        Sitting::started(&app, &published, 1).await,
        Sitting::started(&app, &published, 2).await,
    );
    let (advisor, admin) = (app.client(Role::Advisor, 1).await, app.admin().await);
    apart(&app, &[&his.student, &foreign.student, &advisor]).await;
    let see = async |sitting: &Sitting| advisor.get(&format!("/assessments/{}", sitting.id)).await.status;
    assert_eq!((see(&his).await, see(&foreign).await), (404, 404));

    let members = json!([his.student.user().id, advisor.user().id]);
    let path = made(&app, &json!({ "name": "Autumn", "members": members })).await;
    assert_eq!(
        (see(&his).await, see(&foreign).await),
        (404, 404),
        "the assessment is not assigned to it"
    );
    let assign = json!({ "add_assessments": [published.definition_id] });
    admin.patch(&path, &assign).await.is(200);
    assert_eq!((see(&his).await, see(&foreign).await), (200, 404));
    for part in ["status", "result"] {
        let reply = advisor.get(&format!("/assessments/{}/{part}", his.id)).await;
        assert!(matches!(reply.status, 200 | 202), "{}", reply.text);
        advisor
            .get(&format!("/assessments/{}/{part}", foreign.id))
            .await
            .is(404);
    }
    assert_eq!(
        admin.get(&format!("/assessments/{}", foreign.id)).await.status,
        200
    );
    // The candidate himself does not lose sight of it.
    foreign.assessment().await.is(200);

    admin
        .patch(&path, &json!({ "remove_members": [advisor.user().id] }))
        .await
        .is(200);
    assert_eq!(see(&his).await, 404);
}

async fn a_candidate_takes_what_is_assigned_to_a_cohort_of_hers(backend: Backend) {
    let app = TestApp::start(backend).await;
    let published = app.publish_sample(Settings::default()).await;
    let track = app.publish_track("backend", Settings::for_tracks(), bank()).await;
    let (student, admin) = (app.student(1).await, app.admin().await);
    let opt_in = json!({ "assessment_definition_id": published.definition_id });
    let available = async || {
        student.get("/assessments/available").await.is(200)["items"]
            .as_array()
            .unwrap()
            .len()
    };
    assert_eq!(available().await, 2);
    apart(&app, &[&student]).await;
    assert_eq!(available().await, 0);
    let refused = student.post("/sessions/opt-in", &opt_in).await;
    assert_eq!(refused.is(404)["type"], "/problems#assessment-not-found");
    student.post("/assessments/start", &track.body()).await.is(404);

    let body = json!({ "name": "Autumn", "members": [student.user().id], "assessments": [track.id] });
    let path = made(&app, &body).await;
    assert_eq!(available().await, 1);
    student.post("/sessions/opt-in", &opt_in).await.is(404);
    let taking = Taking::started(&app, &track, 1).await;
    // What is under way goes on.
    admin
        .patch(&path, &json!({ "remove_assessments": [track.id] }))
        .await
        .is(200);
    let question = taking.questions[0]["question_id"].clone();
    taking.save(&question, Value::Null).await.is(202);
    taking.abandon().await.is(204);
    student.post("/assessments/start", &track.body()).await.is(404);

    admin
        .patch(&path, &json!({ "add_assessments": [published.definition_id] }))
        .await
        .is(200);
    student.post("/sessions/opt-in", &opt_in).await.is(201);
}

async fn a_deleted_cohort_gives_nothing_any_more(backend: Backend) {
    let app = TestApp::start(backend).await;
    let track = app.publish_track("backend", Settings::for_tracks(), bank()).await;
    let student = app.student(1).await;
    apart(&app, &[&student]).await;
    let body = json!({ "name": "Autumn", "members": [student.user().id], "assessments": [track.id] });
    let path = made(&app, &body).await;
    app.admin().await.delete(&path).await.is(204);
    student.post("/assessments/start", &track.body()).await.is(404);
    assert_eq!(app.count("users", &[]).await, 2);
    assert_eq!(
        student.get("/tracks/backend").await.is(200)["role_id"],
        json!(track.id)
    );
    made(&app, &body).await;
    student.post("/assessments/start", &track.body()).await.is(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn cohorts_are_read_by_staff_and_changed_by_admins() {
    let app = TestApp::start(Backend::Sqlite).await;
    for role in [Role::Student, Role::Service] {
        let caller = app.client(role, 1).await;
        for path in [
            "/cohorts".to_owned(),
            everyone(),
            format!("{}/members", everyone()),
        ] {
            caller.get(&path).await.is(403);
        }
    }
    for role in [Role::Student, Role::Advisor, Role::Service] {
        let caller = app.client(role, 1).await;
        caller.post("/cohorts", &json!({})).await.is(403);
        caller.patch(&everyone(), &json!({ "name": 1 })).await.is(403);
        caller.delete(&everyone()).await.is(403);
    }
}
