//! The main job from end to end: a syllabus becomes an assessment, candidates take it, it is scored.

use std::collections::{BTreeMap, BTreeSet};

use domain::authoring::item::ItemContent;
use domain::authoring::sample_answers::{answer_key, wrong_answer};
use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Map, Value, json};
use testkit::Backend;

use super::support::{Client, PASSWORD, Reply, SECOND, SYLLABUS, TestApp};

on_both_databases!(a_syllabus_becomes_an_assessment_that_is_taken_and_scored);

type Items = BTreeMap<String, ItemContent>;
type Script = Option<fn(&ItemContent) -> Value>;

async fn a_syllabus_becomes_an_assessment_that_is_taken_and_scored(backend: Backend) {
    let app = TestApp::start(backend).await;
    let admin = app.admin().await;
    let syllabus = upload(&admin).await;
    let definition = generate(&app, &admin, &syllabus).await;
    let items = review_and_publish(&admin, &definition).await;

    let strong = result_of(&app, &definition, &items, ("strong", Some(answer_key))).await;
    assert!(
        strong["scores"]["percent"]
            .as_f64()
            .is_some_and(|percent| percent >= 85.0),
        "{}",
        strong["summary"]
    );
    assert_eq!(
        (&strong["scores"]["passed"], &strong["degraded"]),
        (&json!(true), &json!(false))
    );
    assert_evidence_is_verbatim(&strong);
    let weak = result_of(&app, &definition, &items, ("weak", Some(wrong_answer))).await;
    assert!(
        weak["scores"]["percent"]
            .as_f64()
            .is_some_and(|percent| percent <= 40.0),
        "{}",
        weak["summary"]
    );
    assert_eq!(weak["scores"]["passed"], false);
    let blank = result_of(&app, &definition, &items, ("blank", None)).await;
    assert_eq!(
        (&blank["scores"]["total"], &blank["scores"]["percent"]),
        (&json!(0.0), &json!(0.0))
    );
    assert_eq!(blank["degraded_reasons"], json!(["unanswered"]));
    assert_eq!(blank["scores"]["ungraded"], 0);
}

async fn upload(admin: &Client) -> String {
    let form = Form::new()
        .part("files[]", Part::bytes(SYLLABUS).file_name("syllabus.pdf"))
        .text("subject", "Databases");
    let reply = Reply::to(
        admin
            .request(Method::POST, "/admin/syllabus/upload")
            .multipart(form),
    )
    .await;
    let uploaded = reply.is(201);
    assert_eq!((&uploaded["count"], &uploaded["errors"]), (&json!(1), &json!([])));
    assert!(
        uploaded["items"][0]["pages"]
            .as_u64()
            .is_some_and(|pages| pages > 1),
        "{uploaded}"
    );
    uploaded["items"][0]["syllabus_id"].as_str().unwrap().to_owned()
}

/// Asks twice and gets one job; follows it to its definition.
async fn generate(app: &TestApp, admin: &Client, syllabus: &str) -> String {
    let body = json!({ "syllabus_ids": [syllabus] });
    let first = admin.post("/assessments/generate", &body).await.is(202);
    assert_eq!(
        (&first["status"], &first["deduplicated"]),
        (&json!("queued"), &json!(false))
    );
    let again = admin.post("/assessments/generate", &body).await.is(202);
    assert_eq!(
        (&again["job_id"], &again["deduplicated"]),
        (&first["job_id"], &json!(true))
    );
    let path = format!("/jobs/{}", first["job_id"].as_str().unwrap());
    let queued = admin.get(&path).await;
    assert_eq!(
        (queued.is(200)["status"].clone(), queued.header("retry-after")),
        (json!("queued"), Some("1"))
    );
    app.student(1).await.get(&path).await.is(404);

    assert_eq!(app.drain_jobs().await, 1);
    let done = admin.get(&path).await;
    let job = done.is(200);
    assert_eq!(
        (&job["status"], &job["history"][0]["outcome"]),
        (&json!("completed"), &json!("completed")),
        "{job}"
    );
    assert_eq!(done.header("retry-after"), None);
    let after = admin.post("/assessments/generate", &body).await.is(202);
    assert_eq!(
        (&after["job_id"], &after["deduplicated"]),
        (&first["job_id"], &json!(true))
    );
    job["result"]["assessment_definition_id"]
        .as_str()
        .unwrap()
        .to_owned()
}

/// Rejects one item, publishes the rest; returns the published items with their keys.
async fn review_and_publish(admin: &Client, definition: &str) -> Items {
    let path = format!("/assessments/definitions/{definition}");
    let draft = admin.get(&path).await.is(200);
    let items = items_of(&draft);
    let kinds: BTreeSet<&str> = items.values().map(|item| item.body.kind().as_str()).collect();
    assert!(
        items.len() >= 12 && kinds.len() >= 5,
        "{} items of {kinds:?}",
        items.len()
    );
    assert!(
        items.values().all(|item| item.source.is_some()),
        "an item without its source span"
    );

    let rejected = draft["sections"][0]["items"][0]["item_id"].as_str().unwrap();
    let review = json!({
        "title": "Databases, reviewed",
        "items": [{ "item_id": rejected, "review": "rejected", "note": "too easy" }],
    });
    let changed = admin.patch(&path, &review).await.is(200);
    assert_eq!(changed["sections"][0]["items"][0]["review"], "rejected");
    let published = admin.post(&format!("{path}/publish"), &json!({})).await.is(201);
    assert_eq!(
        (&published["version"], &published["items"]),
        (&json!(1), &json!(items.len() - 1))
    );
    assert_eq!(admin.get(&path).await.is(200)["status"], "published");
    items.into_iter().filter(|(id, _)| id != rejected).collect()
}

fn items_of(draft: &Value) -> Items {
    let sections = draft["sections"].as_array().unwrap();
    let items = sections
        .iter()
        .flat_map(|section| section["items"].as_array().unwrap());
    let content = |item: &Value| {
        let id = item["item_id"].as_str().unwrap().to_owned();
        (id, serde_json::from_value(item.clone()).unwrap())
    };
    items.map(content).collect()
}

/// A new student registers, takes the assessment by a script, and waits for the result.
async fn result_of(app: &TestApp, definition: &str, items: &Items, (name, script): (&str, Script)) -> Value {
    let student = registered(app, name).await;
    let available = student.get("/assessments/available").await.is(200);
    let offered = &available["items"][0];
    assert_eq!(
        (&offered["assessment_definition_id"], &offered["items"]),
        (&json!(definition), &json!(items.len()))
    );
    let body = json!({ "assessment_definition_id": definition });
    let opted_in = student.post("/sessions/opt-in", &body).await.is(201);
    let session = opted_in["session_id"].as_str().unwrap();
    take(&student, session, items, script).await;
    assert_pending(&student, session).await;
    app.advance(20 * SECOND);
    let status = student.get(&format!("/assessments/{session}/status")).await;
    assert_eq!(
        status.header("retry-after"),
        Some("2"),
        "waiting longer means asking less often"
    );
    app.drain_jobs().await;
    assert_scored(&student, session, &status).await;
    student
        .get(&format!("/assessments/{session}/result"))
        .await
        .is(200)
}

async fn registered(app: &TestApp, name: &str) -> Client {
    let email = format!("{name}@example.org");
    let account = json!({ "email": email, "password": PASSWORD, "display_name": name });
    app.anonymous().post("/auth/register", &account).await.is(201);
    let login = json!({ "email": email, "password": PASSWORD });
    let session = app.anonymous().post("/auth/login", &login).await.is(200);
    app.anonymous()
        .with_token(session["tokens"]["access_token"].as_str().unwrap())
}

/// Section by section: the first answers are saved one by one, the rest goes with the section.
async fn take(student: &Client, session: &str, items: &Items, script: Script) {
    let mut view = student
        .post("/sessions/start", &json!({ "session_id": session }))
        .await
        .is(200);
    let mut sequence = 0;
    while let Some(section) = view["current_section"].as_object().cloned() {
        let questions: Vec<&str> = section["questions"]
            .as_array()
            .unwrap()
            .iter()
            .map(|question| question["question_id"].as_str().unwrap())
            .collect();
        let answer =
            |question: &&str| script.map(|script| ((*question).to_owned(), script(&items[*question])));
        let answers: Map<String, Value> = questions.iter().filter_map(answer).collect();
        if let Some((question, answer)) = answers.iter().next() {
            let body = json!({ "responses": [{ "question_id": question, "answer": answer }] });
            let saved = student
                .post(&format!("/assessments/{session}/responses"), &body)
                .await
                .is(202);
            let given = saved["saved"][0]["seq"].as_u64().unwrap();
            assert!(given > sequence, "{given} after {sequence}");
            sequence = given + answers.len() as u64;
        }
        let body = json!({
            "section_id": section["section_id"], "section_index": section["section_index"], "answers": answers,
        });
        student
            .post(&format!("/sessions/{session}/submit-section"), &body)
            .await
            .is(200);
        view = student.get(&format!("/sessions/{session}")).await.is(200);
    }
    assert_eq!(view["current_section_index"], view["section_count"]);
    student
        .post(&format!("/sessions/{session}/complete"), &json!({}))
        .await
        .is(202);
}

/// Rules have scored, texts are queued; asking again costs nothing.
async fn assert_pending(student: &Client, session: &str) {
    let path = format!("/assessments/{session}/status");
    let reply = student.get(&path).await;
    let status = reply.is(200);
    assert_eq!(status["status"], "awaiting_async");
    assert_eq!(status["stages"][0]["status"], "completed", "{status}");
    assert_eq!(reply.header("retry-after"), Some("1"));
    let tag = reply.header("etag").unwrap();
    let unchanged = Reply::to(student.request(Method::GET, &path).header("if-none-match", tag)).await;
    assert_eq!((unchanged.status, unchanged.text.as_str()), (304, ""));
    assert_eq!(unchanged.header("retry-after"), Some("1"));
    let pending = student
        .get(&format!("/assessments/{session}/result"))
        .await
        .is(202);
    assert_eq!(
        pending,
        json!({ "assessment_id": session, "status": "awaiting_async" })
    );
}

async fn assert_scored(student: &Client, session: &str, before: &Reply) {
    let path = format!("/assessments/{session}/status");
    let request = student
        .request(Method::GET, &path)
        .header("if-none-match", before.header("etag").unwrap());
    let reply = Reply::to(request).await;
    let status = reply.is(200);
    assert_eq!(
        (&status["status"], &status["overall_progress"]),
        (&json!("completed"), &json!(100))
    );
    let names: Vec<&str> = status["stages"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|stage| stage["name"].as_str())
        .collect();
    assert_eq!(names, ["rule_score", "gpt", "rag", "fusion"]);
    assert_eq!(
        (
            reply.header("retry-after"),
            status["stages"][2]["status"].as_str()
        ),
        (None, Some("skipped"))
    );
    assert!(
        status["jobs"]
            .as_array()
            .unwrap()
            .iter()
            .all(|job| job["status"] == "completed"),
        "{status}"
    );
}

/// Words that are quoted as evidence stand in the answer, where the quote says.
fn assert_evidence_is_verbatim(result: &Value) {
    let mut quotes = 0;
    for item in result["scores"]["items"].as_array().unwrap() {
        let answer: Vec<char> = item["answer"].as_str().unwrap_or_default().chars().collect();
        let criteria = item["criteria"].as_array().unwrap().iter();
        for quote in
            criteria.flat_map(|criterion| criterion["evidence"].as_array().cloned().unwrap_or_default())
        {
            let at = |end: &str| usize::try_from(quote[end].as_u64().unwrap()).unwrap();
            let words: String = answer[at("start")..at("end")].iter().collect();
            assert_eq!(quote["text"], json!(words), "{item}");
            quotes += 1;
        }
    }
    assert!(quotes > 0, "no evidence behind any point: {result}");
}
