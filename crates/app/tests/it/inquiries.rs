//! Scores that candidates contest: what both sides may say, and when.

use domain::authoring::Settings;
use domain::authoring::item::ItemKind as K;
use domain::identity::Role;
use serde_json::{Value, json};
use testkit::Backend;

use super::reviews::{item, override_of, path, unsure};
use super::support::{Client, Sitting, TestApp};

on_both_databases!(
    a_result_is_contested_once_it_is_out,
    one_inquiry_at_a_time_about_one_thing,
    both_sides_talk_until_the_score_is_judged_anew,
    a_score_is_upheld_with_a_reason_and_no_more_is_said,
    each_side_has_its_own_steps,
    a_candidate_is_not_told_who_answers,
    what_is_asked_about_waits_in_the_queue,
    inquiries_of_others_are_not_found,
    an_inquiry_repeated_with_its_key_is_one,
);

const QUESTION: &str = "Why so few points?";

async fn scored(app: &TestApp, settings: Settings) -> Sitting {
    let published = app.publish_sample(settings).await;
    let sitting = Sitting::started(app, &published, 1).await;
    sitting.answer_and_complete().await;
    app.drain_jobs().await;
    sitting
}

fn about(sitting: &Sitting, kind: K) -> Value {
    json!({ "message": QUESTION, "question_id": sitting.question(kind) })
}

fn asking(sitting: &Sitting) -> String {
    format!("/assessments/{}/inquiries", sitting.id)
}

/// The path of an inquiry about the question of a kind.
async fn opened(sitting: &Sitting, kind: K) -> String {
    let opened = sitting
        .student
        .post(&asking(sitting), &about(sitting, kind))
        .await
        .is(201);
    assert_eq!(opened["state"], "open");
    format!("/inquiries/{}", opened["inquiry_id"].as_str().unwrap())
}

fn act(action: &str) -> Value {
    json!({ "action": action, "message": "Because." })
}

async fn state(client: &Client, inquiry: &str) -> Value {
    client.get(inquiry).await.is(200)["state"].clone()
}

async fn a_result_is_contested_once_it_is_out(backend: Backend) {
    let app = TestApp::start(backend).await;
    let held = Settings {
        hold_results: true,
        ..Settings::default()
    };
    let sitting = scored(&app, held).await;
    let ask = about(&sitting, K::Essay);
    let refused = sitting.student.post(&asking(&sitting), &ask).await.is(409);
    assert_eq!(refused["type"], "/problems#result-not-released");
    let release = format!("/assessments/{}/release", sitting.id);
    app.admin().await.post(&release, &json!({})).await.is(200);
    let unknown = json!({ "message": QUESTION, "question_id": sitting.id });
    let refused = sitting.student.post(&asking(&sitting), &unknown).await;
    assert_eq!(refused.pointers(), ["/question_id"]);
    for message in [json!(""), json!("  "), json!("x".repeat(2001))] {
        let refused = sitting
            .student
            .post(&asking(&sitting), &json!({ "message": message }))
            .await;
        assert_eq!(refused.pointers()[0], "/message");
    }

    let inquiry = opened(&sitting, K::Essay).await;

    let thread = sitting.student.get(&inquiry).await.is(200);
    assert_eq!(thread["question_id"], json!(sitting.question(K::Essay)));
    assert_eq!(
        (
            &thread["messages"][0]["message"],
            &thread["messages"][0]["action"]
        ),
        (&json!(QUESTION), &json!("write"))
    );
    assert_eq!(
        app.count("audit_log WHERE action = 'inquiries.opened'", &[])
            .await,
        1
    );
    let told = "audit_log WHERE details LIKE '%Why so few%' OR details LIKE '%Because%'";
    assert_eq!(app.count(told, &[]).await, 0);
}

async fn one_inquiry_at_a_time_about_one_thing(backend: Backend) {
    let app = TestApp::start(backend).await;
    let sitting = scored(&app, Settings::default()).await;
    let inquiry = opened(&sitting, K::Essay).await;
    let refused = sitting
        .student
        .post(&asking(&sitting), &about(&sitting, K::Essay))
        .await
        .is(409);
    assert_eq!(refused["type"], "/problems#inquiry-open");
    assert!(inquiry.ends_with(refused["inquiry_id"].as_str().unwrap()));
    opened(&sitting, K::ShortAnswer).await;
    let whole = json!({ "message": QUESTION });
    let first = sitting.student.post(&asking(&sitting), &whole).await.is(201);
    let refused = sitting.student.post(&asking(&sitting), &whole).await.is(409);
    assert_eq!(refused["inquiry_id"], first["inquiry_id"]);
    // Of two at once one is taken.
    sitting
        .student
        .post(&inquiry, &json!({ "action": "withdraw" }))
        .await
        .is(200);
    let ask = about(&sitting, K::Essay);
    let (path, student) = (asking(&sitting), &sitting.student);
    let (one, other) = tokio::join!(student.post(&path, &ask), student.post(&path, &ask));
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409], "{} {}", one.text, other.text);
}

async fn both_sides_talk_until_the_score_is_judged_anew(backend: Backend) {
    let app = TestApp::start(backend).await;
    let sitting = scored(&app, Settings::default()).await;
    let inquiry = opened(&sitting, K::Essay).await;
    let advisor = app.client(Role::Advisor, 1).await;
    let answered = advisor
        .post(&inquiry, &json!({ "message": "It is short." }))
        .await;
    assert_eq!(answered.is(200)["state"], "answered");
    let asked_on = sitting
        .student
        .post(&inquiry, &json!({ "message": "It says all." }))
        .await;
    assert_eq!(asked_on.is(200)["state"], "open");
    let refused = advisor.post(&inquiry, &act("revise")).await.is(409);
    assert_eq!(refused["type"], "/problems#not-reviewed");

    let queue = advisor.get("/reviews?reason=inquiry").await.is(200);
    let entry = &queue["items"][0];
    advisor
        .post(&path(entry), &override_of(entry, 90.0))
        .await
        .is(201);
    let revised = advisor.post(&inquiry, &act("revise")).await.is(200);

    assert_eq!(revised["state"], "resolved_revised");
    assert_eq!(item(&sitting, K::Essay).await["points"], 9.0);
    let thread = sitting.student.get(&inquiry).await.is(200);
    let steps: Vec<&Value> = thread["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|message| &message["action"])
        .collect();
    assert_eq!(steps, ["write", "answer", "write", "revise"]);
    let refused = advisor.post(&inquiry, &act("uphold")).await.is(409);
    assert_eq!(
        (&refused["type"], &refused["from_state"], &refused["event"]),
        (
            &json!("/problems#inquiry-step"),
            &json!("resolved_revised"),
            &json!("uphold")
        )
    );
    assert_eq!(
        app.count("audit_log WHERE action = 'inquiries.stepped'", &[])
            .await,
        3
    );
}

async fn a_score_is_upheld_with_a_reason_and_no_more_is_said(backend: Backend) {
    let app = TestApp::start(backend).await;
    let sitting = scored(&app, Settings::default()).await;
    let admin = app.admin().await;
    let inquiry = opened(&sitting, K::Essay).await;
    let refused = admin.post(&inquiry, &json!({ "action": "uphold" })).await;
    assert_eq!(refused.pointers(), ["/message"]);
    assert_eq!(admin.post(&inquiry, &json!({})).await.pointers(), ["/message"]);
    let refused = admin.post(&inquiry, &json!({ "action": "close" })).await.is(409);
    assert_eq!(
        (&refused["from_state"], &refused["event"]),
        (&json!("open"), &json!("close"))
    );
    admin.post(&inquiry, &act("uphold")).await.is(200);
    assert_eq!(state(&sitting.student, &inquiry).await, "resolved_upheld");
    let late = sitting
        .student
        .post(&inquiry, &json!({ "message": "But!" }))
        .await;
    assert_eq!(late.is(409)["event"], "write");

    // What has been answered may be closed without another word.
    let inquiry = opened(&sitting, K::ShortAnswer).await;
    admin.post(&inquiry, &act("answer")).await.is(200);
    admin.post(&inquiry, &json!({ "action": "close" })).await.is(200);
    assert_eq!(state(&admin, &inquiry).await, "resolved_upheld");
    let list = async |client: &Client, query: &str| {
        let listed = client.get(&format!("/inquiries{query}")).await.is(200);
        listed["total"].clone()
    };
    assert_eq!(list(&admin, "?state=resolved_upheld").await, 2);
    assert_eq!(list(&admin, "?state=open").await, 0);
    assert_eq!(list(&sitting.student, "").await, 2);
    assert_eq!(admin.get("/inquiries?state=closed").await.pointers(), ["/state"]);
}

async fn each_side_has_its_own_steps(backend: Backend) {
    let app = TestApp::start(backend).await;
    let sitting = scored(&app, Settings::default()).await;
    let inquiry = opened(&sitting, K::Essay).await;
    let admin = app.admin().await;
    for action in ["answer", "uphold", "revise", "close"] {
        let refused = sitting.student.post(&inquiry, &act(action)).await.is(403);
        assert_eq!(refused["type"], "/problems#role-missing", "{action}");
    }
    admin.post(&inquiry, &act("withdraw")).await.is(403);
    assert_eq!(state(&admin, &inquiry).await, "open");
    let withdraw = json!({ "action": "withdraw" });
    sitting.student.post(&inquiry, &withdraw).await.is(200);
    sitting.student.post(&inquiry, &withdraw).await.is(409);
    assert_eq!(state(&admin, &inquiry).await, "withdrawn");
}

async fn a_candidate_is_not_told_who_answers(backend: Backend) {
    let app = TestApp::start(backend).await;
    let sitting = scored(&app, Settings::default()).await;
    let inquiry = opened(&sitting, K::Essay).await;
    let advisor = app.client(Role::Advisor, 1).await;
    let id = advisor.user().id.to_string();
    advisor.post(&inquiry, &act("answer")).await.is(200);
    let thread = sitting.student.get(&inquiry).await;
    assert!(!thread.text.contains(&id), "{}", thread.text);
    assert_eq!(
        (
            &thread.json()["messages"][1]["author"],
            &thread.json()["messages"][1]["author_id"]
        ),
        (&json!("staff"), &Value::Null)
    );
    let user = sitting.student.user().id;
    let exported = sitting.student.get(&format!("/users/{user}/export")).await.text;
    assert!(
        exported.contains(QUESTION) && exported.contains("Because."),
        "{exported}"
    );
    assert!(!exported.contains(&id), "{exported}");
    let thread = app.admin().await.get(&inquiry).await.is(200);
    assert_eq!(thread["messages"][1]["author_id"], id);
}

async fn what_is_asked_about_waits_in_the_queue(backend: Backend) {
    let app = TestApp::start(backend).await;
    let sitting = unsure(&app, 1).await;
    let admin = app.admin().await;
    let numeric = opened(&sitting, K::Numeric).await;
    let essay = opened(&sitting, K::Essay).await;
    let queue = async |query: &str| admin.get(&format!("/reviews{query}")).await.is(200);
    assert_eq!(queue("").await["total"], 3);
    let asked = queue("?reason=inquiry").await;
    assert_eq!(asked["total"], 2);
    let entries = asked["items"].as_array().unwrap();
    let of = |kind: K| {
        let found = entries.iter().find(|entry| entry["type"] == kind.as_str());
        found.unwrap().clone()
    };
    assert_eq!(
        (&of(K::Numeric)["provisional"], &of(K::Essay)["provisional"]),
        (&json!(false), &json!(true))
    );
    assert!(numeric.ends_with(of(K::Numeric)["inquiry_id"].as_str().unwrap()));
    assert!(essay.ends_with(of(K::Essay)["inquiry_id"].as_str().unwrap()));
    let review = admin.get(&path(&of(K::Numeric))).await.is(200);
    assert_eq!(review["inquiry_id"], of(K::Numeric)["inquiry_id"]);
    // Until it is the candidate's turn again.
    admin.post(&numeric, &act("answer")).await.is(200);
    assert_eq!(queue("").await["total"], 2);
}

async fn inquiries_of_others_are_not_found(backend: Backend) {
    let app = TestApp::start(backend).await;
    let sitting = scored(&app, Settings::default()).await;
    let inquiry = opened(&sitting, K::Essay).await;
    let advisor = app.client(Role::Advisor, 1).await;
    let everyone = format!("/cohorts/{}", domain::identity::EVERYONE);
    let leave = json!({ "remove_members": [advisor.user().id] });
    app.admin().await.patch(&everyone, &leave).await.is(200);
    for stranger in [advisor, app.student(2).await] {
        assert_eq!(stranger.get("/inquiries").await.is(200)["total"], 0);
        stranger.get(&inquiry).await.is(404);
        stranger
            .post(&inquiry, &json!({ "message": "Hm." }))
            .await
            .is(404);
    }
    let foreign = app.student(2).await;
    foreign
        .post(&asking(&sitting), &about(&sitting, K::Essay))
        .await
        .is(404);
}

async fn an_inquiry_repeated_with_its_key_is_one(backend: Backend) {
    let app = TestApp::start(backend).await;
    let sitting = scored(&app, Settings::default()).await;
    let (path, ask) = (asking(&sitting), about(&sitting, K::Essay));
    let first = sitting.student.post_with_key(&path, "k", &ask).await.is(201);
    sitting
        .student
        .post_with_key(&path, "k", &ask)
        .await
        .replays(&first);
    assert_eq!(app.count("inquiries", &[]).await, 1);
}
