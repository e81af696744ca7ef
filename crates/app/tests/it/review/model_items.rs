//! Items that a language model writes, behind the same gate as the others.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use domain::authoring::blueprint::Blueprint;
use domain::authoring::generator::{SourceText, generate};
use domain::authoring::item::{CognitiveLevel, ItemBody, ItemContent, ItemKind};
use domain::identity::Role;
use domain::ids::SyllabusId;
use domain::llm::Day;
use domain::time::Clock as _;
use providers::{Answer, Question, ScriptedProvider, Wire};
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use testkit::Backend;
use touchstone::config::{Config, Secret};

use super::Draft;
use super::regeneration::TEXT;
use crate::support::{Client, Reply, SECOND, TestApp};

on_both_databases!(
    what_a_model_writes_passes_the_gate_or_is_dropped_with_its_rule,
    without_a_model_that_answers_the_draft_is_made_offline_and_says_so,
    without_money_no_model_is_asked,
    whoever_has_to_wait_waits_and_pays_nothing_twice,
    a_rejected_item_is_written_anew,
    where_no_model_is_configured_none_can_be_asked_for,
);

const MODEL: &str = "openai/gpt-4o-mini";

fn blueprint() -> Value {
    json!({ "writer": "model", "kinds": ["multiple_choice", "true_false"], "items_per_section": 4, "essays": 0 })
}

/// Sound items about the text, as the offline makers make them.
fn sound() -> Vec<ItemContent> {
    let source = SourceText {
        syllabus_id: SyllabusId(uuid::Uuid::nil()),
        subject: "Databases".to_owned(),
        pages: vec![TEXT.to_owned()],
    };
    let blueprint = Blueprint {
        kinds: Some(vec![ItemKind::MultipleChoice, ItemKind::TrueFalse]),
        items_per_section: 12,
        ..Blueprint::default()
    };
    let made = generate(&[source], &blueprint, 3).unwrap();
    made.sections
        .into_iter()
        .flat_map(|section| section.items)
        .collect()
}

/// The data of a question, which stand between the lines of its boundary.
fn data(question: &Question) -> Vec<Value> {
    let mut messages = question.messages.iter().rev();
    let framed = messages.find(|message| message.text.contains("The data end above"));
    let lines: Vec<&str> = framed.unwrap().text.lines().collect();
    let end = lines.iter().rposition(|line| *line == lines[0]).unwrap();
    let data: Value = serde_json::from_str(&lines[1..end].join("\n")).unwrap();
    data.get("sentences").unwrap_or(&data).as_array().unwrap().clone()
}

/// An item as a model writes it.
fn entry(item: &ItemContent, sentences: &[Value]) -> Value {
    let quote = &item.source.as_ref().unwrap().quote;
    let cited = sentences
        .iter()
        .filter(|sentence| quote.contains(sentence["text"].as_str().unwrap()));
    let (options, key, truth) = match &item.body {
        ItemBody::MultipleChoice { options, key, .. } => {
            let right = options.iter().position(|option| option.id == key[0]).unwrap() + 1;
            let texts: Vec<&str> = options.iter().map(|option| option.text.as_str()).collect();
            (json!(texts), json!([right]), Value::Null)
        }
        ItemBody::TrueFalse { key, .. } => (json!([]), json!([]), json!(key)),
        other => panic!("{other:?}"),
    };
    json!({
        "order": 1, "kind": item.body.kind(), "stem": item.stem, "options": options, "key": key, "truth": truth,
        "answers": [], "reference": null, "ideas": [],
        "sentences": cited.map(|sentence| sentence["number"].clone()).collect::<Vec<_>>(),
        "cognitive_level": item.cognitive_level, "difficulty": item.difficulty,
    })
}

/// The right answer to an item without its key.
fn answer(items: &[ItemContent], shown: &Value) -> Value {
    let item = items
        .iter()
        .find(|item| shown["stem"] == json!(item.stem))
        .unwrap();
    let (options, truth) = match &item.body {
        ItemBody::MultipleChoice { options, key, .. } => {
            let right = options.iter().find(|option| option.id == key[0]).unwrap();
            let texts = shown["options"].as_array().unwrap();
            let at = texts.iter().position(|text| *text == json!(right.text)).unwrap() + 1;
            (json!([at]), Value::Null)
        }
        ItemBody::TrueFalse { key, .. } => (json!([]), json!(key)),
        other => panic!("{other:?}"),
    };
    json!({
        "item": shown["item"], "options": options, "truth": truth, "words": [],
        "cognitive_level": item.cognitive_level, "given_away": false,
    })
}

/// Writes the items that are wanted, those it has not written before, and answers them rightly.
fn writes(items: Vec<ItemContent>) -> impl Fn(&Question) -> Answer + Send + Sync + 'static {
    let written = AtomicUsize::new(0);
    move |question| {
        let said = if question.messages[0].text.starts_with("You write items") {
            let task: Value = serde_json::from_str(&question.messages[1].text).unwrap();
            let count = usize::try_from(task["orders"][0]["count"].as_u64().unwrap()).unwrap();
            let from = written.fetch_add(count, Ordering::SeqCst);
            let sentences = data(question);
            let new = items.iter().skip(from).take(count);
            json!({ "items": new.map(|item| entry(item, &sentences)).collect::<Vec<_>>() })
        } else {
            json!({ "answers": data(question).iter().map(|shown| answer(&items, shown)).collect::<Vec<_>>() })
        };
        Answer::words(said.to_string())
    }
}

async fn app_asking(
    backend: Backend,
    provider: &ScriptedProvider,
    change: impl FnOnce(&mut Config),
) -> TestApp {
    let (base_url, key) = (provider.base_url(), provider.key());
    TestApp::configured(backend, |config| {
        config.llm.order = vec!["openai".to_owned()];
        config.llm.openai.base_url = base_url;
        config.llm.openai.api_key = Secret::new(key);
        // A clock that stands still gives no turn back.
        config.llm.openai.requests_per_minute = 0;
        config.llm.openai.tokens_per_minute = 0;
        change(config);
    })
    .await
}

/// Asks for a draft of the text; the path of its job.
async fn asked_for(admin: &Client) -> String {
    let file = Part::bytes(TEXT.as_bytes()).file_name("locks.md");
    let form = Form::new().part("files[]", file).text("subject", "Databases");
    let upload = admin.request(reqwest::Method::POST, "/admin/syllabus/upload");
    Reply::to(upload.multipart(form)).await.is(201);
    let body = json!({ "blueprint": blueprint() });
    let asked = admin.post("/assessments/generate", &body).await.is(202);
    format!("/jobs/{}", asked["job_id"].as_str().unwrap())
}

/// The result of the job, which has run, and its draft.
async fn made(app: &TestApp, admin: &Client, job: &str) -> (Value, Draft) {
    let job = admin.get(job).await.is(200);
    assert_eq!(job["status"], "completed", "{job}");
    let result = job["result"].clone();
    let id = serde_json::from_value(result["assessment_definition_id"].clone()).unwrap();
    let draft = Draft::before(app.client(Role::Advisor, 1).await, id);
    (result, draft)
}

fn by_models(items: &[Value]) -> usize {
    items.iter().filter(|item| item["written_by"] == MODEL).count()
}

async fn what_a_model_writes_passes_the_gate_or_is_dropped_with_its_rule(backend: Backend) {
    let provider = ScriptedProvider::start(Wire::OpenAi).unwrap();
    let mut items = sound();
    // The second one demands another thing than it says.
    items[1].cognitive_level = CognitiveLevel::Create;
    let refused = items[1].stem.clone();
    provider.by_default(writes(items));
    let app = app_asking(backend, &provider, |_| {}).await;
    let admin = app.admin().await;
    let job = asked_for(&admin).await;
    app.drain_jobs().await;
    let (result, draft) = made(&app, &admin, &job).await;
    let shown = draft.items().await;
    assert_eq!((shown.len(), by_models(&shown)), (4, 4), "{result}");
    assert_eq!(
        (&result["written_by_models"], &result["degraded_reasons"]),
        (&json!(4), &json!([]))
    );
    let detail = draft.shown().await;
    let dropped = detail["dropped"].as_array().unwrap();
    let own = dropped
        .iter()
        .find(|dropped| dropped["stem"] == json!(refused))
        .unwrap();
    assert_eq!(
        (&own["rule"], &own["tries"]),
        (&json!("blueprint"), &json!(1)),
        "{own}"
    );
    // A second try replaced it: two tries of three questions.
    assert_eq!(provider.ledger().len(), 6);
    for purpose in ["write_items", "answer_open", "answer_closed"] {
        let calls = format!("llm_calls WHERE state = 'answered' AND purpose = '{purpose}'");
        assert_eq!(app.count(&calls, &[]).await, 2, "{purpose}");
    }
    let booked = app
        .state
        .store
        .llm_booked(Day::of(app.database.clock.now()))
        .await
        .unwrap();
    assert_eq!(u64::try_from(booked.0).unwrap(), provider.bill_micro_dollars());
}

async fn without_a_model_that_answers_the_draft_is_made_offline_and_says_so(backend: Backend) {
    let provider = ScriptedProvider::start(Wire::OpenAi).unwrap();
    provider.by_default(|_| Answer::status(503));
    let app = app_asking(backend, &provider, |_| {}).await;
    let admin = app.admin().await;
    let job = asked_for(&admin).await;
    app.drain_jobs().await;
    let (result, draft) = made(&app, &admin, &job).await;
    let shown = draft.items().await;
    assert_eq!((shown.len(), by_models(&shown)), (4, 0));
    assert_eq!(result["degraded_reasons"], json!(["llm_unavailable"]));
}

async fn without_money_no_model_is_asked(backend: Backend) {
    let provider = ScriptedProvider::start(Wire::OpenAi).unwrap();
    let app = app_asking(backend, &provider, |config| config.llm.day_cap_dollars = 0.0).await;
    let admin = app.admin().await;
    let job = asked_for(&admin).await;
    app.drain_jobs().await;
    let (result, draft) = made(&app, &admin, &job).await;
    assert_eq!(by_models(&draft.items().await), 0);
    assert_eq!(
        (&result["degraded_reasons"], provider.ledger().len()),
        (&json!(["budget"]), 0)
    );
}

async fn whoever_has_to_wait_waits_and_pays_nothing_twice(backend: Backend) {
    let provider = ScriptedProvider::start(Wire::OpenAi).unwrap();
    let (honest, asked) = (writes(sound()), AtomicUsize::new(0));
    provider.by_default(move |question| {
        if asked.fetch_add(1, Ordering::SeqCst) == 1 {
            Answer::too_many("20")
        } else {
            honest(question)
        }
    });
    let app = app_asking(backend, &provider, |_| {}).await;
    let admin = app.admin().await;
    let job = asked_for(&admin).await;
    app.drain_jobs().await;
    assert_eq!(admin.get(&job).await.is(200)["status"], "queued");
    app.advance(Duration::from_secs(10));
    app.drain_jobs().await;
    assert_eq!(provider.ledger().len(), 2, "nobody is asked before its time");
    app.advance(15 * SECOND);
    app.drain_jobs().await;
    let (result, draft) = made(&app, &admin, &job).await;
    assert_eq!(by_models(&draft.items().await), 4, "{result}");
    // Write once, answer open twice (the first was refused), answer closed once.
    assert_eq!(provider.ledger().len(), 4);
}

async fn a_rejected_item_is_written_anew(backend: Backend) {
    let provider = ScriptedProvider::start(Wire::OpenAi).unwrap();
    let items = Arc::new(sound());
    provider.by_default(writes(items.to_vec()));
    let app = app_asking(backend, &provider, |_| {}).await;
    let admin = app.admin().await;
    let job = asked_for(&admin).await;
    app.drain_jobs().await;
    let (_, draft) = made(&app, &admin, &job).await;
    let before = draft.items().await;
    let old = before[0]["item_id"].as_str().unwrap();
    let kind = before[0]["body"]["kind"].clone();
    let of_the_kind = items
        .iter()
        .skip(4)
        .filter(|item| json!(item.body.kind()) == kind)
        .cloned();
    provider.by_default(writes(of_the_kind.collect()));
    let asked = draft
        .step(old, "regenerate", &json!({ "reason": "too easy" }))
        .await
        .is(202);
    app.drain_jobs().await;
    let path = format!("/jobs/{}", asked["job_id"].as_str().unwrap());
    let result = admin.get(&path).await.is(200)["result"].clone();
    assert_eq!(result["outcome"], "replaced", "{result}");
    let new = draft.item(result["item_id"].as_str().unwrap()).await;
    assert_eq!((&new["written_by"], &new["body"]["kind"]), (&json!(MODEL), &kind));
    assert_eq!(draft.items().await.len(), before.len());
}

async fn where_no_model_is_configured_none_can_be_asked_for(backend: Backend) {
    let app = TestApp::start(backend).await;
    let admin = app.admin().await;
    let body = json!({ "blueprint": blueprint() });
    let refused = admin.post("/assessments/generate", &body).await.is(422);
    assert_eq!(refused["errors"][0]["pointer"], "/blueprint/writer", "{refused}");
    let unknown = json!({ "blueprint": { "writer": "ghost" } });
    admin.post("/assessments/generate", &unknown).await.is(422);
}
