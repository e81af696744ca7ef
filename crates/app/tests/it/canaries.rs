//! Secrets, answers and names in logs and error bodies (row 60 of the faults): planted wherever a client can put one, while the
//! real program logs all it has to say, and looked for in everything it wrote and in every refusal.

use anyhow::{Context as _, Result, ensure};
use reqwest::multipart::{Form, Part};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};

use super::support::process::{Server, wait_for};
use super::support::{Marker, http_client, leaks};

/// Planted texts; each stands in one place that nothing may be told of.
#[derive(Default)]
struct Canaries {
    planted: Vec<String>,
}

impl Canaries {
    /// A text of its own for a place.
    fn plant(&mut self, place: &str) -> String {
        let canary = format!("canary{}{}", self.planted.len(), place.replace(' ', ""));
        self.planted.push(canary.clone());
        canary
    }

    /// A secret that the program made.
    fn found(&mut self, secret: &Value) -> Result<String> {
        let text = secret.as_str().context("a secret is a text")?.to_owned();
        self.planted.push(text.clone());
        Ok(text)
    }
}

/// Somebody who sends requests, and keeps what was refused.
struct Visitor {
    http: Client,
    base: String,
    token: String,
    refusals: Vec<String>,
}

impl Visitor {
    async fn send(&mut self, request: RequestBuilder) -> Result<Value> {
        let reply = request.send().await?;
        let status = reply.status();
        let text = reply.text().await?;
        if !status.is_success() {
            self.refusals.push(text);
            return Ok(Value::Null);
        }
        Ok(serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        if self.token.is_empty() {
            request
        } else {
            request.bearer_auth(&self.token)
        }
    }

    async fn post(&mut self, path: &str, body: &Value) -> Result<Value> {
        self.send(self.request(Method::POST, path).json(body)).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_planted_text_reaches_a_log_or_an_error() {
    search().await.unwrap();
}

async fn search() -> Result<()> {
    let directory = tempfile::tempdir()?;
    // Everything of ours, and what the libraries say below that.
    let level = "debug,touchstone=trace,domain=trace,storage=trace,jobs=trace,outbound=trace";
    let server = Server::start(directory.path(), &[("TOUCHSTONE__LOGGING__LEVEL", level)]).await?;
    let mut canaries = Canaries::default();
    let mut admin = Visitor {
        http: http_client(),
        base: server.base.clone(),
        token: String::new(),
        refusals: Vec::new(),
    };
    let printed = server.printed().join(" ");
    let password = printed
        .split("password ")
        .nth(1)
        .and_then(|rest| rest.split_whitespace().next());
    let password = canaries.found(&json!(password.context("the first password is printed")?))?;
    let body = json!({ "email": "admin@localhost", "password": password });
    let signed_in = admin.post("/auth/login", &body).await?;
    admin.token = canaries.found(&signed_in["tokens"]["access_token"])?;
    canaries.found(&signed_in["tokens"]["refresh_token"])?;
    as_admin(&mut admin, &mut canaries).await?;
    let mut student = Visitor {
        http: http_client(),
        base: server.base.clone(),
        token: String::new(),
        refusals: Vec::new(),
    };
    as_student(&mut student, &mut canaries).await?;
    let scored = || async { Ok(server.logged()?.contains("evaluate_attempt").then_some(())) };
    wait_for("the attempt to be scored", scored).await?;
    let stopped = server.terminate().await?;
    ensure!(
        canaries.planted.len() >= 20,
        "only {} canaries",
        canaries.planted.len()
    );
    let markers: Vec<Marker> = canaries.planted.iter().map(|text| Marker::new(text)).collect();
    let lines = stopped.logged.lines().filter(|line| line.contains("\"request\""));
    ensure!(
        lines.count() > 20,
        "hardly anything was logged: {}",
        stopped.logged
    );
    let told = leaks(&stopped.logged, &markers);
    ensure!(told.is_empty(), "the log tells {told:?}");
    let refusals = [admin.refusals, student.refusals].concat();
    ensure!(refusals.len() >= 8, "only {} refusals", refusals.len());
    for refusal in refusals {
        let told = leaks(&refusal, &markers);
        ensure!(told.is_empty(), "a refusal tells {told:?}: {refusal}");
    }
    Ok(())
}

async fn as_admin(admin: &mut Visitor, canaries: &mut Canaries) -> Result<()> {
    let text = format!("{} is a process. ", canaries.plant("text of a syllabus")).repeat(20);
    let file = Part::text(text).file_name(format!("{}.txt", canaries.plant("file name")));
    let form = Form::new()
        .part("files[]", file)
        .text("subject", canaries.plant("subject"));
    admin
        .send(
            admin
                .request(Method::POST, "/admin/syllabus/upload")
                .multipart(form),
        )
        .await?;
    let key = json!({ "name": canaries.plant("name of a key"), "scopes": ["assessments:read"] });
    let made = admin.post("/api-keys", &key).await?;
    let key = canaries.found(&made["key"])?;
    let as_key = admin
        .http
        .get(format!("{}/assessments", admin.base))
        .header("x-api-key", key);
    admin.send(as_key).await?;
    let wrong = admin
        .http
        .get(format!("{}/assessments", admin.base))
        .header("x-api-key", canaries.plant("wrong key"));
    admin.send(wrong).await?;
    let invitation = json!({ "expires_at": "2099-01-01T00:00:00Z" });
    let made = admin.post("/invitations", &invitation).await?;
    canaries.found(&made["code"])?;
    let person = json!({
        "email": format!("{}@school.test", canaries.plant("address of an account")),
        "display_name": canaries.plant("name of an account"), "role": "student", "password": canaries.plant("password of an account"),
    });
    let made = admin.post("/users", &person).await?;
    // Again: taken. And with a password that says too much.
    admin.post("/users", &person).await?;
    let id = made["user_id"].as_str().context("an account is made")?;
    let reset = admin
        .post(&format!("/users/{id}/reset-password"), &json!({}))
        .await?;
    let token = canaries.found(&reset["reset_token"])?;
    let body = json!({ "reset_token": token, "new_password": canaries.plant("reset password") });
    admin.post("/auth/reset-password", &body).await?;
    admin.post("/auth/reset-password", &body).await?;
    let note = json!({ "time_factor": 1.5, "note": canaries.plant("note on a candidate") });
    let path = format!("/users/{id}/accommodations");
    admin.send(admin.request(Method::PUT, &path).json(&note)).await?;
    let track = json!({ "access_code": canaries.plant("access code") });
    admin
        .send(
            admin
                .request(Method::PATCH, "/tracks/backend-engineer")
                .json(&json!({ "settings": track })),
        )
        .await?;
    let search = format!("/users?search={}", canaries.plant("search"));
    admin.send(admin.request(Method::GET, &search)).await?;
    let unread = format!("/users?page={}", canaries.plant("number of a page"));
    admin.send(admin.request(Method::GET, &unread)).await?;
    Ok(())
}

async fn as_student(student: &mut Visitor, canaries: &mut Canaries) -> Result<()> {
    let email = format!("{}@school.test", canaries.plant("registered address"));
    let password = canaries.plant("registered password");
    let person =
        json!({ "email": email, "password": password, "display_name": canaries.plant("registered name") });
    let registered = student.post("/auth/register", &person).await?;
    student.post("/auth/register", &person).await?;
    student
        .post(
            "/auth/login",
            &json!({ "email": email, "password": canaries.plant("wrong password") }),
        )
        .await?;
    let twice = json!({ "email": canaries.plant("no address"), "password": password, "display_name": "x" });
    student.post("/auth/register", &twice).await?;
    student.token = canaries.plant("forged token");
    student.send(student.request(Method::GET, "/auth/me")).await?;
    student.token = canaries.found(&registered["tokens"]["access_token"])?;
    let refresh = canaries.found(&registered["tokens"]["refresh_token"])?;
    let refreshed = student
        .post("/auth/refresh", &json!({ "refresh_token": refresh }))
        .await?;
    canaries.found(&refreshed["tokens"]["refresh_token"])?;
    student
        .post(
            "/auth/refresh",
            &json!({ "refresh_token": canaries.plant("made up refresh token") }),
        )
        .await?;
    let me = student.request(Method::GET, "/auth/me");
    let me = me
        .header("cookie", canaries.plant("cookie"))
        .header("user-agent", canaries.plant("user agent"))
        .header(
            "x-request-id",
            format!("{} with spaces", canaries.plant("request id")),
        )
        .header("x-forwarded-for", canaries.plant("forwarded for"));
    student.send(me).await?;
    student
        .send(
            student
                .request(Method::POST, "/assessments/start")
                .body(canaries.plant("malformed body")),
        )
        .await?;
    take(student, canaries).await
}

/// A track with an answer of every shape, good and bad ones.
async fn take(student: &mut Visitor, canaries: &mut Canaries) -> Result<()> {
    let start = json!({ "role_slug": "data-analyst", "metadata": { "device": canaries.plant("metadata") } });
    let started = student.post("/assessments/start", &start).await?;
    let id = started["assessment_id"]
        .as_str()
        .context("the shipped track starts")?;
    let questions = started["questions"].as_array().context("it has questions")?;
    let path = format!("/assessments/{id}/responses");
    for question in questions {
        let kind = question["type"].as_str().unwrap_or_default();
        let text = canaries.plant(&format!("answer to {kind}"));
        // Right in shape for some kinds and refused for others: neither may be told.
        for answer in [json!(text), json!({ "value": text }), json!([text])] {
            let body = json!({ "responses": [{ "question_id": question["question_id"], "answer": answer }] });
            let sent = student
                .request(Method::POST, &path)
                .header("idempotency-key", canaries.plant("key"));
            student.send(sent.json(&body)).await?;
        }
    }
    student
        .post(&format!("/assessments/{id}/submit"), &json!({}))
        .await?;
    Ok(())
}
