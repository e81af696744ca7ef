//! One item made anew: a job, its result, and what is kept.

use domain::identity::Role;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use testkit::Backend;

use super::Draft;
use crate::support::{Reply, SYLLABUS, TestApp, picked};

/// A text soon has no more items than this.
const MOST_ROUNDS: usize = 60;

/// A dozen definitions.
pub(super) const TEXT: &str = "# Locks\n\n\
    A lock is a mark that keeps other transactions from a row. \
    A deadlock is a situation in which two transactions wait for each other. \
    A transaction is a group of statements that takes effect as a whole. \
    A rollback is an operation that undoes every change of a transaction. \
    An index is a structure that finds rows without reading the whole table. \
    A constraint is a rule that every row of a table has to keep. \
    A trigger is a procedure that the database runs whenever a row changes. \
    A view is a stored query that is read like a table. \
    A checkpoint is a moment at which all changed pages have been written to disk. \
    A replica is a copy of a database that follows the changes of its original. \
    A cursor is a position in the result of a query from which rows are fetched one by one. \
    A snapshot is a picture of the database as it was at one moment.\n";

on_both_databases!(
    an_item_is_replaced_by_another_of_its_cell,
    when_the_text_has_no_more_the_job_says_so,
    an_item_that_is_judged_meanwhile_is_not_replaced,
);

/// A draft made from a text.
async fn generated(app: &TestApp, file: Part) -> Draft {
    let admin = app.admin().await;
    let form = Form::new().part("files[]", file).text("subject", "Databases");
    let upload = admin.request(reqwest::Method::POST, "/admin/syllabus/upload");
    Reply::to(upload.multipart(form)).await.is(201);
    let asked = admin.post("/assessments/generate", &json!({})).await.is(202);
    app.drain_jobs().await;
    let job = format!("/jobs/{}", asked["job_id"].as_str().unwrap());
    let id = admin.get(&job).await.is(200)["result"]["assessment_definition_id"].clone();
    Draft::before(
        app.client(Role::Advisor, 1).await,
        serde_json::from_value(id).unwrap(),
    )
}

/// The result of the job that was asked for.
async fn result_of(app: &TestApp, draft: &Draft, asked: &Value) -> Value {
    app.drain_jobs().await;
    let path = format!("/jobs/{}", asked["job_id"].as_str().unwrap());
    let job = draft.reviewer.get(&path).await.is(200);
    assert_eq!(job["status"], "completed", "{job}");
    job["result"].clone()
}

async fn an_item_is_replaced_by_another_of_its_cell(backend: Backend) {
    let app = TestApp::start(backend).await;
    let draft = generated(&app, Part::bytes(SYLLABUS).file_name("syllabus.pdf")).await;
    let before = draft.items().await;
    let old = &before[1];
    let id = old["item_id"].as_str().unwrap();
    let body = json!({ "reason": "too easy", "revision": 1 });
    let asked = draft.step(id, "regenerate", &body).await.is(202);
    assert_eq!(
        picked(&asked, &["status", "deduplicated"]),
        json!(["queued", false])
    );
    assert_eq!(draft.item(id).await["review"], "rejected");
    let again = draft.step(id, "regenerate", &json!({})).await.is(202);
    assert_eq!(
        picked(&again, &["job_id", "deduplicated"]),
        json!([asked["job_id"], true])
    );

    let result = result_of(&app, &draft, &asked).await;
    assert_eq!(
        picked(&result, &["outcome", "replaced_item_id"]),
        json!(["replaced", id])
    );
    assert!(
        result["tries"]
            .as_u64()
            .is_some_and(|tries| (1..=3).contains(&tries))
    );
    let after = draft.items().await;
    assert_eq!(after.len(), before.len());
    assert_eq!(after[1]["item_id"], result["item_id"]);
    assert_eq!(picked(&after[1], &["review", "version"]), json!(["pending", 1]));
    let cell = ["topic", "cognitive_level", "difficulty"];
    assert_eq!(picked(&after[1], &cell), picked(old, &cell));
    assert!(after[1]["source"].is_object(), "{}", after[1]);
    assert!(before.iter().all(|item| item["stem"] != after[1]["stem"]));
    let kept = &draft.shown().await["replaced"];
    assert_eq!(
        picked(&kept[0], &["item_id", "reason", "replaced_by", "stem"]),
        json!([id, "too easy", result["item_id"], old["stem"]])
    );
    for step in ["accept", "reject", "reopen", "regenerate"] {
        let problem = draft.step(id, step, &json!({ "reason": "x" })).await.is(409);
        assert_eq!(
            picked(&problem, &["from_state", "event"]),
            json!(["replaced", step])
        );
    }
    let edited = draft.edit(id, &super::reworded("What is it?")).await.is(409);
    assert_eq!(edited["from_state"], "replaced");
}

async fn when_the_text_has_no_more_the_job_says_so(backend: Backend) {
    let app = TestApp::start(backend).await;
    let draft = generated(&app, Part::text(TEXT).file_name("locks.md")).await;
    let mut id = draft.ids().await[0].clone();
    for _ in 0..MOST_ROUNDS {
        let asked = draft
            .step(&id, "regenerate", &json!({ "reason": "too easy" }))
            .await
            .is(202);
        let result = result_of(&app, &draft, &asked).await;
        app.advance(std::time::Duration::from_mins(1));
        if let Some(next) = result["item_id"].as_str() {
            next.clone_into(&mut id);
            continue;
        }
        assert_eq!(result["outcome"], "gave_up");
        assert!(
            result["tries"].as_u64().is_some_and(|tries| tries <= 3),
            "{result}"
        );
        let item = draft.item(&id).await;
        assert_eq!(
            picked(&item, &["review", "review_note"]),
            json!(["rejected", "too easy"])
        );
        let again = draft.step(&id, "regenerate", &json!({})).await.is(202);
        assert_eq!(again["deduplicated"], false, "the next round is another job");
        assert_ne!(again["job_id"], asked["job_id"]);
        result_of(&app, &draft, &again).await;
        let gave_up = "audit_log WHERE action = 'authoring.regeneration_gave_up'";
        assert!(app.count(gave_up, &[]).await >= 1);
        return;
    }
    panic!("a short text gave {MOST_ROUNDS} items in one cell");
}

async fn an_item_that_is_judged_meanwhile_is_not_replaced(backend: Backend) {
    let app = TestApp::start(backend).await;
    let draft = generated(&app, Part::text(TEXT).file_name("locks.md")).await;
    let id = draft.ids().await[0].clone();
    let asked = draft
        .step(&id, "regenerate", &json!({ "reason": "too easy" }))
        .await
        .is(202);
    draft.step(&id, "reopen", &json!({})).await.is(200);
    draft.accept(&id).await.is(200);
    app.drain_jobs().await;
    let path = format!("/jobs/{}", asked["job_id"].as_str().unwrap());
    assert_eq!(draft.reviewer.get(&path).await.is(200)["status"], "cancelled");
    assert_eq!(draft.item(&id).await["review"], "accepted");
    assert_eq!(app.count("replaced_items", &[]).await, 0);
}
