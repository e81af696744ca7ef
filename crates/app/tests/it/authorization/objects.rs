//! What is asked of: made afresh for every question, and really owned by somebody.

use std::sync::atomic::{AtomicU32, Ordering};

use domain::authoring::Settings;
use domain::authoring::sample_answers::answer_key;
use domain::identity::{ApiKey, CreateApiKey, CreateInvitation, MembershipChange, Principal, Role, Scope};
use domain::ids::{ApiKeyId, CohortId, IdSource as _, UserId};
use domain::time::Clock as _;
use serde_json::json;
use std::time::Duration;
use testkit::Backend;
use testkit::builders::{self, Published};
use touchstone::sign_ins::ApiKeySecret;
use uuid::Uuid;

use super::table::Caller;
use crate::support::{Client, Sitting, TestApp, TestTrack, bank};

/// The slug of the track that stays.
pub(super) const STANDING: &str = "standing";

/// A school with two cohorts.
pub(super) struct School {
    pub(super) app: TestApp,
    pub(super) published: Published,
    track: TestTrack,
    syllabus: Uuid,
    numbers: AtomicU32,
}

/// What one request is about.
pub(super) struct Object {
    /// Stands for `{id}`, `{slug}` or `{name}`.
    pub(super) name: String,
    /// Stands for `{item_id}`.
    pub(super) item: String,
    /// Who owns it.
    pub(super) owner: u32,
}

impl School {
    pub(super) async fn open(backend: Backend) -> Self {
        let app = TestApp::start(backend).await;
        app.may_leave_jobs();
        let settings = Settings {
            time_limit_minutes: Some(60),
            ..Settings::default()
        };
        let published = app.publish_sample(settings).await;
        let track = app.publish_track(STANDING, Settings::for_tracks(), bank()).await;
        let admin = app.admin().await;
        let outsider = app.client(Role::Advisor, 2).await.user().id;
        let leave = json!({ "remove_members": [outsider] });
        let everyone = domain::identity::EVERYONE;
        admin.patch(&format!("/cohorts/{everyone}"), &leave).await.is(200);
        builders::cohort(&app.database, "elsewhere", &[outsider], &[])
            .await
            .unwrap();
        let uploaded = upload(&admin).await;
        Self {
            syllabus: serde_json::from_value(uploaded["items"][0]["syllabus_id"].clone()).unwrap(),
            app,
            published,
            track,
            // The builders' first students are theirs.
            numbers: AtomicU32::new(100),
        }
    }

    /// A number that nobody has.
    pub(super) fn number(&self) -> u32 {
        self.numbers.fetch_add(1, Ordering::Relaxed)
    }

    /// Whoever asks, signed in afresh.
    pub(super) async fn client(&self, caller: Caller, owner: u32, scope: Option<Scope>) -> Client {
        match caller {
            Caller::Nobody => self.app.anonymous(),
            Caller::Owner => self.app.student(owner).await,
            Caller::Stranger => self.app.student(self.number()).await,
            Caller::Advisor => self.app.client(Role::Advisor, 1).await,
            Caller::Outsider => self.app.client(Role::Advisor, 2).await,
            Caller::Admin => self.app.admin().await,
            Caller::Key => self.app.anonymous().with_api_key(&self.key(&Scope::ALL).await.1),
            Caller::Unscoped => {
                let others: Vec<_> = Scope::ALL
                    .into_iter()
                    .filter(|other| Some(*other) != scope)
                    .collect();
                self.app.anonymous().with_api_key(&self.key(&others).await.1)
            }
        }
    }

    /// What the table calls `kind`.
    pub(super) async fn object(&self, kind: &str) -> Object {
        let owner = self.number();
        let app = &self.app;
        let name = match kind {
            "-" => String::new(),
            "person" => app.student(owner).await.user().id.to_string(),
            "invitation" => self.invitation().await.to_string(),
            "api_key" => self.key(&Scope::ALL).await.0.id.to_string(),
            "syllabus" => self.syllabus.to_string(),
            "draft" => self.draft().await.to_string(),
            "judged" => self.judged().await.to_string(),
            "archived" => self.archived().await.to_string(),
            "published" => {
                let published = builders::publish_sample(&app.database, Settings::default()).await;
                published.unwrap().definition_id.to_string()
            }
            "track" => self.fresh_track().await.slug,
            "question" => {
                let track = self.fresh_track().await;
                track
                    .question(domain::authoring::item::ItemKind::ShortAnswer)
                    .to_string()
            }
            "credential" => self.credential().await.to_string(),
            "cohort" => self.cohort(owner).await.to_string(),
            "opted_in" => Sitting::opted_in(app, &self.published, owner)
                .await
                .id
                .to_string(),
            "running" => Sitting::started(app, &self.published, owner).await.id.to_string(),
            "answered" => self.answered(owner).await.id.to_string(),
            "scored" => self.scored(owner).await.id.to_string(),
            "record" => self.record(owner).await.to_string(),
            "inquiry" => self.inquiry(owner).await.to_string(),
            "regrade" => self.regrade().await.to_string(),
            "job" => self.job(owner).await.to_string(),
            "cancelled_job" => self.cancelled_job(owner).await.to_string(),
            "queue" => "rag".to_owned(),
            other => panic!("the table asks of `{other}`, which nothing is known of"),
        };
        let item = self.first_item(&name).await;
        Object { name, item, owner }
    }

    /// Whether a name is of something that all staff, or everybody, may know of.
    pub(super) async fn is_shared(&self, name: &str) -> bool {
        let Ok(id) = name.parse::<Uuid>() else { return true };
        let attempts = self.app.count("attempts WHERE id = $1", &[id]).await;
        let users = self.app.count("users WHERE id = $1", &[id]).await;
        let jobs = self.app.count("jobs WHERE id = $1", &[id]).await;
        let records = self.app.count("score_records WHERE id = $1", &[id]).await;
        let inquiries = self.app.count("inquiries WHERE id = $1", &[id]).await;
        attempts + users + jobs + records + inquiries == 0
    }

    async fn answered(&self, owner: u32) -> Sitting {
        let sitting = Sitting::started(&self.app, &self.published, owner).await;
        for index in 0..self.published.sections.len() {
            sitting.submit_section(index, &json!({})).await.is(200);
        }
        sitting
    }

    async fn scored(&self, owner: u32) -> Sitting {
        let sitting = self.answered(owner).await;
        sitting.complete().await.is(202);
        self.app.drain_jobs().await;
        sitting
    }

    /// The score record that counts for the first question.
    async fn record(&self, owner: u32) -> Uuid {
        let sitting = self.scored(owner).await;
        sitting.counting_record(&self.app, 0).await
    }

    /// About a whole result.
    async fn inquiry(&self, owner: u32) -> Uuid {
        let sitting = self.scored(owner).await;
        let path = format!("/assessments/{}/inquiries", sitting.id);
        let opened = sitting.student.post(&path, &json!({ "message": "Why?" })).await;
        serde_json::from_value(opened.is(201)["inquiry_id"].clone()).unwrap()
    }

    /// Of an assessment that nobody has taken.
    async fn regrade(&self) -> Uuid {
        let published = builders::publish_sample(&self.app.database, Settings::default()).await;
        let definition = published.unwrap().definition_id;
        let body = json!({ "assessment_definition_id": definition, "policy": "both_ways" });
        let asked = self.app.admin().await.post("/regrades", &body).await.is(202);
        self.app.drain_jobs().await;
        serde_json::from_value(asked["regrade_id"].clone()).unwrap()
    }

    async fn job(&self, owner: u32) -> Uuid {
        let sitting = self.answered(owner).await;
        let completed = sitting.complete().await.is(202);
        serde_json::from_value(completed["evaluation_job_id"].clone()).unwrap()
    }

    async fn cancelled_job(&self, owner: u32) -> Uuid {
        let job = self.job(owner).await;
        let path = format!("/jobs/{job}/cancel");
        self.app.admin().await.post(&path, &json!({})).await.is(200);
        job
    }

    async fn draft(&self) -> Uuid {
        let mut items = builders::every_kind();
        // Its first item is no other draft's, and another one can be made from the syllabus.
        items[0].stem = format!("What happens to transaction {}?", self.number());
        if let Some(source) = items[0].source.as_mut() {
            source.syllabus_id = domain::ids::SyllabusId(self.syllabus);
        }
        let draft = builders::draft(&self.app.database, vec![items]).await;
        draft.unwrap().0
    }

    /// A draft whose first item is accepted.
    async fn judged(&self) -> Uuid {
        let draft = self.draft().await;
        let item = self.first_item(&draft.to_string()).await;
        let path = format!("/assessments/definitions/{draft}/items/{item}/accept");
        self.app.admin().await.post(&path, &json!({})).await.is(200);
        draft
    }

    async fn archived(&self) -> Uuid {
        let draft = self.draft().await;
        let path = format!("/assessments/definitions/{draft}/archive");
        self.app.admin().await.post(&path, &json!({})).await.is(200);
        draft
    }

    /// Of an assessment; nothing for what is none.
    async fn first_item(&self, name: &str) -> String {
        let Ok(id) = name.parse::<Uuid>() else {
            return String::new();
        };
        let store = &self.app.state.store;
        let detail = store
            .definition_detail(domain::ids::DefinitionId(id))
            .await
            .unwrap();
        let first = detail.and_then(|detail| detail.items.into_iter().next());
        first.map_or_else(String::new, |item| item.item.item_id.to_string())
    }

    async fn fresh_track(&self) -> TestTrack {
        let slug = format!("track-{}", self.number());
        self.app
            .publish_track(&slug, Settings::for_tracks(), bank())
            .await
    }

    async fn credential(&self) -> Uuid {
        let title = format!("Credential {}", self.number());
        let content = builders::credential_content(&title, &["http-apis"]);
        let made = builders::credential(&self.app.database, content).await;
        made.unwrap().id.0
    }

    /// With the owner and the first advisor.
    async fn cohort(&self, owner: u32) -> CohortId {
        let change = MembershipChange {
            add_members: vec![
                self.user(Role::Student, owner).await,
                self.user(Role::Advisor, 1).await,
            ],
            ..MembershipChange::default()
        };
        let name = format!("cohort {owner}");
        let admin = builders::admin(&self.app.database).await.unwrap();
        let create = domain::identity::CreateCohort { admin, name, change };
        self.app.run(create).await.id
    }

    async fn user(&self, role: Role, number: u32) -> UserId {
        let Principal { user_id, .. } = builders::principal(&self.app.database, role, number)
            .await
            .unwrap();
        user_id
    }

    async fn key(&self, scopes: &[Scope]) -> (ApiKey, String) {
        let id = ApiKeyId(self.app.database.ids.new_uuid());
        let secret = ApiKeySecret::generate(id);
        let create = CreateApiKey {
            admin: builders::admin(&self.app.database).await.unwrap(),
            id,
            name: "Platform".to_owned(),
            secret_hash: secret.hash,
            scopes: scopes.iter().copied().collect(),
            requests_per_minute: None,
            expires_at: None,
        };
        (self.app.run(create).await, secret.text)
    }

    async fn invitation(&self) -> Uuid {
        let create = CreateInvitation {
            admin: builders::admin(&self.app.database).await.unwrap(),
            code_hash: format!("hash {}", self.number()),
            email: None,
            cohort_id: None,
            max_uses: 1,
            expires_at: self.app.database.clock.now() + Duration::from_hours(1),
        };
        self.app.run(create).await.id.0
    }

    /// To the first question of the first section.
    fn answer(&self) -> serde_json::Value {
        let item = &self.published.sections[0].items[0];
        json!({ "question_id": item.item_id, "answer": answer_key(&item.content) })
    }

    /// The body of a row with its placeholders filled in.
    pub(super) fn body(&self, body: &str, object: &Object) -> String {
        body.replace("<id>", &object.name)
            .replace("<new>", &format!("new{}", self.number()))
            .replace("<standing>", &self.track.slug)
            .replace("<assessment>", &self.published.definition_id.to_string())
            .replace("<answer>", &self.answer().to_string())
            .replace("<section>", &self.published.sections[0].id.to_string())
    }
}

/// One short text.
pub(super) fn form() -> reqwest::multipart::Form {
    let text = "Photosynthesis is the process by which plants turn light into energy. ".repeat(20);
    let file = reqwest::multipart::Part::text(text).file_name("plants.txt");
    reqwest::multipart::Form::new().part("files[]", file)
}

async fn upload(admin: &Client) -> serde_json::Value {
    let request = admin.request(reqwest::Method::POST, "/admin/syllabus/upload");
    crate::support::Reply::to(request.multipart(form())).await.is(201)
}
