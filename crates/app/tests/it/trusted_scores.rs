//! One score from a machine's doubt to a result that everybody can follow, over HTTP: low confidence → review queue → override →
//! inquiry → answer → regrade by another key → held → released; and the log has every step.

use domain::identity::Role;
use providers::{Answer, Question, ScriptedProvider, Wire};
use serde_json::{Value, json};
use testkit::Backend;
use uuid::Uuid;

use super::llm_scoring::asking;
use super::support::{Client, TestApp, picked};

on_both_databases!(a_doubted_score_is_judged_contested_regraded_and_released);

const ANSWER: &str = "Waiting for a lock costs throughput, and that is what isolation is paid with.";
const FOR_STAFF: &str = "internal: the machine missed the second half";
const FOR_THE_CANDIDATE: &str = "You name the cost and who pays it.";

/// A model that is not sure of itself.
fn unsure(question: &Question) -> Answer {
    let Some(task) = question.messages.get(1) else {
        return Answer::status(400);
    };
    let task: Value = serde_json::from_str(&task.text).unwrap();
    let verdict = |criterion: &Value| {
        json!({ "criterion": criterion["id"], "level": null, "score": 30.0, "quote": "words that are not there",
            "rationale": "Hard to tell." })
    };
    let criteria: Vec<Value> = task["criteria"].as_array().unwrap().iter().map(verdict).collect();
    let said =
        json!({ "criteria": criteria, "on_topic": true, "addresses_grader": false, "confidence": 0.1 });
    Answer::words(said.to_string())
}

fn choice(key: &str) -> Value {
    json!({ "kind": "multiple_choice", "key": [key], "negative": {}, "options": [
        { "id": "a", "text": "READ COMMITTED" }, { "id": "b", "text": "SERIALIZABLE" }] })
}

/// The people and what it is about.
struct Story {
    admin: Client,
    advisor: Client,
    student: Client,
    essay: Uuid,
    choice: Uuid,
    attempt: Uuid,
}

fn id(value: &Value) -> Uuid {
    serde_json::from_value(value.clone()).unwrap()
}

async fn question(admin: &Client, stem: &str, marks: f64, body: Value) -> Uuid {
    let question = json!({
        "tracks": ["databases"], "stem": stem, "marks": marks, "topic": "Isolation", "cognitive_level": "understand",
        "difficulty": "medium", "body": body,
    });
    id(&admin.post("/questions", &question).await.is(201)["question_id"])
}

/// What an essay is judged by.
fn essay() -> Value {
    json!({ "kind": "essay", "reference": "Isolation makes others wait.", "rubric": { "floor": 0.0, "criteria": [
        { "id": "depth", "name": "Depth", "description": "Says why.", "weight": 1.0 },
        { "id": "clarity", "name": "Clarity", "description": "Can be followed.", "weight": 1.0 }] } })
}

impl Story {
    /// A student has submitted a text, and a choice that is wrong by its key.
    async fn begin(app: &TestApp) -> Self {
        let admin = app.admin().await;
        let settings = json!({ "mix": null, "shuffle_options": false, "shuffle_items": false, "review_above_gap": 100.0,
            "show_keys_after_release": true });
        let track = json!({ "slug": "databases", "title": "Databases", "skills": [], "settings": settings });
        admin.post("/tracks", &track).await.is(201);
        let essay = question(&admin, "What does isolation cost?", 4.0, essay()).await;
        let choice = question(&admin, "Which level allows no anomaly?", 6.0, choice("a")).await;
        let student = app.student(1).await;
        let started = student
            .post("/assessments/start", &json!({ "role_slug": "databases" }))
            .await
            .is(201);
        let story = Self {
            advisor: app.client(Role::Advisor, 1).await,
            attempt: id(&started["assessment_id"]),
            admin,
            student,
            essay,
            choice,
        };
        let responses = json!({ "responses": [
            { "question_id": story.essay, "answer": ANSWER }, { "question_id": story.choice, "answer": "b" }] });
        story
            .student
            .post(&story.path("submit"), &responses)
            .await
            .is(202);
        app.drain_jobs().await;
        story
    }

    fn path(&self, action: &str) -> String {
        format!("/assessments/{}/{action}", self.attempt)
    }

    /// The candidate's result of a question.
    async fn item(&self, question: Uuid) -> Value {
        let result = self.student.get(&self.path("result")).await.is(200);
        let items = result["scores"]["items"].as_array().unwrap();
        let found = items.iter().find(|item| item["question_id"] == json!(question));
        found.unwrap().clone()
    }

    async fn total(&self) -> Value {
        let result = self.student.get(&self.path("result")).await.is(200);
        json!([
            result["scores"]["percent"],
            result["scores"]["passed"],
            result["provisional"]
        ])
    }

    /// The machines' verdict waits for a person, who overrides it.
    async fn doubted_and_overridden(&self) {
        let doubted = self.item(self.essay).await;
        assert_eq!(
            picked(&doubted, &["scorer", "counts_because", "provisional", "cause"]),
            json!(["llm", "low_confidence", true, "initial"]),
            "{doubted}"
        );
        assert_eq!(self.total().await[2], true);
        let queue = self.advisor.get("/reviews?reason=low_confidence").await.is(200);
        assert_eq!(queue["total"], 1, "{queue}");
        let entry = &queue["items"][0];
        assert_eq!(entry["review_id"], doubted["score_record_id"]);
        let path = format!("/reviews/{}", entry["review_id"].as_str().unwrap());
        let review = self.advisor.get(&path).await.is(200);
        assert_eq!(
            review["score_records"].as_array().map(Vec::len),
            Some(2),
            "both machines"
        );
        let criterion =
            |name: &str| json!({ "criterion": name, "score": 75.0, "rationale": FOR_THE_CANDIDATE });
        let verdict = json!({ "decision": "override", "seen": review["counts"], "reason": FOR_STAFF,
            "criteria": [criterion("depth"), criterion("clarity")] });
        let decided = self.advisor.post(&path, &verdict).await.is(201);
        assert_eq!(
            picked(&decided, &["points", "counts_because"]),
            json!([3.0, "person"])
        );
        assert_eq!(self.advisor.get("/reviews").await.is(200)["total"], 0);
        // The wrong key costs the pass.
        assert_eq!(self.total().await, json!([30.0, false, false]));
    }

    /// The candidate asks about the choice, and is answered; the path of the inquiry.
    async fn contested_and_answered(&self) -> String {
        let ask = json!({ "message": "Is SERIALIZABLE not right?", "question_id": self.choice });
        let opened = self.student.post(&self.path("inquiries"), &ask).await.is(201);
        let inquiry = format!("/inquiries/{}", opened["inquiry_id"].as_str().unwrap());
        let waiting = self.advisor.get("/reviews?reason=inquiry").await.is(200);
        assert_eq!(waiting["items"][0]["inquiry_id"], opened["inquiry_id"]);
        let early = json!({ "action": "revise", "message": "You are right." });
        let refused = self.advisor.post(&inquiry, &early).await.is(409);
        assert_eq!(refused["type"], "/problems#not-reviewed");
        let answer = json!({ "action": "answer", "message": "The key is wrong; everybody is scored again." });
        self.advisor.post(&inquiry, &answer).await.is(200);
        inquiry
    }

    /// The result is held back, the key corrected, and everything scored again; the regrade's id.
    async fn held_and_regraded(&self, app: &TestApp) -> String {
        self.advisor
            .post(&self.path("release"), &json!({ "hold": true }))
            .await
            .is(200);
        assert_eq!(
            self.student.get(&self.path("result")).await.is(202)["status"],
            "held"
        );
        let corrected = json!({ "body": choice("b"), "reason": "SERIALIZABLE allows none" });
        self.admin
            .patch(&format!("/questions/{}", self.choice), &corrected)
            .await
            .is(200);
        let track = self.admin.get("/tracks/databases").await.is(200);
        let ask = json!({ "assessment_definition_id": track["role_id"], "policy": "never_lower" });
        let asked = self.admin.post("/regrades", &ask).await.is(202);
        app.drain_jobs().await;
        let regrade = asked["regrade_id"].as_str().unwrap().to_owned();
        let path = format!("/regrades/{regrade}");
        let ready = self.admin.get(&path).await.is(200);
        assert_eq!(
            picked(&ready, &["state", "attempts", "now_pass", "now_fail"]),
            json!(["ready", 1, 1, 0])
        );
        assert_eq!(
            picked(&ready["answers"], &["raised", "kept_by_person"]),
            json!([1, 1])
        );
        let proposed = self
            .admin
            .get(&format!("{path}/changes?outcome=proposed"))
            .await
            .is(200);
        assert_eq!(
            picked(
                &proposed["items"][0],
                &[
                    "question_id",
                    "old_points",
                    "new_points",
                    "old_percent",
                    "new_percent"
                ]
            ),
            json!([self.choice, 0.0, 6.0, 30.0, 90.0])
        );
        self.admin
            .post(&format!("{path}/apply"), &json!({}))
            .await
            .is(202);
        app.drain_jobs().await;
        assert_eq!(self.admin.get(&path).await.is(200)["state"], "applied");
        assert_eq!(
            self.student.get(&self.path("result")).await.is(202)["status"],
            "held"
        );
        regrade
    }

    /// The result is out, and says which record counts and why.
    async fn released(&self, regrade: &str) {
        self.advisor.post(&self.path("release"), &json!({})).await.is(200);
        assert_eq!(self.total().await, json!([90.0, true, false]));
        let shown = ["points", "scorer", "counts_because", "cause"];
        let essay = self.item(self.essay).await;
        assert_eq!(
            picked(&essay, &shown),
            json!([3.0, "human", "person", "review:1"])
        );
        assert_eq!(essay["criteria"][0]["rationale"], FOR_THE_CANDIDATE);
        let choice = self.item(self.choice).await;
        assert_eq!(
            picked(&choice, &shown),
            json!([6.0, "rule", "regraded", format!("regrade:{regrade}")])
        );
        assert_eq!(choice["key"], "b");
        let told = self.student.get(&self.path("result")).await.text;
        assert!(!told.contains(FOR_STAFF) && !told.contains(&self.advisor.user().id.to_string()));
    }

    /// How often each action is in the log.
    async fn log(&self) -> Vec<(String, usize)> {
        let actions = [
            "attempts.submitted",
            "attempts.scored",
            "reviews.decided",
            "inquiries.opened",
            "inquiries.stepped",
            "attempts.held",
            "bank.question_changed",
            "regrades.requested",
            "regrades.previewed",
            "regrades.apply_requested",
            "regrades.changed",
            "regrades.applied",
            "attempts.released",
        ];
        let mut log = Vec::new();
        for action in actions {
            let rows = self.admin.get(&format!("/audit?action={action}")).await.is(200);
            log.push((action.to_owned(), rows["items"].as_array().unwrap().len()));
        }
        log
    }
}

async fn a_doubted_score_is_judged_contested_regraded_and_released(backend: Backend) {
    let provider = ScriptedProvider::start(Wire::OpenAi).unwrap();
    provider.by_default(unsure);
    let app = TestApp::configured(backend, asking(&provider)).await;
    let story = Story::begin(&app).await;
    story.doubted_and_overridden().await;
    let inquiry = story.contested_and_answered().await;
    let regrade = story.held_and_regraded(&app).await;
    story.released(&regrade).await;
    let revise = json!({ "action": "revise", "message": "You were right." });
    let ended = story.advisor.post(&inquiry, &revise).await.is(200);
    assert_eq!(ended["state"], "resolved_revised");

    let log = story.log().await;
    let stepped = |action: &str| if action == "inquiries.stepped" { 2 } else { 1 };
    for (action, times) in &log {
        assert_eq!(*times, stepped(action), "{action} of {log:?}");
    }
    let changed = story.admin.get("/audit?action=regrades.changed").await.is(200);
    let row = &changed["items"][0];
    assert_eq!(
        (&row["resource_id"], &row["details"]["to_record"]),
        (
            &json!(story.attempt),
            &story.item(story.choice).await["score_record_id"]
        )
    );
    assert_eq!(row["details"]["regrade_id"], json!(regrade));
    let records = app
        .count("score_records WHERE attempt_id = $1", &[story.attempt])
        .await;
    assert_eq!(records, 5, "two machines, a person, the first key and the second");
}
