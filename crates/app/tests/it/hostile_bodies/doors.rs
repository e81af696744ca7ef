//! Every operation that takes JSON, with somebody who may call it and things to call it about.

use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::authoring::Settings;
use domain::authoring::item::ItemKind;
use domain::identity::Role;
use reqwest::Method;
use serde_json::{Value, json};
use testkit::Backend;
use testkit::builders::Published;

use super::JSON;
use crate::refusals::operations::Operation;
use crate::refusals::samples::{UNKNOWN_ID, samples};
use crate::support::{Client, Reply, Sitting, TestApp, TestTrack, bank};

const SLUG: &str = "backend";
/// Accounts before this one are used by others.
const FIRST_ACCOUNT: u32 = 100;

/// An operation about to be called.
pub(super) struct Door {
    pub(super) operation: Operation,
    pub(super) path: String,
    /// Right in shape, the shortest first.
    pub(super) samples: Vec<Value>,
    /// None where nobody has to say who they are.
    caller: Option<Role>,
    account: u32,
    client: Mutex<Client>,
}

impl Door {
    /// With another sign-in where the one before was ended by what was sent with it.
    pub(super) async fn send(&self, app: &TestApp, body: Vec<u8>) -> Reply {
        let client = self.client().clone();
        let reply = self.send_as(&client, body.clone()).await;
        match self.caller {
            Some(role) if reply.status == 401 => {
                let client = app.client(role, self.account).await;
                *self.client() = client.clone();
                self.send_as(&client, body).await
            }
            _ => reply,
        }
    }

    fn client(&self) -> MutexGuard<'_, Client> {
        self.client.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn send_as(&self, client: &Client, body: Vec<u8>) -> Reply {
        let request = client.request(self.operation.method.clone(), &format!("/{}", self.path));
        Reply::to(request.header("content-type", JSON).body(body)).await
    }

    /// The sample that says most.
    pub(super) fn fullest(&self) -> Value {
        let longest = self.samples.iter().max_by_key(|sample| sample.to_string().len());
        longest.cloned().unwrap_or_default()
    }
}

/// What there is to call operations about.
struct Scene {
    published: Published,
    track: TestTrack,
    cohort: String,
}

/// Doors of all operations. Each has an account of its own, so that none shuts another.
pub(super) async fn doors(app: &TestApp) -> Vec<Door> {
    let document = app.anonymous().get("//api/openapi.json").await.is(200);
    let admin = app.admin().await;
    let cohort = admin.post("/cohorts", &json!({ "name": "Spring" })).await.is(201);
    let scene = Scene {
        published: app.publish_sample(Settings::default()).await,
        track: app.publish_track(SLUG, Settings::for_tracks(), bank()).await,
        cohort: cohort["cohort_id"]
            .as_str()
            .or(cohort["id"].as_str())
            .unwrap_or(UNKNOWN_ID)
            .to_owned(),
    };
    let mut doors = Vec::new();
    for (operation, number) in Operation::all(&document).into_iter().zip(FIRST_ACCOUNT..) {
        let body = operation.body.as_ref().filter(|body| body.media_type == JSON);
        if let Some(samples) = body.map(|body| samples(&document, &body.schema)) {
            doors.push(door(app, &scene, operation, samples, number).await);
        }
    }
    doors
}

async fn door(app: &TestApp, scene: &Scene, operation: Operation, samples: Vec<Value>, account: u32) -> Door {
    let item = scene.published.items().next().unwrap().item_id;
    let template = operation
        .template
        .replace("{slug}", SLUG)
        .replace("{name}", "rag")
        .replace("{item_id}", &item.to_string());
    let mut door = Door {
        path: template.replace("{id}", UNKNOWN_ID),
        operation,
        samples,
        caller: None,
        account,
        client: Mutex::new(app.anonymous()),
    };
    if !door.operation.public {
        let role = caller(app, &door).await;
        door.caller = Some(role);
        *door.client() = app.client(role, account).await;
    }
    door.path = template.replace("{id}", &subject(app, scene, &door).await);
    door
}

/// Whoever is let in; asked about nothing that there is.
async fn caller(app: &TestApp, door: &Door) -> Role {
    for role in [Role::Admin, Role::Advisor, Role::Student] {
        let client = app.client(role, door.account).await;
        let status = door.send_as(&client, b"[".to_vec()).await.status;
        if !matches!(status, 401 | 403) {
            return role;
        }
    }
    Role::Service
}

/// An id that names something to the caller.
async fn subject(app: &TestApp, scene: &Scene, door: &Door) -> String {
    let number = door.account;
    let path = door.operation.template.trim_start_matches("/api/v1");
    if path.starts_with("/assessments/definitions/") {
        scene.published.definition_id.to_string()
    } else if path.starts_with("/sessions/") || path.starts_with("/assessments/") {
        // For staff, the session of some student.
        Sitting::started(app, &scene.published, number)
            .await
            .id
            .to_string()
    } else if path.starts_with("/questions/") {
        scene.track.question(ItemKind::Essay).to_string()
    } else if path.starts_with("/cohorts/") {
        scene.cohort.clone()
    } else if path.starts_with("/users/") {
        app.client(Role::Student, number + 1000)
            .await
            .user()
            .id
            .to_string()
    } else {
        UNKNOWN_ID.to_owned()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_door_is_open_to_its_caller() {
    let app = super::app(Backend::Sqlite).await;
    for door in doors(&app).await {
        let shut = door.send(&app, b"[".to_vec()).await;
        assert_eq!(shut.status, 400, "{}: {}", door.operation.name, shut.text);
        assert_ne!(door.operation.method, Method::GET);
    }
}
