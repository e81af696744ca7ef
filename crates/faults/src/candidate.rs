//! Somebody who takes assessments over HTTP and repeats what was not acknowledged, with the same key.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::Instant;
use uuid::Uuid;

use crate::answers::answer;
use crate::books::{Answered, Attempt, Books};
use crate::chance::Chance;

const ONE_TRY: Duration = Duration::from_secs(10);
const ALL_TRIES: Duration = Duration::from_secs(150);
const PAUSE: Duration = Duration::from_millis(100);
/// Tokens end after 15 minutes.
const TOKEN_AGE: Duration = Duration::from_mins(8);
const SLUG: &str = "backend-engineer";

/// Where the API is: several doors, all the same.
#[derive(Clone)]
pub(crate) struct Doors {
    http: Client,
    bases: watch::Receiver<Vec<String>>,
    next: Arc<AtomicUsize>,
    pub(crate) books: Arc<Books>,
}

/// What came back to a request that was repeated until it was answered.
pub(crate) struct Reply {
    pub(crate) status: u16,
    /// Whether it is the stored reply to an earlier request with the same key.
    pub(crate) replayed: bool,
    pub(crate) body: Value,
}

impl Doors {
    /// The sender changes them.
    pub(crate) fn open(bases: Vec<String>, books: Arc<Books>) -> Result<(watch::Sender<Vec<String>>, Self)> {
        let (sender, bases) = watch::channel(bases);
        let http = Client::builder().no_proxy().pool_max_idle_per_host(64).build()?;
        let next = Arc::new(AtomicUsize::new(0));
        Ok((
            sender,
            Self {
                http,
                bases,
                next,
                books,
            },
        ))
    }

    fn base(&self) -> String {
        let bases = self.bases.borrow();
        let next = self.next.fetch_add(1, Ordering::Relaxed);
        bases.get(next % bases.len().max(1)).cloned().unwrap_or_default()
    }

    /// One request at one door; None when there was no answer.
    pub(crate) async fn once(&self, request: &Request<'_>) -> Option<Reply> {
        let begun = Instant::now();
        let answered = tokio::time::timeout(ONE_TRY, self.send(request)).await;
        let reply = answered.ok().and_then(Result::ok);
        self.books.answered(Answered {
            at: Instant::now(),
            took: begun.elapsed(),
            status: reply.as_ref().map(|reply| reply.status),
        });
        reply
    }

    async fn send(&self, request: &Request<'_>) -> Result<Reply> {
        let url = format!("{}{}", self.base(), request.path);
        let mut sending = self.http.request(request.method.clone(), url);
        if let Some(token) = request.token {
            sending = sending.bearer_auth(token);
        }
        if let Some(key) = &request.key {
            sending = sending.header("idempotency-key", key);
        }
        if let Some(body) = &request.body {
            sending = sending.json(body);
        }
        let reply = sending.send().await?;
        let status = reply.status().as_u16();
        let replayed = reply.headers().contains_key("idempotency-replayed");
        let text = reply.text().await?;
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Ok(Reply {
            status,
            replayed,
            body,
        })
    }

    /// Repeats while there is no answer, or 429 or 503 or a first try is still running; everything else is the answer.
    pub(crate) async fn insist(&self, request: &Request<'_>) -> Result<Reply> {
        let begun = Instant::now();
        while begun.elapsed() < ALL_TRIES {
            match self.once(request).await {
                Some(reply) if matches!(reply.status, 429 | 503) => {}
                Some(reply) if reply.body["error_code"] == "IDEMPOTENCY_409" => {}
                Some(reply) => return Ok(reply),
                None => {}
            }
            tokio::time::sleep(PAUSE).await;
        }
        bail!(
            "{} {} had no answer for {ALL_TRIES:?}",
            request.method,
            request.path
        )
    }

    /// The body of a 2xx; anything else is written into the books as a surprise.
    pub(crate) async fn acknowledged(&self, request: &Request<'_>) -> Result<Value> {
        let reply = self.insist(request).await?;
        if !(200..300).contains(&reply.status) {
            let what = format!(
                "{} {}: {} {}",
                request.method, request.path, reply.status, reply.body
            );
            self.books.unexpected(what.clone());
            bail!(what);
        }
        if request.method != Method::GET {
            self.books.acknowledge();
        }
        Ok(reply.body)
    }
}

/// What is asked.
pub(crate) struct Request<'a> {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) token: Option<&'a str>,
    pub(crate) key: Option<String>,
    pub(crate) body: Option<Value>,
}

/// See the module.
#[derive(Clone)]
pub(crate) struct Candidate {
    doors: Doors,
    token: String,
    signed_in: Instant,
    name: String,
    sittings: u32,
    chance: Chance,
}

/// An attempt under way.
pub(crate) struct Sitting {
    pub(crate) attempt: Attempt,
    questions: Vec<Value>,
    saves: u32,
}

impl Candidate {
    /// Makes the account. When an earlier try has made it unseen, signs in.
    pub(crate) async fn register(doors: &Doors, name: &str, chance: Chance) -> Result<Self> {
        let mut candidate = Self {
            doors: doors.clone(),
            token: String::new(),
            signed_in: Instant::now(),
            name: name.to_owned(),
            sittings: 0,
            chance,
        };
        let mut account = candidate.credentials();
        account["display_name"] = json!(name);
        let reply = doors.insist(&anonymous("/auth/register", account)).await?;
        if reply.status == 409 {
            candidate.sign_in().await?;
        } else {
            candidate.take_token(&reply)?;
        }
        Ok(candidate)
    }

    /// Signs in again before the token ends.
    pub(crate) async fn stay_signed_in(&mut self) -> Result<()> {
        if self.signed_in.elapsed() > TOKEN_AGE {
            self.sign_in().await?;
        }
        Ok(())
    }

    async fn sign_in(&mut self) -> Result<()> {
        let request = anonymous("/auth/login", self.credentials());
        let reply = self.doors.insist(&request).await?;
        self.take_token(&reply)
    }

    fn take_token(&mut self, reply: &Reply) -> Result<()> {
        let token = reply.body["tokens"]["access_token"].as_str();
        let refused = || format!("signing in was answered {}: {}", reply.status, reply.body);
        token.with_context(refused)?.clone_into(&mut self.token);
        self.signed_in = Instant::now();
        Ok(())
    }

    fn credentials(&self) -> Value {
        json!({ "email": format!("{}@school.test", self.name), "password": "correct horse battery" })
    }

    /// The access token.
    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    pub(crate) const fn doors(&self) -> &Doors {
        &self.doors
    }

    /// A request of this candidate.
    pub(crate) fn request(&self, method: Method, path: String, body: Option<Value>) -> Request<'_> {
        Request {
            method,
            path,
            token: Some(&self.token),
            key: None,
            body,
        }
    }

    /// Starts the track.
    pub(crate) async fn start(&mut self) -> Result<Sitting> {
        self.sittings += 1;
        let body = json!({ "role_slug": SLUG });
        let mut request = self.request(Method::POST, "/assessments/start".to_owned(), Some(body));
        request.key = Some(format!("start-{}-{}", self.name, self.sittings));
        let started = self.doors.acknowledged(&request).await?;
        Sitting::of(&started)
    }

    /// Starts the track without a key, whoever else does.
    pub(crate) async fn start_anew(&mut self) -> Result<Sitting> {
        let body = json!({ "role_slug": SLUG });
        let request = self.request(Method::POST, "/assessments/start".to_owned(), Some(body));
        let started = self.doors.acknowledged(&request).await?;
        Sitting::of(&started)
    }

    /// An answer to a random question, other than all before; noted as unsure and not sent yet.
    pub(crate) fn saving(&mut self, sitting: &mut Sitting) -> Request<'_> {
        sitting.saves += 1;
        let question = &sitting.questions[self.chance.below(sitting.questions.len())];
        let (id, answer) = (&question["question_id"], answer(question, sitting.saves));
        let body =
            json!({ "responses": [{ "question_id": id, "answer": answer, "submitted_at": written_now() }] });
        let path = format!("/assessments/{}/responses", sitting.attempt.id);
        sitting.attempt.unsure = id_of(id).ok().map(|id| (id, answer));
        self.request(Method::POST, path, Some(body))
    }

    /// Saves such an answer.
    pub(crate) async fn save(&mut self, sitting: &mut Sitting) -> Result<()> {
        let doors = self.doors.clone();
        doors.acknowledged(&self.saving(sitting)).await?;
        if let Some((id, answer)) = sitting.attempt.unsure.take() {
            sitting.attempt.saved.insert(id, answer);
        }
        Ok(())
    }

    /// The submission with its key, not sent yet.
    pub(crate) fn submission(&self, sitting: &Sitting) -> Request<'_> {
        let path = format!("/assessments/{}/submit", sitting.attempt.id);
        let mut request = self.request(Method::POST, path, Some(json!({})));
        request.key = Some(format!("submit-{}", sitting.attempt.id));
        request
    }

    /// Submits with a key.
    pub(crate) async fn submit(&self, sitting: &mut Sitting) -> Result<Value> {
        let submitted = self.doors.acknowledged(&self.submission(sitting)).await?;
        sitting.attempt.submitted = true;
        Ok(submitted)
    }

    /// Start, some saves, submit; written into the books however it ends.
    pub(crate) async fn sit(&mut self, saves: u32) -> Result<()> {
        let mut sitting = self.start().await?;
        let ended = async {
            for _ in 0..saves {
                self.save(&mut sitting).await?;
            }
            self.submit(&mut sitting).await
        }
        .await;
        self.doors.books.close(sitting.attempt);
        ended.map(|_| ())
    }
}

fn anonymous(path: &str, body: Value) -> Request<'static> {
    Request {
        method: Method::POST,
        path: path.to_owned(),
        token: None,
        key: None,
        body: Some(body),
    }
}

impl Sitting {
    /// As the reply to a start shows it.
    fn of(started: &Value) -> Result<Self> {
        let questions = started["questions"].as_array().context("a start has questions")?;
        Ok(Self {
            attempt: Attempt {
                id: id_of(&started["assessment_id"])?,
                saved: BTreeMap::new(),
                unsure: None,
                submitted: false,
            },
            questions: questions.clone(),
            saves: 0,
        })
    }

    /// The same attempt in another window.
    pub(crate) fn again(&self) -> Self {
        Self {
            attempt: self.attempt.clone(),
            questions: self.questions.clone(),
            saves: 0,
        }
    }
}

pub(crate) fn id_of(value: &Value) -> Result<Uuid> {
    let text = value.as_str().with_context(|| format!("an id, not {value}"))?;
    Ok(text.parse()?)
}

pub(crate) fn written_now() -> String {
    #[expect(clippy::disallowed_methods, reason = "a candidate's clock is a real one")]
    chrono::Utc::now().to_rfc3339()
}
