//! A candidate in a session of the sample assessment, and short words for what candidates do.

use domain::attempts::Viewer;
use domain::authoring::item::{ItemContent, ItemKind};
use domain::authoring::sample_answers::answer_key;
use domain::ids::AttemptId;
use serde_json::{Map, Value, json};
use testkit::builders::{Published, PublishedSection};
use uuid::Uuid;

use super::app::TestApp;
use super::client::{Client, Reply};

/// One student, one session.
pub(crate) struct Sitting {
    pub(crate) student: Client,
    pub(crate) published: Published,
    pub(crate) id: Uuid,
}

/// `{question_id: answer}` for a whole section.
pub(crate) fn answers(section: &PublishedSection, answer: fn(&ItemContent) -> Value) -> Value {
    let entry = |item: &domain::authoring::VersionedItem| (item.item_id.to_string(), answer(&item.content));
    section.items.iter().map(entry).collect::<Map<_, _>>().into()
}

impl Sitting {
    /// The student with this number has opted in; nothing has started.
    pub(crate) async fn opted_in(app: &TestApp, published: &Published, student: u32) -> Self {
        let student = app.student(student).await;
        let body = json!({ "assessment_definition_id": published.definition_id });
        let opted_in = student.post("/sessions/opt-in", &body).await.is(201);
        Self {
            id: serde_json::from_value(opted_in["session_id"].clone()).unwrap(),
            published: published.clone(),
            student,
        }
    }

    /// The session has started.
    pub(crate) async fn started(app: &TestApp, published: &Published, student: u32) -> Self {
        let sitting = Self::opted_in(app, published, student).await;
        sitting.start().await.is(200);
        sitting
    }

    pub(crate) async fn start(&self) -> Reply {
        self.student
            .post("/sessions/start", &json!({ "session_id": self.id }))
            .await
    }

    pub(crate) async fn get(&self) -> Reply {
        self.student.get(&format!("/sessions/{}", self.id)).await
    }

    pub(crate) async fn heartbeat(&self) -> Reply {
        self.student.post(&self.path("heartbeat"), &json!({})).await
    }

    /// The request that submits a section.
    pub(crate) fn section_body(&self, index: usize, answers: &Value) -> Value {
        json!({ "section_id": self.published.sections[index].id, "section_index": index, "answers": answers })
    }

    pub(crate) async fn submit_section(&self, index: usize, answers: &Value) -> Reply {
        self.student
            .post(&self.path("submit-section"), &self.section_body(index, answers))
            .await
    }

    /// All sections, answered by `answer`.
    pub(crate) async fn submit_all_sections(&self, answer: fn(&ItemContent) -> Value) {
        for (index, section) in self.published.sections.iter().enumerate() {
            self.submit_section(index, &answers(section, answer))
                .await
                .is(200);
        }
    }

    pub(crate) async fn complete(&self) -> Reply {
        self.student.post(&self.path("complete"), &json!({})).await
    }

    /// All sections with right answers, and the whole.
    pub(crate) async fn answer_and_complete(&self) {
        self.submit_all_sections(answer_key).await;
        self.complete().await.is(202);
    }

    /// Saves one answer to the item of a kind.
    pub(crate) async fn save(&self, kind: ItemKind, answer: Value) -> Reply {
        self.save_all(&json!([{ "question_id": self.question(kind), "answer": answer }]))
            .await
    }

    pub(crate) async fn save_all(&self, responses: &Value) -> Reply {
        let path = format!("/assessments/{}/responses", self.id);
        self.student.post(&path, &json!({ "responses": responses })).await
    }

    pub(crate) async fn assessment(&self) -> Reply {
        self.student.get(&format!("/assessments/{}", self.id)).await
    }

    pub(crate) async fn status(&self) -> Reply {
        self.student
            .get(&format!("/assessments/{}/status", self.id))
            .await
    }

    pub(crate) async fn result(&self) -> Reply {
        self.student
            .get(&format!("/assessments/{}/result", self.id))
            .await
    }

    /// The score record that counts for a question, by its place.
    pub(crate) async fn counting_record(&self, app: &TestApp, place: usize) -> Uuid {
        let result = app
            .state
            .store
            .attempt_result(AttemptId(self.id), Viewer::Admin)
            .await;
        let item = result.unwrap().unwrap().items.remove(place);
        item.counts.unwrap().record.id.0
    }

    /// The `question_id` of the item of a kind.
    pub(crate) fn question(&self, kind: ItemKind) -> Uuid {
        self.published.item(kind).unwrap().item_id.0
    }

    /// A path below the session.
    pub(crate) fn path(&self, action: &str) -> String {
        format!("/sessions/{}/{action}", self.id)
    }

    /// How many rows of a table belong to the session.
    pub(crate) async fn rows(&self, app: &TestApp, table: &str) -> i64 {
        app.count(&format!("{table} WHERE attempt_id = $1"), &[self.id])
            .await
    }

    /// How often an action on the session was audited.
    pub(crate) async fn audited(&self, app: &TestApp, action: &str) -> i64 {
        app.count(
            &format!("audit_log WHERE resource_id = $1 AND action = '{action}'"),
            &[self.id],
        )
        .await
    }

    /// What the database says of the session: `(state, scoring)`.
    pub(crate) async fn stored(&self, app: &TestApp) -> (String, String) {
        let column = async |name: &str| {
            let found = app
                .rows
                .texts(&format!("SELECT {name} FROM attempts WHERE id = $1"), &[self.id])
                .await;
            found.into_iter().next().unwrap()
        };
        (column("state").await, column("scoring").await)
    }
}
