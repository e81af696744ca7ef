//! Scores that people judge: the queue, what a marker is shown, verdicts and what they are refused for.

mod overseen;
mod refused;
mod shown;

use domain::authoring::Settings;
use domain::authoring::item::{ItemContent, ItemKind as K};
use domain::authoring::sample_answers::answer_key;
use domain::identity::Role;
use reqwest::Method;
use serde_json::{Value, json};
use testkit::Backend;

use super::support::{Client, Reply, Sitting, TestApp};

on_both_databases!(
    what_machines_are_unsure_of_waits_for_a_person,
    the_queue_is_sorted_and_filtered,
    an_override_counts_and_is_final,
    a_confirmation_is_a_record_of_a_person,
    two_verdicts_at_once_are_one,
    a_judged_text_calibrates_until_its_candidate_is_erased,
);

/// A language that the local scorer does not know.
pub(crate) const GERMAN: &str =
    "Eine Sperre lässt den zweiten Schreiber warten, bis der erste fertig ist, und das kostet Durchsatz.";
/// For staff.
const REASON: &str = "internal: the machine reads no German";
const RATIONALE: &str = "You name the cost and the reason.";

fn in_german(item: &ItemContent) -> Value {
    match item.body.kind() {
        K::Essay | K::ShortAnswer => json!(GERMAN),
        _ => answer_key(item),
    }
}

/// A scored sitting whose two texts are provisional.
pub(crate) async fn unsure(app: &TestApp, student: u32) -> Sitting {
    let published = app.publish_sample(Settings::default()).await;
    let sitting = Sitting::started(app, &published, student).await;
    sitting.submit_all_sections(in_german).await;
    sitting.complete().await.is(202);
    app.drain_jobs().await;
    sitting
}

/// What waits in a sitting, of one kind.
pub(crate) async fn waiting(staff: &Client, sitting: &Sitting, kind: K) -> Value {
    let queue = staff
        .get(&format!("/reviews?assessment_id={}", sitting.id))
        .await
        .is(200);
    let entries = queue["items"].as_array().unwrap();
    let found = entries.iter().find(|entry| entry["type"] == kind.as_str());
    found.unwrap_or(&Value::Null).clone()
}

/// The path of a review.
pub(crate) fn path(entry: &Value) -> String {
    format!("/reviews/{}", entry["review_id"].as_str().unwrap())
}

/// Every criterion gets this score.
pub(crate) fn all_criteria(score: f64) -> Value {
    let ids = [
        "relevance",
        "depth",
        "clarity",
        "completeness",
        "technical_accuracy",
    ];
    ids.iter()
        .map(|id| json!({ "criterion": id, "score": score, "rationale": RATIONALE }))
        .collect()
}

/// An override of what the entry shows.
pub(crate) fn override_of(entry: &Value, score: f64) -> Value {
    json!({ "decision": "override", "seen": entry["review_id"], "reason": REASON, "criteria": all_criteria(score) })
}

/// The candidate's result of one question.
pub(crate) async fn item(sitting: &Sitting, kind: K) -> Value {
    let result = sitting.result().await.is(200);
    let items = result["scores"]["items"].as_array().unwrap();
    let question = json!(sitting.question(kind));
    items
        .iter()
        .find(|item| item["question_id"] == question)
        .unwrap()
        .clone()
}

async fn what_machines_are_unsure_of_waits_for_a_person(backend: Backend) {
    let app = TestApp::start(backend).await;
    let sitting = unsure(&app, 1).await;
    let advisor = app.client(Role::Advisor, 1).await;
    let queue = advisor.get("/reviews").await.is(200);
    assert_eq!(queue["total"], 2, "{queue}");
    let entry = waiting(&advisor, &sitting, K::Essay).await;
    assert_eq!(entry["assessment_id"], json!(sitting.id));
    assert_eq!(entry["user_id"], json!(sitting.student.user().id));
    assert_eq!(entry["question_id"], json!(sitting.question(K::Essay)));
    assert_eq!(
        entry["assessment_definition_id"],
        json!(sitting.published.definition_id)
    );
    assert_eq!(entry["counts_because"], "low_confidence");
    assert_eq!(
        (&entry["provisional"], &entry["suspected_injection"]),
        (&json!(true), &json!(false))
    );
    assert!(entry["confidence"].as_f64().unwrap() < 0.6, "{entry}");
    assert_eq!(
        (&entry["gap_percent"], &entry["inquiry_id"]),
        (&Value::Null, &Value::Null)
    );
    assert!(entry["since"].is_string() && entry["title"].is_string());

    advisor
        .post(&path(&entry), &override_of(&entry, 80.0))
        .await
        .is(201);
    assert_eq!(waiting(&advisor, &sitting, K::Essay).await, Value::Null);
    let void = format!("/assessments/{}/void", sitting.id);
    app.admin().await.post(&void, &json!({})).await.is(200);
    assert_eq!(advisor.get("/reviews").await.is(200)["total"], 0);
}

async fn the_queue_is_sorted_and_filtered(backend: Backend) {
    let app = TestApp::start(backend).await;
    let first = unsure(&app, 1).await;
    app.advance(std::time::Duration::from_mins(5));
    let second = unsure(&app, 2).await;
    let admin = app.admin().await;
    let attempts = async |query: &str| -> Vec<Value> {
        let queue = admin.get(&format!("/reviews?{query}")).await.is(200);
        let entries = queue["items"].as_array().unwrap().clone();
        entries
            .iter()
            .map(|entry| entry["assessment_id"].clone())
            .collect()
    };
    let (one, two) = (json!(first.id), json!(second.id));
    assert_eq!(attempts("").await, [&one, &one, &two, &two].map(Value::clone));
    for order in ["age", "confidence", "disagreement", "injection"] {
        assert_eq!(attempts(&format!("order={order}")).await.len(), 4, "{order}");
    }
    let queue = admin.get("/reviews?order=confidence").await.is(200);
    let sure = |place: usize| queue["items"][place]["confidence"].as_f64().unwrap();
    assert!(sure(0) <= sure(1) && sure(1) <= sure(3), "{queue}");
    assert_eq!(
        attempts(&format!("assessment_id={}", second.id)).await,
        [two.clone(), two.clone()]
    );
    let definition = first.published.definition_id;
    assert_eq!(
        attempts(&format!("assessment_definition_id={definition}")).await,
        [one.clone(), one]
    );
    assert_eq!(attempts("reason=low_confidence").await.len(), 4);
    for reason in [
        "grader_failed",
        "awaits_person",
        "disagreement",
        "suspected_injection",
        "fail_awaits_person",
        "inquiry",
    ] {
        assert_eq!(attempts(&format!("reason={reason}")).await.len(), 0, "{reason}");
    }
    let page = admin.get("/reviews?page=2&page_size=10").await.is(200);
    assert_eq!(
        (&page["total"], page["items"].as_array().unwrap().len()),
        (&json!(4), 0)
    );
    for wrong in ["reason=person", "order=size", "page=0"] {
        let pointer = format!("/{}", wrong.split('=').next().unwrap());
        assert_eq!(
            admin.get(&format!("/reviews?{wrong}")).await.pointers(),
            [pointer]
        );
    }
}

async fn an_override_counts_and_is_final(backend: Backend) {
    let app = TestApp::start(backend).await;
    let sitting = unsure(&app, 1).await;
    let advisor = app.client(Role::Advisor, 1).await;
    assert_eq!(sitting.result().await.is(200)["provisional"], true);
    for (kind, points) in [(K::Essay, 8.0), (K::ShortAnswer, 4.0)] {
        let entry = waiting(&advisor, &sitting, kind).await;
        let decided = advisor
            .post(&path(&entry), &override_of(&entry, 80.0))
            .await
            .is(201);
        assert_eq!(
            (
                &decided["points"],
                &decided["counts_because"],
                &decided["calibrates"]
            ),
            (&json!(points), &json!("person"), &json!(true))
        );
        let shown = item(&sitting, kind).await;
        assert_eq!(
            (
                &shown["points"],
                &shown["scorer"],
                &shown["provisional"],
                &shown["counts_because"]
            ),
            (&json!(points), &json!("human"), &json!(false), &json!("person"))
        );
    }
    assert_eq!(sitting.result().await.is(200)["provisional"], false);
    assert_eq!(sitting.audited(&app, "reviews.decided").await, 2);
    // And once more, by a level; what was said before stays.
    let essay = item(&sitting, K::Essay).await;
    let record = record(&app, &sitting, K::Essay).await;
    let mut again = override_of(&json!({ "review_id": record }), 100.0);
    again["criteria"][0] = json!({ "criterion": "relevance", "level": "Proficient", "rationale": "r" });
    advisor.post(&format!("/reviews/{record}"), &again).await.is(201);
    let shown = item(&sitting, K::Essay).await;
    assert_eq!((&essay["points"], &shown["points"]), (&json!(8.0), &json!(9.5)));
    assert_eq!(shown["criteria"][0]["level"], "Proficient");
    assert_eq!(by_people(&app, &sitting, "cause = 'review:2'").await, 1);
}

/// How many records of people there are.
async fn by_people(app: &TestApp, sitting: &Sitting, which: &str) -> i64 {
    let rows = format!("score_records WHERE attempt_id = $1 AND scorer = 'human' AND {which}");
    app.count(&rows, &[sitting.id]).await
}

/// The record that counts for the question of a kind.
pub(crate) async fn record(app: &TestApp, sitting: &Sitting, kind: K) -> uuid::Uuid {
    let items: Vec<_> = sitting.published.items().collect();
    let place = items.iter().position(|item| item.content.body.kind() == kind);
    sitting.counting_record(app, place.unwrap()).await
}

async fn a_confirmation_is_a_record_of_a_person(backend: Backend) {
    let app = TestApp::start(backend).await;
    let sitting = unsure(&app, 1).await;
    let admin = app.admin().await;
    let before = item(&sitting, K::Essay).await;
    let entry = waiting(&admin, &sitting, K::Essay).await;
    let confirm = json!({ "decision": "confirm", "seen": entry["review_id"], "counts": entry["review_id"] });
    let first = admin.post_with_key(&path(&entry), "k", &confirm).await.is(201);
    assert_eq!(first["points"], before["points"]);
    admin
        .post_with_key(&path(&entry), "k", &confirm)
        .await
        .replays(&first);
    let after = item(&sitting, K::Essay).await;
    assert_eq!(
        (&after["points"], &after["criteria"]),
        (&before["points"], &before["criteria"])
    );
    assert_eq!(
        (&after["scorer"], &after["provisional"], &after["counts_because"]),
        (&json!("human"), &json!(false), &json!("person"))
    );
    assert_eq!(sitting.audited(&app, "reviews.decided").await, 1);
    assert_eq!(
        app.count("review_decisions WHERE decision = 'confirm'", &[])
            .await,
        1
    );
}

async fn two_verdicts_at_once_are_one(backend: Backend) {
    let app = TestApp::start(backend).await;
    let sitting = unsure(&app, 1).await;
    let (advisor, admin) = (app.client(Role::Advisor, 1).await, app.admin().await);
    let entry = waiting(&admin, &sitting, K::Essay).await;
    let (path, body) = (path(&entry), override_of(&entry, 80.0));
    let (one, other) = tokio::join!(advisor.post(&path, &body), admin.post(&path, &body));
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409], "{} {}", one.text, other.text);
    let refused: &Reply = if one.status == 409 { &one } else { &other };
    assert_eq!(refused.is(409)["type"], "/problems#review-changed");
    assert_eq!(by_people(&app, &sitting, "points IS NOT NULL").await, 1);
}

async fn a_judged_text_calibrates_until_its_candidate_is_erased(backend: Backend) {
    let app = TestApp::start(backend).await;
    let sitting = unsure(&app, 1).await;
    let admin = app.admin().await;
    for score in [80.0, 60.0] {
        let record = record(&app, &sitting, K::Essay).await;
        let body = override_of(&json!({ "review_id": record }), score);
        admin.post(&format!("/reviews/{record}"), &body).await.is(201);
    }
    // One answer, with the later grade; nobody who may not see the attempt is shown it.
    let kept = "exemplars WHERE attempt_id = $1 AND points = 600 AND max_points = 1000";
    assert_eq!(app.count(kept, &[sitting.id]).await, 1);
    let listed = format!("/questions/{}/exemplars", sitting.question(K::Essay));
    assert_eq!(admin.get(&listed).await.is(200)["total"], 0);
    let inquiry = format!("/assessments/{}/inquiries", sitting.id);
    sitting
        .student
        .post(&inquiry, &json!({ "message": "Why?" }))
        .await
        .is(201);

    let erase = format!("/users/{}/erase", sitting.student.user().id);
    app.may_leave_jobs();
    let erased = Reply::to(admin.request(Method::POST, &erase).json(&json!({}))).await;
    erased.is(200);
    for table in ["exemplars", "inquiries", "inquiry_messages"] {
        assert_eq!(app.count(table, &[]).await, 0, "{table}");
    }
    assert_eq!(app.count("review_decisions WHERE reason IS NULL", &[]).await, 2);
    assert_eq!(app.count("resolutions WHERE provisional", &[]).await, 1);
    assert_eq!(admin.get("/reviews").await.is(200)["total"], 0);
}
