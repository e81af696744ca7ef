//! The real program, killed without warning while it scores.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use domain::attempts::{ResultItem, Viewer};
use domain::authoring::Settings;
use domain::authoring::sample_answers::answer_key;
use domain::ids::AttemptId;
use jobs::views::{JobStatus, JobView};
use reqwest::Method;
use serde_json::{Value, json};
use testkit::TestDatabase;
use testkit::builders::{Published, publish_sample};
use uuid::Uuid;

/// Longest wait for anything; conditions are looked at every [`LOOK`].
const LIMIT: Duration = Duration::from_mins(1);
const LOOK: Duration = Duration::from_millis(50);

testkit::both_databases!(a_killed_server_loses_no_answer_and_scores_nothing_twice);

async fn a_killed_server_loses_no_answer_and_scores_nothing_twice(database: TestDatabase) {
    check(&database).await.unwrap();
}

async fn check(database: &TestDatabase) -> Result<()> {
    let published = publish_sample(database, Settings::default()).await?;
    let directory = tempfile::tempdir()?;
    let held = Server::start(database, directory.path(), "score_text.work")?;
    let client = Candidate::register(&held).await?;
    let (attempt, sent) = client.take(&published).await?;

    let running = wait_for("a scoring job to run", || running_jobs(database, attempt)).await?;
    held.kill()?;
    ensure!(
        kept_answers(database, attempt).await? == sent,
        "an acknowledged answer is missing or different"
    );

    let restarted = Server::start(database, directory.path(), "")?;
    wait_for("the attempt to be scored", || scored(database, attempt)).await?;
    for before in &running {
        let after = database
            .store
            .job_view(before.id)
            .await?
            .context("the job is there")?;
        let fence = |view: &JobView| view.attempts.last().map(|claim| claim.fence);
        ensure!(
            after.status == JobStatus::Completed,
            "{} ended as {:?}",
            after.kind,
            after.status
        );
        ensure!(
            fence(&after) > fence(before),
            "it finished at the fence it was killed at"
        );
        ensure!(
            after.attempts.len() > before.attempts.len(),
            "the second claim has no row of its own"
        );
        ensure!(
            after.attempts[0].outcome == "lost",
            "the first claim reads {}",
            after.attempts[0].outcome
        );
    }
    let records = database
        .count(&format!(
            "score_records WHERE attempt_id = {}",
            literal(database, attempt)
        ))
        .await?;
    ensure!(
        usize::try_from(records)? == published.items().count(),
        "{records} records for {} items",
        sent.len()
    );
    restarted.kill()
}

async fn kept_answers(database: &TestDatabase, attempt: AttemptId) -> Result<BTreeMap<Uuid, Value>> {
    let result = database
        .store
        .attempt_result(attempt, Viewer::Staff)
        .await?
        .context("the attempt is there")?;
    let answer = |item: &ResultItem| Some((item.item.item_id.0, item.response.as_ref()?.answer.clone()));
    Ok(result.items.iter().filter_map(answer).collect())
}

async fn running_jobs(database: &TestDatabase, attempt: AttemptId) -> Result<Option<Vec<JobView>>> {
    let mut running = Vec::new();
    for job in database.store.jobs_for_subject(attempt.0).await? {
        if job.status == JobStatus::InProgress && job.kind == "score_text" {
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

async fn scored(database: &TestDatabase, attempt: AttemptId) -> Result<Option<()>> {
    let status = database
        .store
        .attempt_status(attempt, Viewer::Staff)
        .await?
        .context("the attempt is there")?;
    Ok(status.attempt.scored_at.map(|_| ()))
}

/// An id as the database writes it in a statement.
fn literal(database: &TestDatabase, attempt: AttemptId) -> String {
    if database.url.starts_with("sqlite") {
        format!("x'{}'", attempt.0.simple())
    } else {
        format!("'{attempt}'")
    }
}

async fn wait_for<T, F>(what: &str, look: impl Fn() -> F) -> Result<T>
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

/// A process of the real program; killed when dropped.
struct Server {
    child: Child,
    base: String,
}

impl Server {
    fn start(database: &TestDatabase, data: &Path, failpoints: &str) -> Result<Self> {
        let mut child = Command::new(env!("CARGO_BIN_EXE_touchstone"))
            .arg("serve")
            .env("TOUCHSTONE_DATA_DIR", data)
            .env("TOUCHSTONE_LISTEN", "127.0.0.1:0")
            .env("TOUCHSTONE_DATABASE_URL", &database.url)
            .env("TOUCHSTONE__JOBS__LEASE_SECONDS", "2")
            .env("TOUCHSTONE__JOBS__BEAT_SECONDS", "1")
            .env("TOUCHSTONE_FAILPOINTS", failpoints)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let stdout = child.stdout.take().context("standard output is piped")?;
        let mut lines = BufReader::new(stdout).lines();
        let base = loop {
            let line = lines.next().context("the server ended before it listened")??;
            if let Some(address) = line.strip_prefix("listening on ") {
                break format!("{address}/api/v1");
            }
        };
        Ok(Self { child, base })
    }

    /// SIGKILL: no destructor, no drain.
    fn kill(mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A student at the server's door.
struct Candidate {
    http: reqwest::Client,
    base: String,
    token: String,
}

impl Candidate {
    async fn register(server: &Server) -> Result<Self> {
        rustls::crypto::ring::default_provider().install_default().ok();
        let http = reqwest::Client::new();
        let body = json!({
            "email": "crash@school.test", "password": "correct horse battery", "display_name": "Crash",
        });
        let reply = http
            .post(format!("{}/auth/register", server.base))
            .json(&body)
            .send()
            .await?;
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

    /// Saves every answer, submits every section and the whole; returns what was acknowledged.
    async fn take(&self, published: &Published) -> Result<(AttemptId, BTreeMap<Uuid, Value>)> {
        let body = json!({ "assessment_definition_id": published.definition_id });
        let opted: Value = self.call(Method::POST, "/sessions/opt-in", &body).await?;
        let id: Uuid = serde_json::from_value(opted["session_id"].clone())?;
        self.call(Method::POST, "/sessions/start", &json!({ "session_id": id }))
            .await?;
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
        self.call(Method::POST, &format!("/sessions/{id}/complete"), &json!({}))
            .await?;
        Ok((AttemptId(id), sent))
    }

    async fn call(&self, method: Method, path: &str, body: &Value) -> Result<Value> {
        let request = self
            .http
            .request(method, format!("{}{path}", self.base))
            .bearer_auth(&self.token);
        let reply = request.json(body).send().await?;
        let status = reply.status();
        let body: Value = reply.json().await?;
        ensure!(status.is_success(), "{path} answered {status}: {body}");
        Ok(body)
    }
}
