//! The real program as a process, and a candidate who meets it only over HTTP.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read as _, Seek as _};
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use domain::authoring::sample_answers::answer_key;
use domain::ids::AttemptId;
use jobs::views::{JobStatus, JobView};
use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};
use testkit::TestDatabase;
use testkit::builders::Published;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use uuid::Uuid;

use super::observed;

/// Longest wait for anything; conditions are looked at every [`LOOK`].
pub(crate) const LIMIT: Duration = Duration::from_mins(1);
const LOOK: Duration = Duration::from_millis(50);

pub(crate) async fn wait_for<T, F>(what: &str, look: impl Fn() -> F) -> Result<T>
where
    F: Future<Output = Result<Option<T>>>,
{
    let waiting = async {
        loop {
            if let Some(found) = look().await? {
                return Ok(found);
            }
            tokio::time::sleep(LOOK).await;
        }
    };
    tokio::time::timeout(LIMIT, waiting)
        .await
        .with_context(|| format!("waited too long for {what}"))?
}

/// Whether a file is what a build that measures coverage writes where it runs, wherever the environment of a child was emptied.
pub(crate) fn is_profile(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "profraw")
}

/// The jobs of one kind of an attempt that a worker has, once there are any.
pub(crate) async fn running_jobs(
    database: &TestDatabase,
    attempt: AttemptId,
    kind: &str,
) -> Result<Option<Vec<JobView>>> {
    let mut running = Vec::new();
    for job in database.store.jobs_for_subject(attempt.0).await? {
        if job.status == JobStatus::InProgress && job.kind == kind {
            running.push(
                database
                    .store
                    .job_view(job.id)
                    .await?
                    .context("the job is there")?,
            );
        }
    }
    Ok((!running.is_empty()).then_some(running))
}

/// The program with these arguments in this directory, killed when dropped.
pub(crate) fn program(directory: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_touchstone"));
    command
        .args(arguments)
        .current_dir(directory)
        .env_remove(observed::DIRECTORY_VARIABLE)
        .stdin(Stdio::null())
        .kill_on_drop(true);
    command
}

/// A running `touchstone serve`.
pub(crate) struct Server {
    child: Child,
    /// Where its API begins.
    pub(crate) base: String,
    printed: Vec<String>,
    rest: Lines<BufReader<ChildStdout>>,
    log: File,
}

/// What a server left behind that was asked to stop.
pub(crate) struct Stopped {
    pub(crate) status: ExitStatus,
    /// Everything on standard output.
    pub(crate) printed: String,
    /// Everything on standard error.
    pub(crate) logged: String,
}

impl Server {
    /// Returns when it listens.
    pub(crate) async fn start(data: &Path, settings: &[(&str, &str)]) -> Result<Self> {
        let log = tempfile::tempfile()?;
        let mut child = program(data, &["serve"])
            .env("TOUCHSTONE_DATA_DIR", data)
            .env("TOUCHSTONE_LISTEN", "127.0.0.1:0")
            .env("TOUCHSTONE__SERVER__SHUTDOWN_NOTICE_SECONDS", "0")
            .envs(settings.iter().copied())
            .stdout(Stdio::piped())
            .stderr(log.try_clone()?)
            .spawn()?;
        let stdout = child.stdout.take().context("standard output is piped")?;
        let mut rest = BufReader::new(stdout).lines();
        let mut printed = Vec::new();
        let base = loop {
            let line = tokio::time::timeout(LIMIT, rest.next_line()).await??;
            let line = line.context("the server ended before it listened")?;
            printed.push(line.clone());
            if let Some(address) = line.strip_prefix("listening on ") {
                break format!("{address}/api/v1");
            }
        };
        Ok(Self {
            child,
            base,
            printed,
            rest,
            log,
        })
    }

    /// What it has printed up to the line that says where it listens.
    pub(crate) fn printed(&self) -> &[String] {
        &self.printed
    }

    /// Of the process, while it runs.
    pub(crate) fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// Everything on standard error so far. Read at its place: the program goes on writing at its own.
    pub(crate) fn logged(&self) -> Result<String> {
        let mut bytes = vec![0; usize::try_from(self.log.metadata()?.len())?];
        self.log.read_exact_at(&mut bytes, 0)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// SIGKILL: no destructor, no drain.
    pub(crate) async fn kill(mut self) -> Result<()> {
        Ok(self.child.kill().await?)
    }

    /// SIGTERM, as a service manager sends it; returns when the process has ended.
    pub(crate) async fn terminate(mut self) -> Result<Stopped> {
        let id = self.child.id().context("the server runs")?.to_string();
        let sent = Command::new("kill").args(["-TERM", &id]).status().await?;
        ensure!(sent.success(), "no signal was sent");
        let ended = async {
            while let Some(line) = self.rest.next_line().await? {
                self.printed.push(line);
            }
            self.child.wait().await
        };
        let status = tokio::time::timeout(LIMIT, ended)
            .await
            .context("the server did not stop")??;
        let mut logged = String::new();
        self.log.rewind()?;
        self.log.read_to_string(&mut logged)?;
        Ok(Stopped {
            status,
            printed: self.printed.join("\n"),
            logged,
        })
    }
}

/// A student at the server's door.
pub(crate) struct Candidate {
    http: reqwest::Client,
    base: String,
    token: String,
}

impl Candidate {
    pub(crate) async fn register(server: &Server) -> Result<Self> {
        rustls::crypto::ring::default_provider().install_default().ok();
        let http = reqwest::Client::new();
        let body = json!({
            "email": "candidate@school.test", "password": "correct horse battery", "display_name": "Candidate",
        });
        let request = http.post(format!("{}/auth/register", server.base)).json(&body);
        let reply = send(request).await?;
        let reply: Value = reply.error_for_status()?.json().await?;
        let token = reply["tokens"]["access_token"]
            .as_str()
            .context("registering signs in")?
            .to_owned();
        Ok(Self {
            http,
            base: server.base.clone(),
            token,
        })
    }

    /// The same person with the same token at another server.
    pub(crate) fn moved_to(&self, server: &Server) -> Self {
        Self {
            http: self.http.clone(),
            base: server.base.clone(),
            token: self.token.clone(),
        }
    }

    /// Saves every answer, submits every section and the whole; returns what was acknowledged.
    pub(crate) async fn take(&self, published: &Published) -> Result<(AttemptId, BTreeMap<Uuid, Value>)> {
        let (id, sent) = self.answer_all(published).await?;
        self.call(Method::POST, &format!("/sessions/{id}/complete"), &json!({}))
            .await?;
        Ok((id, sent))
    }

    /// The same without submitting the whole.
    pub(crate) async fn answer_all(
        &self,
        published: &Published,
    ) -> Result<(AttemptId, BTreeMap<Uuid, Value>)> {
        let id = self.opt_in(published).await?;
        self.start(id).await?;
        let mut sent = BTreeMap::new();
        for (section, index) in published.sections.iter().zip(0..) {
            let answers: BTreeMap<Uuid, Value> = section
                .items
                .iter()
                .map(|item| (item.item_id.0, answer_key(&item.content)))
                .collect();
            let one_by_one = answers
                .iter()
                .map(|(id, answer)| json!({ "question_id": id, "answer": answer }));
            let body = json!({ "responses": one_by_one.collect::<Vec<_>>() });
            let saved = self
                .call(Method::POST, &format!("/assessments/{id}/responses"), &body)
                .await?;
            ensure!(
                saved["saved"].as_array().map(Vec::len) == Some(answers.len()),
                "every answer is acknowledged"
            );
            sent.extend(answers);
            let body = json!({ "section_id": section.id, "section_index": index, "answers": {} });
            self.call(Method::POST, &format!("/sessions/{id}/submit-section"), &body)
                .await?;
        }
        Ok((id, sent))
    }

    /// Submits a track without an answer.
    pub(crate) async fn submit_track(&self, slug: &str) -> Result<AttemptId> {
        let start = json!({ "role_slug": slug });
        let started = self.call(Method::POST, "/assessments/start", &start).await?;
        let id = AttemptId(serde_json::from_value(started["assessment_id"].clone())?);
        let path = format!("/assessments/{id}/submit");
        self.call(Method::POST, &path, &json!({})).await?;
        Ok(id)
    }

    pub(crate) async fn opt_in(&self, published: &Published) -> Result<AttemptId> {
        let body = json!({ "assessment_definition_id": published.definition_id });
        let opted: Value = self.call(Method::POST, "/sessions/opt-in", &body).await?;
        Ok(AttemptId(serde_json::from_value(opted["session_id"].clone())?))
    }

    pub(crate) async fn start(&self, id: AttemptId) -> Result<()> {
        let body = json!({ "session_id": id });
        self.call(Method::POST, "/sessions/start", &body).await?;
        Ok(())
    }

    /// Submits the whole under a key; the reply's status, and whether it was replayed.
    pub(crate) async fn complete_once(&self, id: AttemptId, key: &str) -> Result<(u16, bool)> {
        let request = self
            .http
            .post(format!("{}/sessions/{id}/complete", self.base))
            .bearer_auth(&self.token)
            .header("idempotency-key", key);
        let reply = send(request.json(&json!({}))).await?;
        let replayed = reply.headers().contains_key("idempotency-replayed");
        Ok((reply.status().as_u16(), replayed))
    }

    /// A request that is not sent yet.
    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        self.http
            .get(format!("{}{path}", self.base))
            .bearer_auth(&self.token)
    }

    async fn call(&self, method: Method, path: &str, body: &Value) -> Result<Value> {
        let request = self
            .http
            .request(method, format!("{}{path}", self.base))
            .bearer_auth(&self.token);
        let reply = send(request.json(body)).await?;
        let status = reply.status();
        let body: Value = reply.json().await?;
        ensure!(status.is_success(), "{path} answered {status}: {body}");
        Ok(body)
    }
}

/// Sends and notes the answer.
async fn send(request: RequestBuilder) -> Result<Response> {
    let (http, request) = request.build_split();
    let request = request?;
    let (method, path) = (request.method().clone(), request.url().path().to_owned());
    let response = http.execute(request).await?;
    observed::note(&method, &path, response.status());
    Ok(response)
}
