//! A student who visits every operation of the contract and keeps every reply.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Client, Reply, TestApp};

/// The slug of the track on the tour.
pub(super) const SLUG: &str = "planted";

const A_QUESTION: &str = r#"{"tracks":["planted"],"stem":"It is so.","marks":1,"topic":"x","cognitive_level":"remember",
    "difficulty":"easy","body":{"kind":"true_false","key":true}}"#;

/// Operations that are not for students, with a body they would take; each is tried and has to be refused.
const FOR_STAFF: &[(&str, &str, &str)] = &[
    ("POST", "/api/v1/admin/syllabus/upload", "{}"),
    ("GET", "/api/v1/admin/syllabi", ""),
    ("GET", "/api/v1/admin/syllabi/{id}", ""),
    ("POST", "/api/v1/assessments/generate", "{}"),
    ("GET", "/api/v1/assessments/definitions", ""),
    ("GET", "/api/v1/assessments/definitions/{id}", ""),
    ("PATCH", "/api/v1/assessments/definitions/{id}", "{}"),
    ("POST", "/api/v1/assessments/definitions/{id}/publish", "{}"),
    ("POST", "/api/v1/assessments/definitions/{id}/archive", ""),
    ("POST", "/api/v1/assessments/definitions/{id}/restore", ""),
    ("GET", "/api/v1/assessments/definitions/{id}/versions", ""),
    (
        "GET",
        "/api/v1/assessments/definitions/{id}/versions/{from}/diff/{to}",
        "",
    ),
    (
        "PATCH",
        "/api/v1/assessments/definitions/{id}/items/{item_id}",
        r#"{"reason":"x"}"#,
    ),
    (
        "POST",
        "/api/v1/assessments/definitions/{id}/items/{item_id}/accept",
        "{}",
    ),
    (
        "POST",
        "/api/v1/assessments/definitions/{id}/items/{item_id}/reject",
        r#"{"reason":"x"}"#,
    ),
    (
        "POST",
        "/api/v1/assessments/definitions/{id}/items/{item_id}/reopen",
        "{}",
    ),
    (
        "POST",
        "/api/v1/assessments/definitions/{id}/items/{item_id}/regenerate",
        r#"{"reason":"x"}"#,
    ),
    ("POST", "/api/v1/assessments/{id}/extend", r#"{"minutes":5}"#),
    ("POST", "/api/v1/assessments/{id}/release", "{}"),
    ("POST", "/api/v1/assessments/{id}/void", "{}"),
    (
        "PUT",
        "/api/v1/users/{id}/accommodations",
        r#"{"time_factor":1.5}"#,
    ),
    ("GET", "/api/v1/audit", ""),
    ("GET", "/api/v1/reviews", ""),
    ("GET", "/api/v1/reviews/{id}", ""),
    ("POST", "/api/v1/reviews/{id}", "{}"),
    ("GET", "/api/v1/regrades", ""),
    ("POST", "/api/v1/regrades", r#"{"policy":"both_ways"}"#),
    ("GET", "/api/v1/regrades/{id}", ""),
    ("GET", "/api/v1/regrades/{id}/changes", ""),
    ("POST", "/api/v1/regrades/{id}/apply", ""),
    ("POST", "/api/v1/regrades/{id}/cancel", ""),
    ("GET", "/api/v1/jobs", ""),
    ("POST", "/api/v1/jobs/{id}/retry", ""),
    ("POST", "/api/v1/jobs/{id}/cancel", ""),
    ("GET", "/api/v1/ops/overview", ""),
    ("GET", "/api/v1/ops/models", ""),
    ("GET", "/api/v1/ops/queues", ""),
    ("POST", "/api/v1/ops/queues/{name}/pause", r#"{"reason":"x"}"#),
    ("POST", "/api/v1/ops/queues/{name}/resume", ""),
    ("GET", "/api/v1/ops/dead-letters", ""),
    ("POST", "/api/v1/ops/dead-letters/requeue", r#"{"filter":{}}"#),
    ("POST", "/api/v1/users/{id}/erase", "{}"),
    ("GET", "/api/v1/users", ""),
    (
        "POST",
        "/api/v1/users",
        r#"{"email":"x@example.org","display_name":"X","role":"admin"}"#,
    ),
    ("GET", "/api/v1/users/{id}", ""),
    ("PATCH", "/api/v1/users/{id}", r#"{"role":"admin"}"#),
    ("POST", "/api/v1/users/{id}/reset-password", "{}"),
    ("GET", "/api/v1/invitations", ""),
    (
        "POST",
        "/api/v1/invitations",
        r#"{"expires_at":"2099-01-01T00:00:00Z"}"#,
    ),
    ("DELETE", "/api/v1/invitations/{id}", ""),
    ("GET", "/api/v1/api-keys", ""),
    (
        "POST",
        "/api/v1/api-keys",
        r#"{"name":"X","scopes":["results:read"]}"#,
    ),
    ("DELETE", "/api/v1/api-keys/{id}", ""),
    ("GET", "/api/v1/cohorts", ""),
    ("POST", "/api/v1/cohorts", r#"{"name":"Spring"}"#),
    ("GET", "/api/v1/cohorts/{id}", ""),
    ("PATCH", "/api/v1/cohorts/{id}", "{}"),
    ("DELETE", "/api/v1/cohorts/{id}", ""),
    ("GET", "/api/v1/cohorts/{id}/members", ""),
    (
        "POST",
        "/api/v1/tracks",
        r#"{"slug":"other","title":"Other","skills":[]}"#,
    ),
    ("PATCH", "/api/v1/tracks/{slug}", "{}"),
    ("DELETE", "/api/v1/tracks/{slug}", ""),
    (
        "POST",
        "/api/v1/catalog/credentials",
        r#"{"title":"X","provider":"X","description":"X","level":"advanced"}"#,
    ),
    ("PATCH", "/api/v1/catalog/credentials/{id}", "{}"),
    ("DELETE", "/api/v1/catalog/credentials/{id}", ""),
    ("GET", "/api/v1/catalog/credentials/{id}/versions", ""),
    ("GET", "/api/v1/questions", ""),
    ("POST", "/api/v1/questions", A_QUESTION),
    ("GET", "/api/v1/questions/{id}", ""),
    ("PATCH", "/api/v1/questions/{id}", "{}"),
    ("DELETE", "/api/v1/questions/{id}", ""),
    ("GET", "/api/v1/questions/{id}/versions", ""),
    ("GET", "/api/v1/questions/{id}/versions/{from}/diff/{to}", ""),
    ("GET", "/api/v1/questions/{id}/exemplars", ""),
    ("POST", "/api/v1/questions/{id}/exemplars", r#"{"exemplars":[]}"#),
];

/// One request, by the path of the contract.
pub(super) struct Stop {
    method: Method,
    template: &'static str,
    body: Option<Value>,
}

impl Stop {
    pub(super) fn get(template: &'static str) -> Self {
        Self {
            method: Method::GET,
            template,
            body: None,
        }
    }

    pub(super) fn delete(template: &'static str) -> Self {
        Self {
            method: Method::DELETE,
            ..Self::get(template)
        }
    }

    pub(super) fn post(template: &'static str, body: Value) -> Self {
        Self {
            method: Method::POST,
            template,
            body: Some(body),
        }
    }
}

/// See the module.
pub(super) struct Tour {
    client: Client,
    /// `METHOD template` of every operation of the contract.
    operations: BTreeSet<String>,
    visited: BTreeSet<String>,
    pub(super) definition: Uuid,
    pub(super) session: String,
    /// Their account.
    pub(super) user: String,
    pub(super) job: Option<String>,
    /// An entry of the catalogue.
    pub(super) credential: String,
    /// What they contest.
    pub(super) inquiry: String,
    /// Everything that was answered.
    pub(super) seen: Vec<Reply>,
}

impl Tour {
    pub(super) async fn begin(app: &TestApp, definition: Uuid) -> Self {
        let client = app.anonymous();
        let contract = client.get("//api/openapi.json").await.is(200);
        let paths = contract["paths"].as_object().unwrap();
        let operations = paths.iter().flat_map(|(path, item)| {
            let methods = item.as_object().unwrap().keys();
            methods.map(move |method| format!("{} {path}", method.to_uppercase()))
        });
        Self {
            operations: operations.collect(),
            visited: BTreeSet::new(),
            seen: Vec::new(),
            session: String::new(),
            user: String::new(),
            job: None,
            inquiry: String::new(),
            credential: String::new(),
            definition,
            client,
        }
    }

    pub(super) fn sign_in(&mut self, token: &str) {
        self.client = self.client.with_token(token);
    }

    /// Sends, keeps the reply, and notes that the operation answered 2xx.
    pub(super) async fn call(&mut self, stop: Stop) -> &Reply {
        let operation = format!("{} {}", stop.method, stop.template);
        assert!(
            self.operations.contains(&operation),
            "{operation} is not in the contract"
        );
        let id = match (stop.template.contains("/jobs/"), &self.job) {
            (true, Some(job)) => job.clone(),
            _ if stop.template.contains("/users/") => self.user.clone(),
            _ if stop.template.starts_with("/api/v1/inquiries/") => self.inquiry.clone(),
            _ if stop.template.starts_with("/api/v1/catalog/") => self.credential.clone(),
            _ => self.session.clone(),
        };
        let path = stop.template.replace("{id}", &id).replace("{slug}", SLUG);
        let path = path.replace("{name}", "static");
        let request = self.client.request(stop.method, &format!("/{path}"));
        let request = match stop.body {
            Some(body) => request.json(&body),
            None => request,
        };
        let reply = Reply::to(request).await;
        if (200..300).contains(&reply.status) {
            self.visited.insert(operation);
        }
        self.seen.push(reply);
        &self.seen[self.seen.len() - 1]
    }

    pub(super) async fn submit(&mut self, index: usize, section_id: Uuid, answers: &Value) -> &Reply {
        let body = json!({ "section_id": section_id, "section_index": index, "answers": answers });
        self.call(Stop::post("/api/v1/sessions/{id}/submit-section", body))
            .await
    }

    /// Everything that can be read, or sent without effect, at whatever stage.
    pub(super) async fn look_around(&mut self) {
        for template in [
            "/healthz",
            "/readyz",
            "/api/v1/auth/me",
            "/api/v1/assessments/available",
            "/api/v1/assessments",
            "/api/v1/tracks",
            "/api/v1/tracks/{slug}",
            "/api/v1/catalog/credentials",
            "/api/v1/catalog/credentials/{id}",
            "/api/v1/assessments/{id}",
            "/api/v1/assessments/{id}/status",
            "/api/v1/assessments/{id}/result",
            "/api/v1/sessions/{id}",
            "/api/v1/users/{id}/export",
        ] {
            self.call(Stop::get(template)).await;
        }
        if self.job.is_some() {
            self.call(Stop::get("/api/v1/jobs/{id}")).await.is(200);
        }
        self.call(Stop::post("/api/v1/sessions/{id}/heartbeat", json!({})))
            .await;
        let again = json!({ "session_id": self.session });
        if !self.visited.contains("POST /api/v1/sessions/start") {
            return;
        }
        self.call(Stop::post("/api/v1/sessions/start", again)).await;
    }

    /// Tries what is not for students.
    pub(super) async fn be_refused(&mut self) {
        for (method, template, body) in FOR_STAFF {
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            let body = (!body.is_empty()).then(|| serde_json::from_str(body).unwrap());
            self.call(Stop {
                method,
                template,
                body,
            })
            .await
            .is(403);
        }
    }

    /// Fails for an operation that is neither refused to students nor was answered 2xx.
    pub(super) fn assert_everything_was_visited(&self) {
        let for_staff: BTreeSet<String> = FOR_STAFF
            .iter()
            .map(|(method, template, _)| format!("{method} {template}"))
            .collect();
        let left: Vec<&String> = self
            .operations
            .iter()
            .filter(|name| !self.visited.contains(*name) && !for_staff.contains(*name))
            .collect();
        assert!(left.is_empty(), "not visited: {left:?}");
        assert!(
            self.visited.iter().all(|name| !for_staff.contains(name)),
            "{:?}",
            self.visited
        );
    }
}
