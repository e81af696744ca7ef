//! Fields that nobody offered: ignored or refused, never stored.

use domain::authoring::Settings;
use domain::authoring::sample_answers::answer_key;
use serde_json::{Map, Value, json};
use testkit::Backend;
use testkit::builders::Published;
use uuid::Uuid;

use super::doors::doors;
use crate::support::{Client, PASSWORD, TestApp};

/// Stands in every planted field.
const PLANTED: &str = "planted7c1";

/// What an attacker hopes to set.
fn hoped_for() -> Map<String, Value> {
    let later = "2099-01-01T00:00:00Z";
    let fields = json!({
        "role": "admin", "roles": ["admin"], "is_admin": true, "is_staff": true, "scopes": ["admin"], "status": "active",
        "state": "completed", "scoring": "done", "score": 98765, "points": 98765, "awarded_points": 98765, "max_points": 1,
        "marks": 98765, "percent": 100, "passed": true, "correct": true, "is_correct": true, "released_at": later,
        "submitted_at": later, "deadline_at": later, "started_at": later, "expires_at": later, "created_at": later,
        "time_factor": 99, "extra_minutes": 9999, "extended_by": 9999, "current_section": 99, "revision": 99, "locked": false,
        "attempt_no": 99, "email_verified": true, "password_hash": "x", "_id": 1, "__proto__": { "role": "admin" },
    });
    fields.as_object().cloned().unwrap_or_default()
}

/// The object with these fields, where it has none of the same name.
fn with_fields(body: &Value, fields: &Map<String, Value>) -> Value {
    let mut all = fields.clone();
    all.extend(body.as_object().cloned().unwrap_or_default());
    all.into()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_planted_is_found_in_no_table() {
    let app = super::app(Backend::Sqlite).await;
    let doors = doors(&app).await;
    let planted: Map<String, Value> = hoped_for()
        .into_iter()
        .map(|(name, _)| (name, json!(PLANTED)))
        .chain([("note_to_self".to_owned(), json!({ "deep": [PLANTED] }))])
        .collect();
    let mut taken = 0;
    for door in &doors {
        let declared = door
            .operation
            .body
            .as_ref()
            .map(|body| body.schema.clone())
            .unwrap_or_default();
        let own = |name: &str| {
            door.samples.iter().any(|sample| !sample[name].is_null())
                || !declared["properties"][name].is_null()
        };
        let fields: Map<String, Value> = planted
            .clone()
            .into_iter()
            .filter(|(name, _)| !own(name))
            .collect();
        for sample in &door.samples {
            let reply = door
                .send(&app, with_fields(sample, &fields).to_string().into_bytes())
                .await;
            assert!(reply.status < 500, "{}: {}", door.operation.name, reply.text);
            taken += i32::from(reply.status < 300);
        }
    }
    assert!(taken > 3, "only {taken} requests were taken");
    assert_eq!(places_of(&app, PLANTED).await, Vec::<String>::new());
}

/// `table.column` of every cell that contains a text.
async fn places_of(app: &TestApp, text: &str) -> Vec<String> {
    let columns = "SELECT m.name || '.' || c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c \
        WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'";
    let mut places = app.rows.texts(columns, &[]).await;
    assert!(places.len() > 100, "{} columns", places.len());
    let mut found = Vec::new();
    for place in places.drain(..) {
        let (table, column) = place.split_once('.').unwrap();
        let cells = format!("{table} WHERE CAST(\"{column}\" AS TEXT) LIKE '%{text}%'");
        if app.count(&cells, &[]).await > 0 {
            found.push(place);
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn who_registers_is_a_student_whatever_else_was_said() {
    let app = TestApp::start(Backend::Sqlite).await;
    let plain = json!({ "email": "ada@example.org", "password": PASSWORD, "display_name": "Ada" });
    let greedy = json!({ "email": "bea@example.org", "password": PASSWORD, "display_name": "Bea" });
    let mut fields = hoped_for();
    fields.extend([
        ("user_id".to_owned(), json!(Uuid::nil())),
        ("id".to_owned(), json!(Uuid::nil())),
    ]);
    let anyone = app.anonymous();
    anyone.post("/auth/register", &plain).await.is(201);
    let greedy = anyone
        .post("/auth/register", &with_fields(&greedy, &fields))
        .await;
    assert!(matches!(greedy.status, 201 | 400 | 422), "{}", greedy.text);
    let others = "SELECT email FROM users WHERE role <> 'student' OR status <> 'active' OR display_name NOT IN ('Ada', 'Bea')";
    assert_eq!(app.rows.texts(others, &[]).await, Vec::<String>::new());
    assert_eq!(app.count("users WHERE id = $1", &[Uuid::nil()]).await, 0);
    if greedy.status == 201 {
        let token = greedy.json()["tokens"]["access_token"]
            .as_str()
            .unwrap()
            .to_owned();
        let bea = anyone.with_token(&token);
        assert_eq!(bea.get("/auth/me").await.is(200)["role"], "student");
        bea.get("/questions").await.is(403);
    }
}

/// Takes the assessment to its end with these fields in every body; returns everything that is known of it afterwards.
async fn taken_with(
    app: &TestApp,
    published: &Published,
    number: u32,
    fields: &Map<String, Value>,
) -> String {
    let student = app.student(number).await;
    let send = async |path: &str, body: Value| {
        let reply = student.post(path, &with_fields(&body, fields)).await;
        assert!(reply.status < 300, "{path}: {}", reply.text);
        reply.json()
    };
    let opted = send(
        "/sessions/opt-in",
        json!({ "assessment_definition_id": published.definition_id }),
    )
    .await;
    let id: Uuid = serde_json::from_value(opted["session_id"].clone()).unwrap();
    send("/sessions/start", json!({ "session_id": id })).await;
    for (section, index) in published.sections.iter().zip(0..) {
        // The first answer of a section is right, and nothing else is answered.
        let item = &section.items[0];
        let response = json!({ "question_id": item.item_id, "answer": answer_key(&item.content) });
        let response = with_fields(&response, fields);
        send(
            &format!("/assessments/{id}/responses"),
            json!({ "responses": [response] }),
        )
        .await;
        send(&format!("/sessions/{id}/heartbeat"), json!({})).await;
        let body = json!({ "section_id": section.id, "section_index": index, "answers": {} });
        send(&format!("/sessions/{id}/submit-section"), body).await;
    }
    send(&format!("/sessions/{id}/complete"), json!({})).await;
    app.drain_jobs().await;
    let known = seen(app, &student, id).await;
    without_records(&known)
        .replace(&id.to_string(), "SESSION")
        .replace(&student.user().id.to_string(), "STUDENT")
}

/// Every score record has an id of its own.
fn without_records(text: &str) -> String {
    let mut parts = text.split("\"score_record_id\":\"");
    let first = parts.next().unwrap().to_owned();
    parts.fold(first, |told, part| {
        told + "\"score_record_id\":\"" + &part[uuid::fmt::Hyphenated::LENGTH..]
    })
}

/// What the service says of a session, and its row.
async fn seen(app: &TestApp, student: &Client, id: Uuid) -> String {
    let mut known = Vec::new();
    for path in [
        format!("/sessions/{id}"),
        format!("/assessments/{id}"),
        format!("/assessments/{id}/result"),
    ] {
        let reply = student.get(&path).await;
        let mut body = reply.json();
        for own in ["trace_id", "etag", "evaluation_job_id", "job_id"] {
            body.as_object_mut()
                .into_iter()
                .for_each(|members| drop(members.remove(own)));
        }
        known.push(format!("{} {body}", reply.status));
    }
    let row = "SELECT json_array(hex(definition_version_id), state, scoring, current_section, section_count, opted_in_at, \
        started_at, deadline_at, inactivity_limit, submitted_at, ended_at, released_at, degraded_reasons) \
        FROM attempts WHERE id = $1";
    known.extend(app.rows.texts(row, &[id]).await);
    known.join("\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_for_points_gets_what_others_get() {
    let app = TestApp::start(Backend::Sqlite).await;
    let published = app.publish_sample(Settings::default()).await;
    let modest = taken_with(&app, &published, 1, &Map::new()).await;
    let greedy = taken_with(&app, &published, 2, &hoped_for()).await;
    assert_eq!(greedy, modest);
    let all = format!("{modest}{greedy}");
    assert!(!all.contains("98765") && !all.contains("2099"), "{all}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_acts_for_somebody_else() {
    let app = TestApp::start(Backend::Sqlite).await;
    let published = app.publish_sample(Settings::default()).await;
    let (student, victim) = (app.student(1).await, app.student(2).await);
    let body = json!({ "assessment_definition_id": published.definition_id, "user_id": victim.user().id });
    student.post("/sessions/opt-in", &body).await.is(403);
    assert_eq!(app.count("attempts", &[]).await, 0);
}
