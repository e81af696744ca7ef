//! A virtual user: a state machine that is asleep between its timers. One action per timer, one request per action.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use crate::connections::{Connections, Reply};
use crate::options::Load;
use crate::paper::Paper;
use crate::tally::{Operation, Tally};
use crate::world::Answers;

/// Longest that a request is tried again.
const PATIENCE: Duration = Duration::from_mins(1);
/// Between a result and the next candidate on the same account.
const PAUSE: Duration = Duration::from_secs(5);
const ENDED: &[u8] = b"event: end";

/// What all users share.
pub(crate) struct Scene {
    pub(crate) connections: Connections,
    pub(crate) answers: Answers,
    pub(crate) slug: String,
    pub(crate) load: Load,
    /// When the load is measured; what is due before belongs to the ramp.
    pub(crate) measured: (Instant, Instant),
    /// Of the ramp, and of the load.
    pub(crate) tallies: RefCell<[Tally; 2]>,
}

/// See the module.
pub(crate) struct User {
    pub(crate) token: String,
    /// Follows its scoring by events.
    pub(crate) streams: bool,
    /// When the next action is due.
    pub(crate) due: Instant,
    /// How much of the first sitting is left when it begins, so that users do not hand in all at once.
    pub(crate) first: Duration,
    pub(crate) step: Step,
    /// Of sittings that are over.
    pub(crate) papers: Vec<Paper>,
    pub(crate) chance: u64,
}

/// Where a user is.
pub(crate) enum Step {
    /// Is about to start.
    Outside,
    /// Writes.
    Sitting(Box<Sitting>),
    /// Waits for the result.
    Waiting {
        attempt: Uuid,
        since: Instant,
        tag: Option<String>,
    },
}

/// Timers of a sitting.
pub(crate) struct Sitting {
    paper: Paper,
    saved: u32,
    next_save: Instant,
    next_beat: Instant,
    submit_at: Instant,
}

impl Scene {
    /// Of the time at which something was due.
    fn tally(&self, due: Instant) -> std::cell::RefMut<'_, Tally> {
        let phase = usize::from(due >= self.measured.0);
        std::cell::RefMut::map(self.tallies.borrow_mut(), |tallies| &mut tallies[phase])
    }

    /// Sends until it is answered with success; refusals that say when to come again are obeyed.
    async fn ask(&self, operation: Operation, due: Instant, request: &[u8]) -> Option<Reply> {
        self.tally(due).plan(operation);
        self.tally(due).late.add(due.elapsed());
        let mut broken = 0;
        let class = loop {
            match self.connections.send(request).await {
                Ok(reply) if matches!(reply.status, 200..=299 | 304) => {
                    self.tally(due).add(operation, due.elapsed());
                    return Some(reply);
                }
                Ok(reply) if matches!(reply.status, 429 | 503) && due.elapsed() < PATIENCE => {
                    *self.tally(due).refused.entry(reply.status).or_default() += 1;
                    sleep(Duration::from_secs(reply.retry_after.unwrap_or(1))).await;
                }
                Ok(reply) => break format!("{} {}", reply.status, error_code(&reply.body)),
                Err(_) if broken < 3 => {
                    broken += 1;
                    self.tally(due).repeated += 1;
                    sleep(Duration::from_millis(200)).await;
                }
                Err(error) => break error.kind().to_string(),
            }
        };
        self.tally(due).fail(operation, &class);
        None
    }
}

impl User {
    /// Does what is due and sets the next timer.
    pub(crate) async fn act(&mut self, scene: &Rc<Scene>) {
        let step = std::mem::replace(&mut self.step, Step::Outside);
        self.step = match step {
            Step::Outside => self.start(scene).await,
            Step::Sitting(sitting) => self.write(scene, sitting).await,
            Step::Waiting { attempt, since, tag } => self.wait(scene, attempt, since, tag).await,
        };
    }

    /// The attempts of this user, the unfinished one last.
    pub(crate) fn all_papers(&self) -> impl Iterator<Item = &Paper> {
        let open = match &self.step {
            Step::Sitting(sitting) => Some(&sitting.paper),
            Step::Outside | Step::Waiting { .. } => None,
        };
        self.papers.iter().chain(open)
    }

    async fn start(&mut self, scene: &Rc<Scene>) -> Step {
        let body = json!({ "role_slug": scene.slug, "metadata": { "client": "bench" } });
        let key = self.random();
        let request = self.post("/assessments/start", Some(key), &body);
        let reply = scene.ask(Operation::Start, self.due, &request).await;
        let paper = reply.map(|reply| Paper::of(&reply.body, &scene.answers));
        if let Some(Err(error)) = &paper {
            scene.tally(self.due).fail(Operation::Start, &error.to_string());
        }
        let Some(Ok(paper)) = paper else {
            self.due = Instant::now() + PAUSE;
            return Step::Outside;
        };
        let load = &scene.load;
        let rest = std::mem::replace(&mut self.first, load.sitting()).min(load.sitting());
        let done = 1.0 - rest.as_secs_f64() / load.sitting().as_secs_f64();
        let sitting = Box::new(Sitting {
            paper,
            saved: part(load.saves(), done),
            next_save: self.due + load.think_time().mul_f64(self.fraction()),
            next_beat: self.due + load.heartbeat().mul_f64(self.fraction()),
            submit_at: self.due + rest,
        });
        self.due = sitting.next();
        Step::Sitting(sitting)
    }

    async fn write(&mut self, scene: &Rc<Scene>, mut sitting: Box<Sitting>) -> Step {
        if self.due >= sitting.submit_at {
            return self.submit(scene, sitting).await;
        }
        if self.due >= sitting.next_save {
            self.save(scene, &mut sitting).await;
            sitting.next_save += scene.load.think_time();
        } else {
            let path = format!("/sessions/{}/heartbeat", sitting.paper.attempt);
            let request = self.post(&path, None, &Value::Null);
            scene.ask(Operation::Heartbeat, self.due, &request).await;
            sitting.next_beat += scene.load.heartbeat();
        }
        self.due = sitting.next();
        Step::Sitting(sitting)
    }

    async fn save(&mut self, scene: &Rc<Scene>, sitting: &mut Sitting) {
        let place = sitting.paper.question_at(sitting.saved, scene.load.saves());
        let path = format!("/assessments/{}/responses", sitting.paper.attempt);
        let chance = self.chance_below(1 << 16);
        let question = &mut sitting.paper.questions[place];
        let body = json!({ "responses": [question.write(chance)] });
        let operation = if question.is_text {
            Operation::Autosave
        } else {
            Operation::Save
        };
        let request = self.post(&path, None, &body);
        if scene.ask(operation, self.due, &request).await.is_some() {
            question.acknowledge();
        }
        sitting.saved += 1;
    }

    /// Hands in, with answers to what is still open.
    async fn submit(&mut self, scene: &Rc<Scene>, mut sitting: Box<Sitting>) -> Step {
        let chance = self.chance_below(1 << 16);
        let open = sitting.paper.questions.iter_mut();
        let open: Vec<_> = open.filter(|question| question.is_open()).collect();
        let mut sent = Vec::with_capacity(open.len());
        let mut responses = Vec::with_capacity(open.len());
        for question in open {
            responses.push(question.write(chance));
            sent.push(question);
        }
        let attempt = sitting.paper.attempt;
        let path = format!("/assessments/{attempt}/submit");
        let key = self.random();
        let request = self.post(&path, Some(key), &json!({ "responses": responses }));
        let since = self.due;
        if scene.ask(Operation::Submit, since, &request).await.is_none() {
            self.papers.push(sitting.paper);
            self.due = Instant::now() + PAUSE;
            return Step::Outside;
        }
        for question in sent {
            question.acknowledge();
        }
        sitting.paper.submitted = true;
        self.papers.push(sitting.paper);
        self.due = Instant::now() + Duration::from_secs(1);
        if self.streams {
            self.follow(scene, attempt, since).await;
        }
        Step::Waiting {
            attempt,
            since,
            tag: None,
        }
    }

    /// Follows the events until scoring has ended, so that the first poll finds it ended.
    async fn follow(&mut self, scene: &Rc<Scene>, attempt: Uuid, since: Instant) {
        scene.tally(since).plan(Operation::Stream);
        let request = self.get(&format!("/assessments/{attempt}/events"), None);
        match scene.connections.follow(&request, ENDED).await {
            Ok(200) => scene.tally(since).add(Operation::Stream, since.elapsed()),
            Ok(status) => scene.tally(since).fail(Operation::Stream, &status.to_string()),
            Err(error) => scene
                .tally(since)
                .fail(Operation::Stream, &error.kind().to_string()),
        }
        self.due = Instant::now();
    }

    /// Polls as often as the service says; reads the result when it is there, and leaves.
    async fn wait(&mut self, scene: &Rc<Scene>, attempt: Uuid, since: Instant, tag: Option<String>) -> Step {
        let request = self.get(&format!("/assessments/{attempt}/status"), tag.as_deref());
        let reply = scene.ask(Operation::Status, self.due, &request).await;
        let ended = reply.as_ref().is_none_or(is_final);
        if !ended {
            let wait = reply.as_ref().and_then(|reply| reply.retry_after).unwrap_or(1);
            self.due = Instant::now() + Duration::from_secs(wait);
            let tag = reply.and_then(|reply| reply.etag);
            return Step::Waiting { attempt, since, tag };
        }
        if !self.streams {
            scene.tally(since).plan(Operation::Scored);
            scene.tally(since).add(Operation::Scored, since.elapsed());
        }
        let request = self.get(&format!("/assessments/{attempt}/result"), None);
        scene.ask(Operation::Result, Instant::now(), &request).await;
        self.due = Instant::now() + PAUSE;
        Step::Outside
    }

    fn post(&self, path: &str, key: Option<u64>, body: &Value) -> Vec<u8> {
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let key = key.map_or_else(String::new, |key| format!("idempotency-key: {key:016x}\r\n"));
        format!(
            "POST /api/v1{path} HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {}\r\n{key}content-type: application/json\r\n\
             content-length: {}\r\n\r\n{body}",
            self.token,
            body.len()
        )
        .into_bytes()
    }

    fn get(&self, path: &str, tag: Option<&str>) -> Vec<u8> {
        let tag = tag.map_or_else(String::new, |tag| format!("if-none-match: {tag}\r\n"));
        format!(
            "GET /api/v1{path} HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {}\r\n{tag}\r\n",
            self.token
        )
        .into_bytes()
    }

    /// An xorshift of its own, so that runs of the same size do the same.
    fn random(&mut self) -> u64 {
        self.chance ^= self.chance << 13;
        self.chance ^= self.chance >> 7;
        self.chance ^= self.chance << 17;
        self.chance
    }

    fn chance_below(&mut self, limit: u64) -> usize {
        usize::try_from(self.random() % limit).unwrap_or_default()
    }

    #[expect(clippy::cast_precision_loss, reason = "a fraction needs no more")]
    pub(crate) fn fraction(&mut self) -> f64 {
        (self.random() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

impl Sitting {
    fn next(&self) -> Instant {
        self.next_save.min(self.next_beat).min(self.submit_at)
    }
}

/// Whether a status will not change any more. What was seen before (304) was not final then.
fn is_final(reply: &Reply) -> bool {
    let status = serde_json::from_slice::<Value>(&reply.body).unwrap_or_default();
    matches!(
        status["status"].as_str(),
        Some("completed" | "failed" | "expired" | "voided")
    )
}

fn error_code(body: &[u8]) -> String {
    let problem = serde_json::from_slice::<Value>(body).unwrap_or_default();
    problem["error_code"].as_str().unwrap_or_default().to_owned()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a part of a handful"
)]
fn part(whole: u32, share: f64) -> u32 {
    (f64::from(whole) * share).floor().max(0.0) as u32
}
