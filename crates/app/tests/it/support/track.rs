//! A published track, a candidate in it, and short words for what candidates do at that door.

use std::time::Duration;

use domain::audit::Actor;
use domain::authoring::item::{ItemContent, ItemKind};
use domain::authoring::{CreateTrack, NewTrack, Settings, VersionContent, VersionedItem};
use domain::ids::DefinitionId;
use domain::store::UseCase;
use domain::time::Clock as _;
use reqwest::Method;
use serde_json::{Value, json};
use testkit::builders;
use uuid::Uuid;

use super::app::TestApp;
use super::client::{Client, Reply};

/// A track with the version that new attempts take.
#[derive(Clone)]
pub(crate) struct TestTrack {
    pub(crate) id: DefinitionId,
    pub(crate) slug: String,
    pub(crate) version: VersionContent,
}

/// One student in one attempt of a track.
pub(crate) struct Taking {
    pub(crate) student: Client,
    pub(crate) track: TestTrack,
    pub(crate) id: Uuid,
    /// As shown at the start.
    pub(crate) questions: Vec<Value>,
}

/// A question of every kind: seven scored by rules, two texts, four profiles, two for runners and people.
pub(crate) fn bank() -> Vec<ItemContent> {
    builders::every_kind()
        .into_iter()
        .chain(builders::new_kinds())
        .collect()
}

impl TestApp {
    /// Runs a use case past HTTP, for what its endpoint belongs to another topic.
    pub(crate) async fn run<U>(&self, use_case: U) -> U::Out
    where
        U: UseCase,
        U::Err: std::fmt::Debug,
    {
        let ctx = self.state.ctx("test", Actor::System);
        self.state.store.run(&use_case, &ctx).await.unwrap()
    }

    /// What the service says of the time after this span.
    pub(crate) fn time_in(&self, span: Duration) -> Value {
        json!((self.database.clock.now() + span).to_datetime())
    }

    /// A track with these questions in its bank.
    pub(crate) async fn publish_track(
        &self,
        slug: &str,
        settings: Settings,
        items: Vec<ItemContent>,
    ) -> TestTrack {
        let track = NewTrack {
            slug: slug.to_owned(),
            title: format!("Track {slug}"),
            description: "What the role does.".to_owned(),
            skills: Vec::new(),
            settings,
            items,
        };
        let admin = builders::admin(&self.database).await.unwrap();
        let definition = self.run(CreateTrack { admin, track }).await.definition;
        let version = definition.published_version_id.unwrap();
        TestTrack {
            id: definition.id,
            slug: slug.to_owned(),
            version: self.state.store.version_content(version).await.unwrap().unwrap(),
        }
    }
}

impl TestTrack {
    /// The request that starts it.
    pub(crate) fn body(&self) -> Value {
        json!({ "role_slug": self.slug })
    }

    /// The item with that `question_id`, with its key.
    pub(crate) fn item(&self, question: &Value) -> &VersionedItem {
        let named = |item: &&VersionedItem| *question == json!(item.item_id);
        self.version.items.iter().find(named).unwrap()
    }

    /// The first `question_id` of a kind.
    pub(crate) fn question(&self, kind: ItemKind) -> Uuid {
        let of_kind = |item: &&VersionedItem| item.content.body.kind() == kind;
        self.version.items.iter().find(of_kind).unwrap().item_id.0
    }
}

impl Taking {
    /// The student with this number has begun.
    pub(crate) async fn started(app: &TestApp, track: &TestTrack, student: u32) -> Self {
        let student = app.student(student).await;
        let started = student.post("/assessments/start", &track.body()).await.is(201);
        Self::of(student, track, &started)
    }

    /// The attempt that a start answered with.
    pub(crate) fn of(student: Client, track: &TestTrack, started: &Value) -> Self {
        Self {
            student,
            track: track.clone(),
            id: serde_json::from_value(started["assessment_id"].clone()).unwrap(),
            questions: started["questions"].as_array().unwrap().clone(),
        }
    }

    /// The questions of a kind, as shown.
    pub(crate) fn shown(&self, kind: ItemKind) -> Vec<&Value> {
        let of_kind = |question: &&Value| question["type"] == kind.as_str();
        self.questions.iter().filter(of_kind).collect()
    }

    /// An answer to every question, for `responses`.
    pub(crate) fn answers(&self, answer: fn(&ItemContent) -> Value) -> Value {
        let entry = |question: &Value| {
            let id = &question["question_id"];
            json!({ "question_id": id, "answer": answer(&self.track.item(id).content) })
        };
        self.questions.iter().map(entry).collect()
    }

    pub(crate) async fn save(&self, question: &Value, answer: Value) -> Reply {
        self.save_all(&json!([{ "question_id": question, "answer": answer }]))
            .await
    }

    pub(crate) async fn save_all(&self, responses: &Value) -> Reply {
        self.post("responses", &json!({ "responses": responses })).await
    }

    pub(crate) async fn submit(&self) -> Reply {
        self.post("submit", &json!({})).await
    }

    pub(crate) async fn abandon(&self) -> Reply {
        let path = format!("/assessments/{}", self.id);
        Reply::to(self.student.request(Method::DELETE, &path)).await
    }

    pub(crate) async fn result(&self) -> Reply {
        self.student
            .get(&format!("/assessments/{}/result", self.id))
            .await
    }

    /// The same attempt at the other door.
    pub(crate) async fn session(&self) -> Reply {
        self.student.get(&format!("/sessions/{}", self.id)).await
    }

    /// To a path below the assessment.
    pub(crate) async fn post(&self, action: &str, body: &Value) -> Reply {
        let path = format!("/assessments/{}/{action}", self.id);
        self.student.post(&path, body).await
    }

    /// Every job has run; the result.
    pub(crate) async fn scored(&self, app: &TestApp) -> Value {
        app.drain_jobs().await;
        self.result().await.is(200)
    }

    /// How many rows of a table belong to the attempt.
    pub(crate) async fn rows(&self, app: &TestApp, table: &str) -> i64 {
        app.count(&format!("{table} WHERE attempt_id = $1"), &[self.id])
            .await
    }

    /// What the database says of a column of the attempt.
    pub(crate) async fn stored(&self, app: &TestApp, column: &str) -> String {
        let text = format!("SELECT {column} FROM attempts WHERE id = $1");
        app.rows.texts(&text, &[self.id]).await.remove(0)
    }
}
