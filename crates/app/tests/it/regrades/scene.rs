//! Three students who have sat a track of two questions, whose keys change afterwards.

use domain::attempts::NewResponse;
use domain::attempts::{Submit, Take, Touched};
use domain::identity::Role;
use domain::ids::{DefinitionId, ItemVersionId};
use serde_json::{Value, json};
use testkit::builders;
use uuid::Uuid;

use crate::support::{Client, Reply, TestApp, picked};

/// A question with three options.
pub(crate) fn choice(key: &str) -> Value {
    json!({ "kind": "multiple_choice", "key": [key], "negative": {}, "options": [
        { "id": "a", "text": "200" }, { "id": "b", "text": "201" }, { "id": "c", "text": "404" }] })
}

/// One student who has sat it.
pub(crate) struct Taken {
    pub(crate) student: Client,
    pub(crate) id: Uuid,
}

/// See the module. The choice is worth 6 and has the key `a`, the statement is worth 4 and true; the first student answers `a` and
/// false (60 %), the second `b` and true, the third `c` and true (40 % each).
pub(crate) struct Scene {
    pub(crate) choice: Uuid,
    pub(crate) statement: Uuid,
    pub(crate) taken: Vec<Taken>,
}

async fn added(admin: &Client, stem: &str, marks: f64, body: &Value) -> Uuid {
    let question = json!({
        "tracks": ["backend"], "stem": stem, "marks": marks, "topic": "HTTP", "cognitive_level": "remember",
        "difficulty": "easy", "body": body,
    });
    let made = admin.post("/questions", &question).await.is(201);
    serde_json::from_value(made["question_id"].clone()).unwrap()
}

impl Scene {
    pub(crate) async fn new(app: &TestApp) -> Self {
        Self::with(app, json!({})).await
    }

    /// With these settings of the track beside those that the scene needs.
    pub(crate) async fn with(app: &TestApp, settings: Value) -> Self {
        let admin = app.admin().await;
        let mut set = json!({ "mix": null, "shuffle_options": false, "shuffle_items": false });
        for (name, value) in settings.as_object().unwrap() {
            set[name] = value.clone();
        }
        let body = json!({ "slug": "backend", "title": "Backend", "skills": [], "settings": set });
        admin.post("/tracks", &body).await.is(201);
        let mut scene = Self {
            choice: added(&admin, "Which?", 6.0, &choice("a")).await,
            statement: added(
                &admin,
                "It is so.",
                4.0,
                &json!({ "kind": "true_false", "key": true, "negative": {} }),
            )
            .await,
            taken: Vec::new(),
        };
        for (student, (chosen, said)) in (1..).zip([("a", false), ("b", true), ("c", true)]) {
            let taken = scene.begin(app, student).await;
            let responses = json!([
                { "question_id": scene.choice, "answer": chosen },
                { "question_id": scene.statement, "answer": said },
            ]);
            let submit = format!("/assessments/{}/submit", taken.id);
            taken
                .student
                .post(&submit, &json!({ "responses": responses }))
                .await
                .is(202);
            scene.taken.push(taken);
        }
        app.drain_jobs().await;
        scene
    }

    /// The student with this number has begun.
    pub(crate) async fn begin(&self, app: &TestApp, student: u32) -> Taken {
        let student = app.student(student).await;
        let started = student
            .post("/assessments/start", &json!({ "role_slug": "backend" }))
            .await
            .is(201);
        Taken {
            id: serde_json::from_value(started["assessment_id"].clone()).unwrap(),
            student,
        }
    }

    /// The student with this number has answered the choice alone, past HTTP.
    pub(crate) async fn take_quietly(&self, app: &TestApp, student: u32, chosen: &str) {
        let principal = builders::principal(&app.database, Role::Student, student).await;
        let candidate = principal.unwrap().candidate().unwrap();
        let take = Take {
            candidate,
            definition_id: DefinitionId(self.definition(app).await),
            access_code: None,
            metadata: None,
        };
        let Touched::Alive(taken) = app.run(take).await else {
            panic!("it has just begun");
        };
        let version = app
            .state
            .store
            .version_content(taken.attempt.definition_version_id)
            .await;
        let version = version.unwrap().unwrap();
        let item = version.items.iter().find(|item| item.item_id.0 == self.choice);
        let item_version_id: ItemVersionId = item.unwrap().item_version_id;
        app.run(Submit {
            candidate,
            attempt_id: taken.attempt.id,
            answers: vec![NewResponse {
                item_version_id,
                answer: json!(chosen),
                written_at: None,
            }],
        })
        .await;
    }

    /// The assessment of the track.
    pub(crate) async fn definition(&self, app: &TestApp) -> Uuid {
        let track = app.admin().await.get("/tracks/backend").await.is(200);
        serde_json::from_value(track["role_id"].clone()).unwrap()
    }

    /// A new version of a question.
    pub(crate) async fn change(&self, app: &TestApp, question: Uuid, change: &Value) {
        let path = format!("/questions/{question}");
        app.admin().await.patch(&path, change).await.is(200);
    }

    pub(crate) async fn key_becomes(&self, app: &TestApp, key: &str) {
        self.change(app, self.choice, &json!({ "body": choice(key) }))
            .await;
    }

    /// A regrade of the choice.
    pub(crate) async fn ask(&self, app: &TestApp, policy: &str) -> Reply {
        let ask = json!({ "item_id": self.choice, "policy": policy });
        app.admin().await.post("/regrades", &ask).await
    }

    /// The path of a regrade of the choice that is ready.
    pub(crate) async fn previewed(&self, app: &TestApp, policy: &str) -> String {
        let asked = self.ask(app, policy).await.is(202);
        app.drain_jobs().await;
        let path = format!("/regrades/{}", asked["regrade_id"].as_str().unwrap());
        assert_eq!(app.admin().await.get(&path).await.is(200)["state"], "ready");
        path
    }

    /// The changes are made.
    pub(crate) async fn applied(&self, app: &TestApp, path: &str) {
        let admin = app.admin().await;
        let applying = admin.post(&format!("{path}/apply"), &json!({})).await.is(202);
        assert_eq!(applying["state"], "applying");
        app.drain_jobs().await;
        assert_eq!(admin.get(path).await.is(200)["state"], "applied");
    }

    /// These members of every change, in the order of attempts and questions.
    pub(crate) async fn changes(&self, app: &TestApp, path: &str, members: &[&str]) -> Vec<Value> {
        let page = app.admin().await.get(&format!("{path}/changes")).await.is(200);
        let items = page["items"].as_array().unwrap();
        items.iter().map(|change| picked(change, members)).collect()
    }

    /// What the students read.
    pub(crate) async fn results(&self, app: &TestApp) -> Vec<Value> {
        let mut results = Vec::new();
        for taken in &self.taken {
            let path = format!("/assessments/{}/result", taken.id);
            results.push(app.admin().await.get(&path).await.is(200));
        }
        results
    }

    pub(crate) async fn percents(&self, app: &TestApp) -> Vec<f64> {
        let results = self.results(app).await;
        let percent = |result: &Value| result["scores"]["percent"].as_f64().unwrap();
        results.iter().map(percent).collect()
    }
}
