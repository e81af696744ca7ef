//! From a submitted track to recommended micro-credentials with evidence.

use std::fs::File;
use std::sync::atomic::{AtomicUsize, Ordering};

use domain::identity::Role;
use outbound::embeddings::FILES;
use providers::{Answer, Question, ScriptedProvider, Wire};
use reqwest::Method;
use serde_json::{Value, json};
use testkit::Backend;
use uuid::Uuid;

use super::llm_scoring::{asking, graded};
use super::support::{Client, Reply, TestApp};

on_both_databases!(
    what_an_answer_lacks_is_recommended_with_evidence_that_joins_up,
    without_a_catalogue_the_stage_is_skipped,
    nothing_that_fits_is_an_answer,
    a_model_says_the_reasons_in_other_words_and_nothing_else,
    what_cannot_be_looked_for_is_replaced_by_what_is_popular,
    a_cancelled_search_neither_recommends_nor_hurries,
    a_search_that_is_put_back_waits_for_the_answers,
    models_in_trouble_are_not_asked_for_words,
    where_sentences_cannot_be_compared_what_is_popular_stands_in,
    a_held_result_holds_its_recommendation,
    a_voided_attempt_is_recommended_nothing,
    an_entry_that_changes_or_goes_stays_what_it_was_in_recommendations,
    sessions_are_recommended_nothing,
);

const JOINS: &str = "sql-joins";

fn item(stem: &str, skill: &str, body: &Value) -> Value {
    json!({
        "stem": stem, "marks": 2.0, "topic": "Outer joins", "cognitive_level": "understand", "difficulty": "easy",
        "skills": [skill], "body": body,
    })
}

/// A track with one question of a rule and one text, both about joins, and a question about HTTP.
async fn track(app: &TestApp, settings: Value) {
    let criteria = json!([{
        "id": "accuracy", "name": "Accuracy", "description": "Is right.", "weight": 1.0, "concepts": [], "levels": [],
    }]);
    let text = json!({
        "kind": "short_answer", "reference": "A left join keeps every row of the left table.",
        "rubric": { "floor": 0.0, "criteria": criteria },
    });
    let track = json!({
        "slug": "data", "title": "Data", "description": "",
        "skills": [
            { "skill": JOINS, "name": "SQL joins", "target_level": 80.0 },
            { "skill": "http-apis", "name": "HTTP APIs", "target_level": 60.0 },
        ],
        "settings": settings,
        "items": [
            item("An inner join keeps every row.", JOINS, &json!({ "kind": "true_false", "key": false })),
            item("What does a left join keep?", JOINS, &text),
            item("GET is safe.", "http-apis", &json!({ "kind": "true_false", "key": true })),
        ],
    });
    app.admin().await.post("/tracks", &track).await.is(201);
}

async fn entry(app: &TestApp, title: &str, description: &str, skills: &[&str]) -> Value {
    let entry = json!({
        "title": title, "provider": "Open School", "description": description, "url": "https://school.test/c",
        "level": "foundation", "effort_hours": 12, "skills": skills,
    });
    app.admin()
        .await
        .post("/catalog/credentials", &entry)
        .await
        .is(201)
}

async fn joins(app: &TestApp) -> Value {
    let description = "Practises SQL joins with exercises. Outer joins keep rows that find no partner.";
    entry(app, "Joining tables", description, &[JOINS]).await
}

/// Somebody who knows HTTP and no joins, and has submitted.
struct Submitted {
    student: Client,
    id: Uuid,
}

impl Submitted {
    async fn by(app: &TestApp, number: u32) -> Self {
        let student = app.student(number).await;
        let start = json!({ "role_slug": "data" });
        let started = student.post("/assessments/start", &start).await.is(201);
        let id = serde_json::from_value(started["assessment_id"].clone()).unwrap();
        let answer = |question: &Value| {
            let answer = match (question["type"].as_str(), question["prompt"].as_str()) {
                (Some("short_answer"), _) => json!("It drops the rows that do not fit."),
                (_, _) => json!(true),
            };
            json!({ "question_id": question["question_id"], "answer": answer })
        };
        let questions = started["questions"].as_array().unwrap();
        let responses: Vec<Value> = questions.iter().map(answer).collect();
        let taken = Self { student, id };
        let body = json!({ "responses": responses });
        taken.post("responses", &body).await.is(202);
        taken.post("submit", &json!({})).await.is(202);
        taken
    }

    async fn post(&self, action: &str, body: &Value) -> Reply {
        let path = format!("/assessments/{}/{action}", self.id);
        self.student.post(&path, body).await
    }

    async fn get(&self, what: &str) -> Reply {
        self.student
            .get(&format!("/assessments/{}/{what}", self.id))
            .await
    }

    async fn scored(&self, app: &TestApp) -> Value {
        app.drain_jobs().await;
        self.get("result").await.is(200)
    }

    /// The job of this kind.
    async fn job(&self, kind: &str) -> Value {
        let status = self.get("status").await.is(200);
        let jobs = status["jobs"].as_array().unwrap();
        jobs.iter().find(|job| job["job_type"] == kind).unwrap()["job_id"].clone()
    }

    async fn stages(&self) -> Vec<String> {
        let status = self.get("status").await.is(200);
        let stages = status["stages"].as_array().unwrap().iter();
        stages
            .map(|stage| stage["status"].as_str().unwrap().to_owned())
            .collect()
    }
}

async fn what_an_answer_lacks_is_recommended_with_evidence_that_joins_up(backend: Backend) {
    let app = TestApp::start(backend).await;
    track(&app, json!({})).await;
    let right = joins(&app).await;
    entry(&app, "Baking bread", "Flour, water and patience.", &["baking"]).await;
    let taken = Submitted::by(&app, 1).await;
    assert_eq!(
        taken.stages().await,
        ["completed", "in_progress", "pending", "pending"]
    );
    let result = taken.scored(&app).await;
    assert_eq!(taken.stages().await, ["completed"; 4]);
    assert_eq!(result["recommendation_outcome"], "recommended", "{result}");
    assert!(result["recommendation_id"].is_string() && result["recommendation_summary"].is_string());
    assert!(result["metrics"]["rag_latency_ms"].is_u64());
    let items = result["recommendation_items"].as_array().unwrap();
    assert_eq!(items.len(), 1, "{result}");
    let item = &items[0];
    assert_eq!(
        (
            &item["credential_id"],
            &item["title"],
            &item["credential_version"],
            &item["worded_by"]
        ),
        (
            &right["credential_id"],
            &json!("Joining tables"),
            &json!(1),
            &Value::Null
        )
    );
    assert!((0.0..=1.0).contains(&item["confidence"].as_f64().unwrap()));
    let rationale = item["rationale"].as_str().unwrap();
    assert!(
        rationale.contains("SQL joins") && rationale.contains("[1]"),
        "{rationale}"
    );
    // From the answer over the skill to the sentence.
    let traces = result["traces"].as_array().unwrap();
    assert_eq!(item["source_trace_ids"][0], traces[0]["trace_id"]);
    assert_eq!(traces[0]["skill"], JOINS);
    assert_eq!(traces[0]["embedding_provider"], "lexical-hash");
    let description = right["description"].as_str().unwrap();
    assert!(
        description.contains(traces[0]["snippet"].as_str().unwrap()),
        "{result}"
    );
    let about = traces[0]["question_id"].clone();
    let scored = result["scores"]["items"].as_array().unwrap();
    let shown = scored.iter().find(|item| item["question_id"] == about).unwrap();
    assert!(shown["points"].as_f64().unwrap() < 2.0, "{shown}");
    let source = traces[0]["source_uri"].as_str().unwrap();
    let source = source.strip_prefix("/api/v1").unwrap();
    taken.student.get(source).await.is(200);
    assert_eq!(
        app.count("audit_log WHERE action = 'attempts.recommended'", &[])
            .await,
        1
    );
}

async fn without_a_catalogue_the_stage_is_skipped(backend: Backend) {
    let app = TestApp::start(backend).await;
    track(&app, json!({})).await;
    let taken = Submitted::by(&app, 1).await;
    let result = taken.scored(&app).await;
    assert_eq!(taken.stages().await[2], "skipped");
    assert_eq!(
        (
            &result["recommendation_id"],
            &result["recommendation_items"],
            &result["traces"]
        ),
        (&Value::Null, &json!([]), &json!([]))
    );
    assert_eq!(app.count("jobs WHERE kind = 'recommend'", &[]).await, 0);
}

async fn nothing_that_fits_is_an_answer(backend: Backend) {
    let app = TestApp::start(backend).await;
    track(&app, json!({})).await;
    entry(&app, "Baking bread", "Flour, water and patience.", &["baking"]).await;
    let result = Submitted::by(&app, 1).await.scored(&app).await;
    assert_eq!(
        (
            &result["recommendation_outcome"],
            &result["recommendation_items"],
            &result["degraded"]
        ),
        (&json!("nothing_fits"), &json!([]), &json!(false)),
        "{result}"
    );
    assert!(!result["recommendation_summary"].as_str().unwrap().is_empty());
}

const REASON: &str = "Your answers about joins leave room, and the cited sentence is about them [1].";

async fn a_model_says_the_reasons_in_other_words_and_nothing_else(backend: Backend) {
    let provider = ScriptedProvider::start(Wire::OpenAi).unwrap();
    let asked = AtomicUsize::new(0);
    provider.by_default(move |question: &Question| {
        if !asks_for_words(question) {
            return graded(question, 30.0);
        }
        let said = match asked.fetch_add(1, Ordering::SeqCst) {
            0 => json!({ "reasons": [{ "pick": 1, "text": REASON, "cites": [1] }] }),
            // The second candidate's question, and its repetition.
            _ => json!({ "reasons": [
                { "pick": 2, "credential_id": Uuid::nil(), "text": REASON, "cites": [1] },
                { "pick": 1, "text": "See <b>https://evil.test</b> for this one, please [1].", "cites": [1] },
            ] }),
        };
        Answer::words(said.to_string())
    });
    let app = TestApp::configured(backend, asking(&provider)).await;
    track(&app, json!({})).await;
    joins(&app).await;
    let worded = Submitted::by(&app, 1).await.scored(&app).await;
    let first = &worded["recommendation_items"][0];
    assert_eq!(
        (&first["rationale"], &first["worded_by"]),
        (&json!(REASON), &json!("openai/gpt-4o-mini")),
        "{worded}"
    );
    assert_eq!(asked_for_words(&provider), 1);
    let kept = Submitted::by(&app, 2).await.scored(&app).await;
    let items = kept["recommendation_items"].as_array().unwrap();
    assert_eq!(items.len(), 1);
    assert_eq!(items[0]["worded_by"], Value::Null, "{kept}");
    assert!(items[0]["rationale"].as_str().unwrap().contains("SQL joins"));
    assert_eq!(kept["degraded"], json!(false));
    // The question and its repetition; all of it in the journal.
    assert_eq!(asked_for_words(&provider), 3);
    assert_eq!(
        app.count("llm_calls WHERE purpose = 'word_reasons'", &[]).await,
        3
    );
}

fn asks_for_words(question: &Question) -> bool {
    question.messages[1].text.contains("\"picks\"")
}

fn asked_for_words(provider: &ScriptedProvider) -> usize {
    let ledger = provider.ledger();
    let questions = ledger.iter().filter_map(|entry| entry.question.as_deref());
    questions.filter(|question| asks_for_words(question)).count()
}

/// A job whose work is refused for good.
async fn what_cannot_be_looked_for_is_replaced_by_what_is_popular(backend: Backend) {
    let app = TestApp::start(backend).await;
    track(&app, json!({})).await;
    let popular = joins(&app).await;
    Submitted::by(&app, 1).await.scored(&app).await;
    let taken = Submitted::by(&app, 2).await;
    app.rows
        .execute("UPDATE jobs SET max_attempts = 1 WHERE kind = 'recommend' AND state = 'waiting'")
        .await;
    // What the track asks for cannot be read any more.
    app.rows.execute("UPDATE tracks SET skills = '{}'").await;
    let result = taken.scored(&app).await;
    assert_eq!(
        (&result["recommendation_outcome"], &result["degraded_reasons"]),
        (&json!("popular"), &json!(["retrieval_failed"])),
        "{result}"
    );
    let item = &result["recommendation_items"][0];
    assert_eq!(
        (
            &item["credential_id"],
            &item["confidence"],
            &item["source_trace_ids"]
        ),
        (&popular["credential_id"], &json!(0.5), &json!([]))
    );
    assert_eq!(taken.stages().await[2], "degraded");
    TestApp::expect_errors("job is dead");
    // Tried once more, it finds that it is too late.
    let retry = format!("/jobs/{}/retry", taken.job("recommend").await.as_str().unwrap());
    app.admin().await.post(&retry, &json!({})).await.is(200);
    assert_eq!(
        taken.stages().await,
        ["completed", "completed", "degraded", "completed"]
    );
    assert_eq!(taken.scored(&app).await, result);
    assert_eq!(taken.stages().await[2], "degraded");
}

async fn a_cancelled_search_neither_recommends_nor_hurries(backend: Backend) {
    let app = TestApp::start(backend).await;
    track(&app, json!({})).await;
    joins(&app).await;
    let taken = Submitted::by(&app, 1).await;
    let cancel = format!("/jobs/{}/cancel", taken.job("recommend").await.as_str().unwrap());
    app.admin().await.post(&cancel, &json!({})).await.is(200);
    assert_eq!(
        taken.stages().await,
        ["completed", "in_progress", "degraded", "pending"]
    );
    let result = taken.scored(&app).await;
    assert_eq!(
        (&result["scores"]["ungraded"], &result["recommendation_id"]),
        (&json!(0), &Value::Null)
    );
    assert_eq!(taken.stages().await[2], "degraded");
}

async fn a_search_that_is_put_back_waits_for_the_answers(backend: Backend) {
    let app = TestApp::start(backend).await;
    track(&app, json!({})).await;
    joins(&app).await;
    let taken = Submitted::by(&app, 1).await;
    let job = taken.job("recommend").await;
    let reason = json!({ "reason": "no verdict yet" });
    app.admin()
        .await
        .post("/ops/queues/llm/pause", &reason)
        .await
        .is(200);
    for done in ["cancel", "retry"] {
        let path = format!("/jobs/{}/{done}", job.as_str().unwrap());
        app.admin().await.post(&path, &json!({})).await.is(200);
    }
    app.drain_jobs().await;
    assert_eq!(app.count("recommendations", &[]).await, 0);
    app.admin()
        .await
        .post("/ops/queues/llm/resume", &json!({}))
        .await
        .is(200);
    app.drain_jobs().await;
    app.advance(std::time::Duration::from_secs(31));
    let result = taken.scored(&app).await;
    assert_eq!(result["recommendation_outcome"], "recommended", "{result}");
}

async fn models_in_trouble_are_not_asked_for_words(backend: Backend) {
    let provider = ScriptedProvider::start(Wire::OpenAi).unwrap();
    provider.by_default(|question: &Question| {
        if asks_for_words(question) {
            Answer::words(json!({ "reasons": [{ "pick": 1, "text": REASON, "cites": [1] }] }).to_string())
        } else {
            Answer::status(500)
        }
    });
    let app = TestApp::configured(backend, asking(&provider)).await;
    track(&app, json!({})).await;
    joins(&app).await;
    let result = Submitted::by(&app, 1).await.scored(&app).await;
    assert_eq!(result["degraded_reasons"], json!(["llm_unavailable"]));
    assert_eq!(result["recommendation_items"][0]["worded_by"], Value::Null);
    assert_eq!(asked_for_words(&provider), 0);
}

/// The files of the sentence model have the right lengths, and nothing in them.
async fn where_sentences_cannot_be_compared_what_is_popular_stands_in(backend: Backend) {
    let directory = tempfile::tempdir().unwrap();
    for file in &FILES {
        let empty = File::create(directory.path().join(file.name)).unwrap();
        empty.set_len(file.bytes).unwrap();
    }
    let models = directory.path().to_path_buf();
    let app = TestApp::configured(backend, |config| config.models.directory = models).await;
    track(&app, json!({})).await;
    joins(&app).await;
    let taken = Submitted::by(&app, 1).await;
    let result = taken.scored(&app).await;
    assert_eq!(
        (
            &result["recommendation_outcome"],
            &result["recommendation_items"],
            &result["degraded_reasons"]
        ),
        (&json!("popular"), &json!([]), &json!(["retrieval_failed"])),
        "{result}"
    );
    assert_eq!(taken.stages().await[2], "degraded");
}

async fn a_held_result_holds_its_recommendation(backend: Backend) {
    let app = TestApp::start(backend).await;
    track(&app, json!({ "hold_results": true })).await;
    joins(&app).await;
    let taken = Submitted::by(&app, 1).await;
    app.drain_jobs().await;
    let held = taken.get("result").await.is(202);
    assert_eq!(
        (&held["status"], &held["recommendation_items"]),
        (&json!("held"), &Value::Null)
    );
    let release = format!("/assessments/{}/release", taken.id);
    app.admin().await.post(&release, &json!({})).await.is(200);
    let result = taken.get("result").await.is(200);
    assert_eq!(result["recommendation_outcome"], "recommended");
}

async fn a_voided_attempt_is_recommended_nothing(backend: Backend) {
    let app = TestApp::start(backend).await;
    track(&app, json!({})).await;
    joins(&app).await;
    let taken = Submitted::by(&app, 1).await;
    let void = format!("/assessments/{}/void", taken.id);
    let body = json!({ "note": "Taken by mistake." });
    app.admin().await.post(&void, &body).await.is(200);
    app.drain_jobs().await;
    assert_eq!(app.count("recommendations", &[]).await, 0);
}

async fn an_entry_that_changes_or_goes_stays_what_it_was_in_recommendations(backend: Backend) {
    let app = TestApp::start(backend).await;
    track(&app, json!({})).await;
    let id = joins(&app).await["credential_id"].as_str().unwrap().to_owned();
    let taken = Submitted::by(&app, 1).await;
    let before = taken.scored(&app).await;
    let path = format!("/catalog/credentials/{id}");
    let admin = app.client(Role::Admin, 1).await;
    let change = json!({ "title": "Joining tables, second edition" });
    admin.patch(&path, &change).await.is(200);
    let later = Submitted::by(&app, 2).await.scored(&app).await;
    assert_eq!(
        (
            &later["recommendation_items"][0]["title"],
            &later["recommendation_items"][0]["credential_version"]
        ),
        (&change["title"], &json!(2)),
        "the index follows the catalogue: {later}"
    );
    Reply::to(admin.request(Method::DELETE, &path)).await.is(204);
    assert_eq!(taken.get("result").await.is(200), before);
    let gone = Submitted::by(&app, 3).await.scored(&app).await;
    assert_eq!(gone["recommendation_id"], Value::Null, "the catalogue is empty");
}

async fn sessions_are_recommended_nothing(backend: Backend) {
    let app = TestApp::start(backend).await;
    joins(&app).await;
    let published = app.publish_sample(domain::authoring::Settings::default()).await;
    let sitting = super::support::Sitting::started(&app, &published, 1).await;
    sitting.answer_and_complete().await;
    app.drain_jobs().await;
    assert_eq!(sitting.result().await.is(200)["recommendation_id"], Value::Null);
}
