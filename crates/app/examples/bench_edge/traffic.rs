//! What goes on besides: students in the middle of an attempt, who save answers and look where they stand.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use reqwest::RequestBuilder;
use reqwest::header::CONNECTION;
use serde_json::{Value, json};

use crate::pace::at_rate;

/// Enough that each stays within the rate limits; shares no factor with [`MIX`], so that each of them does everything.
const STUDENTS: u8 = 61;
const PER_SECOND: u32 = 200;
/// A fifth of the requests writes.
const MIX: [Request; 10] = [
    Request::Me,
    Request::Status,
    Request::Save,
    Request::Me,
    Request::Status,
    Request::Me,
    Request::Status,
    Request::Save,
    Request::Me,
    Request::Status,
];
/// Every so many requests a student gives up the connection, so that the next one has to be let in.
const LAST_ON_CONNECTION: usize = 11;
/// As often is a request sent whose connection was closed before the answer, as browsers do.
const TRIES: usize = 3;
const TRACK: &str = "backend-engineer";
/// Kinds of questions that are answered with text.
const TEXT_KINDS: [&str; 2] = ["essay", "short_answer"];
const PASSWORD: &str = "unrelated words of a bench";

#[derive(Clone, Copy)]
enum Request {
    Me,
    Status,
    Save,
}

/// The students; clones are the same.
#[derive(Clone)]
pub(crate) struct Traffic {
    students: Arc<[Student]>,
}

/// A student in the middle of an attempt.
struct Student {
    http: reqwest::Client,
    api: String,
    token: String,
    attempt: String,
    question: Value,
}

/// What became of one request.
pub(crate) struct Answered {
    /// From the time at which it was to be sent; an error when there was no good answer.
    pub(crate) after: Result<Duration>,
    /// How often it was sent again.
    pub(crate) repeated: usize,
}

impl Traffic {
    /// Makes accounts and begins attempts.
    pub(crate) async fn begin(base: &str) -> Result<Self> {
        let mut students = Vec::with_capacity(usize::from(STUDENTS));
        for number in 0..STUDENTS {
            let student = Student::begin(base, number).await;
            students.push(student.with_context(|| format!("student {number}"))?);
        }
        Ok(Self {
            students: students.into(),
        })
    }

    /// Lets them work for so long.
    pub(crate) async fn run(&self, time: Duration) -> Result<Vec<Answered>> {
        let traffic = self.clone();
        at_rate(PER_SECOND, time, move |number, due| {
            let students = Arc::clone(&traffic.students);
            async move { students[number % students.len()].ask(number, due).await }
        })
        .await
    }

    /// The head of a save by the student of that number, up to its length.
    pub(crate) fn head_of_save(&self, number: usize) -> String {
        let student = &self.students[number % self.students.len()];
        format!(
            "POST /api/v1/assessments/{}/responses HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {}\r\n\
             Content-Type: application/json\r\n",
            student.attempt, student.token
        )
    }
}

impl Student {
    async fn begin(base: &str, number: u8) -> Result<Self> {
        // Each from an address of its own, as limits by address expect of people.
        let http = reqwest::Client::builder()
            .no_proxy()
            .timeout(Duration::from_secs(10))
            .local_address(std::net::IpAddr::from(Ipv4Addr::new(127, 0, 1, number + 1)))
            .build()?;
        let api = format!("{base}/api/v1");
        let account = json!({ "email": format!("student-{number}@bench.example"), "password": PASSWORD,
            "display_name": "Student" });
        let account = reply(http.post(format!("{api}/auth/register")).json(&account)).await?;
        let token = account["tokens"]["access_token"]
            .as_str()
            .context("no token")?
            .to_owned();
        let start = http.post(format!("{api}/assessments/start")).bearer_auth(&token);
        let started = reply(start.json(&json!({ "role_slug": TRACK }))).await?;
        let questions = started["questions"].as_array().context("no questions")?;
        let is_text = |question: &&Value| TEXT_KINDS.iter().any(|kind| question["type"] == *kind);
        let question = questions.iter().find(is_text).context("no question for a text")?;
        let attempt = started["assessment_id"].as_str().context("no attempt")?;
        Ok(Self {
            http,
            api,
            token,
            attempt: attempt.to_owned(),
            question: question["question_id"].clone(),
        })
    }

    async fn ask(&self, number: usize, due: Instant) -> Answered {
        let is_lost = |error: &anyhow::Error| {
            let error = error.downcast_ref::<reqwest::Error>();
            error.is_some_and(|error| !error.is_timeout())
        };
        let mut repeated = 0;
        let after = loop {
            match reply(self.request(number)).await {
                Ok(_) => break Ok(due.elapsed()),
                Err(error) if is_lost(&error) && repeated + 1 < TRIES => repeated += 1,
                Err(error) => break Err(error),
            }
        };
        Answered { after, repeated }
    }

    fn request(&self, number: usize) -> RequestBuilder {
        let attempt = format!("{}/assessments/{}", self.api, self.attempt);
        let request = match MIX[number % MIX.len()] {
            Request::Me => self.http.get(format!("{}/auth/me", self.api)),
            Request::Status => self.http.get(format!("{attempt}/status")),
            Request::Save => {
                let answer = format!("The second writer waits until the first has committed: {number}.");
                let response = json!({ "question_id": self.question, "answer": answer });
                let save = json!({ "responses": [response] });
                self.http.post(format!("{attempt}/responses")).json(&save)
            }
        };
        let request = request.bearer_auth(&self.token);
        if number.is_multiple_of(LAST_ON_CONNECTION) {
            request.header(CONNECTION, "close")
        } else {
            request
        }
    }
}

async fn reply(request: RequestBuilder) -> Result<Value> {
    let reply = request.send().await?;
    let status = reply.status();
    let body = reply.bytes().await?;
    ensure!(status.is_success(), "{status} {}", String::from_utf8_lossy(&body));
    Ok(serde_json::from_slice(&body)?)
}
