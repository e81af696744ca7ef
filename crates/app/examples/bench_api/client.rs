//! A candidate's requests; both servers take the same ones.

use anyhow::{Context as _, Result};
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::server::Server;

/// A candidate with a token.
pub(crate) struct Candidate {
    /// Who.
    pub(crate) id: Uuid,
    /// For the program; the baseline believes a header.
    pub(crate) token: String,
}

/// An attempt that was started, with the answers to be given.
pub(crate) struct Started {
    /// Which.
    pub(crate) id: Uuid,
    /// `{question_id, answer}` of each question.
    pub(crate) responses: Vec<Value>,
}

/// Keeps connections to one server.
pub(crate) struct Client {
    http: reqwest::Client,
    base: String,
    signs_in: bool,
    /// Sent as `X-Request-Id`, when there is one.
    pub(crate) request_id: Option<String>,
}

impl Client {
    /// For that server.
    pub(crate) fn new(server: &Server) -> Self {
        Self {
            http: reqwest::Client::new(),
            base: server.base.clone(),
            signs_in: server.application == "touchstone",
            request_id: None,
        }
    }

    /// Makes the program look the candidate's sign-in up, as it does once a minute; the baseline signs nobody in.
    pub(crate) async fn introduce(&self, candidate: &Candidate) -> Result<()> {
        if !self.signs_in {
            return Ok(());
        }
        let url = format!("{}/../auth/me", self.base);
        self.send(candidate, self.http.get(url)).await?;
        Ok(())
    }

    /// Starts the track; the reply.
    pub(crate) async fn start(&self, candidate: &Candidate, slug: &str) -> Result<Value> {
        let body = json!({ "role_slug": slug, "metadata": { "client": "bench", "campus": "north" } });
        let reply = self.post(candidate, "start", &body).await?;
        Ok(serde_json::from_slice(&reply)?)
    }

    /// Saves one answer; gives the length of the reply.
    pub(crate) async fn save(&self, candidate: &Candidate, started: &Started, index: usize) -> Result<usize> {
        let response = &started.responses[index % started.responses.len()];
        let body = json!({ "responses": [response] });
        let path = format!("{}/responses", started.id);
        Ok(self.post(candidate, &path, &body).await?.len())
    }

    /// Submits with all answers; gives the length of the reply.
    pub(crate) async fn submit(&self, candidate: &Candidate, started: &Started) -> Result<usize> {
        let body = json!({ "responses": started.responses });
        let path = format!("{}/submit", started.id);
        Ok(self.post(candidate, &path, &body).await?.len())
    }

    /// Reads `status` or `result`; gives the length of the reply.
    pub(crate) async fn read(&self, candidate: &Candidate, started: &Started, what: &str) -> Result<usize> {
        let url = format!("{}/{}/{what}", self.base, started.id);
        Ok(self.send(candidate, self.http.get(url)).await?.len())
    }

    async fn post(&self, candidate: &Candidate, path: &str, body: &Value) -> Result<Vec<u8>> {
        let url = format!("{}/{path}", self.base);
        self.send(candidate, self.http.post(url).json(body)).await
    }

    /// The body of a reply that must be 2xx, and 202 only to a POST.
    async fn send(&self, candidate: &Candidate, request: RequestBuilder) -> Result<Vec<u8>> {
        let mut request = request
            .bearer_auth(&candidate.token)
            .header("x-user-id", candidate.id.to_string());
        if let Some(id) = &self.request_id {
            request = request.header("x-request-id", id);
        }
        let request = request.build()?;
        let what = format!("{} {}", request.method(), request.url().path());
        let is_read = request.method() == reqwest::Method::GET;
        let reply = self.http.execute(request).await.with_context(|| what.clone())?;
        let status = reply.status();
        let body = reply.bytes().await?;
        let expected = if is_read {
            status.as_u16() == 200
        } else {
            status.is_success()
        };
        anyhow::ensure!(expected, "{what}: {status} {}", String::from_utf8_lossy(&body));
        Ok(body.to_vec())
    }
}
