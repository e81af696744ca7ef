//! A stage whose workers ask a scripted model, and an assessment of written questions alone to be sat there.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use providers::ScriptedProvider;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior};
use uuid::Uuid;

use crate::books::{Attempt, Books};
use crate::candidate::{Candidate, Doors, Reply, Request, id_of, written_now};
use crate::model;
use crate::stage::{Ground, Plan, Stage};

const ADMIN: &str = "admin@school.test";
const SLUG: &str = "written-questions";
/// The one skill that the questions show, and what the track calls it.
pub(crate) const SKILL: (&str, &str) = ("row-locks", "Locking of rows");
const QUESTION: &str = "Why does a writer hold an exclusive lock on a row, and why do readers share theirs?";
const REFERENCE: &str = "A writer holds an exclusive lock because nobody else may read or write the row while it is being \
    changed: they would see half of a change, or overwrite it. Readers share theirs, since reading changes nothing, so that many \
    may read at once; but a writer has to wait until the last of them has let go.";
/// Ids, names and descriptions of a rubric that candidates know: some attacks repeat it.
pub(crate) const CRITERIA: [(&str, &str, &str); 5] = [
    ("relevance", "Relevance", "Answers the question that was asked."),
    (
        "depth",
        "Depth",
        "Explains reasons and consequences, not only facts.",
    ),
    ("clarity", "Clarity", "Is well ordered and easy to follow."),
    (
        "completeness",
        "Completeness",
        "Covers all that a full answer needs.",
    ),
    (
        "technical_accuracy",
        "Technical accuracy",
        "Uses terms and facts correctly.",
    ),
];
/// An honest answer that says half of it.
pub(crate) const HONEST: &str =
    "A writer locks the row so that nobody else can change it at the same time. Readers can share.";

/// See the module.
pub(crate) struct Classroom<'ground> {
    pub(crate) stage: Stage<'ground>,
    pub(crate) provider: Arc<ScriptedProvider>,
    pub(crate) books: Arc<Books>,
    doors: Doors,
    /// Access token of an administrator.
    admin: String,
    questions: usize,
}

/// What a candidate has handed in.
#[derive(Clone, Debug)]
pub(crate) struct Paper {
    pub(crate) id: Uuid,
    /// In the order of the answers.
    pub(crate) questions: Vec<Uuid>,
    pub(crate) submitted_at: Instant,
}

impl<'ground> Classroom<'ground> {
    /// Opens the stage of this plan and makes the assessment.
    pub(crate) async fn open(
        ground: &'ground Ground,
        name: &str,
        plan: Plan,
        questions: usize,
    ) -> Result<Self> {
        Self::with_settings(ground, name, plan, questions, json!({})).await
    }

    /// The same with settings of the assessment that differ from those of tracks.
    pub(crate) async fn with_settings(
        ground: &'ground Ground,
        name: &str,
        plan: Plan,
        questions: usize,
        settings: Value,
    ) -> Result<Self> {
        let provider = model::provider()?;
        let stage = Stage::open(ground, name, model::asking(plan, &provider)).await?;
        let books = Arc::new(Books::default());
        let (_, doors) = Doors::open(stage.doors()?, Arc::clone(&books))?;
        let admin = admin(&stage, &doors).await?;
        let classroom = Self {
            stage,
            provider,
            books,
            doors,
            admin,
            questions,
        };
        classroom.make_track(settings).await?;
        Ok(classroom)
    }

    async fn make_track(&self, mut settings: Value) -> Result<()> {
        settings["mix"] = json!({ "essay": self.questions });
        settings["shuffle_items"] = json!(false);
        let items: Vec<Value> = (1..=self.questions).map(question).collect();
        let (skill, name) = SKILL;
        let track = json!({
            "slug": SLUG, "title": "Written questions", "description": "",
            "skills": [{ "skill": skill, "name": name, "target_level": 80.0 }], "settings": settings, "items": items,
        });
        self.as_admin(Method::POST, "/tracks", Some(track)).await?;
        Ok(())
    }

    /// The administrator's access token.
    pub(crate) fn admin(&self) -> &str {
        &self.admin
    }

    /// What an administrator gets.
    pub(crate) async fn as_admin(&self, method: Method, path: &str, body: Option<Value>) -> Result<Value> {
        self.doors.acknowledged(&self.of_admin(method, path, body)).await
    }

    /// The answer to an administrator, refusal or not.
    pub(crate) async fn answer_to_admin(&self, method: Method, path: &str, body: Value) -> Result<Reply> {
        self.doors.insist(&self.of_admin(method, path, Some(body))).await
    }

    fn of_admin(&self, method: Method, path: &str, body: Option<Value>) -> Request<'_> {
        Request {
            method,
            path: path.to_owned(),
            token: Some(&self.admin),
            key: None,
            body,
        }
    }

    /// Somebody new.
    pub(crate) async fn candidate(&self, name: &str) -> Result<Candidate> {
        let chance = self.stage.ground.chance(name);
        Candidate::register(&self.doors, name, chance).await
    }

    /// A text for every question, all the same.
    pub(crate) fn all(&self, words: &str) -> Vec<String> {
        vec![words.to_owned(); self.questions]
    }

    /// Starts, answers the questions in their order, and submits.
    pub(crate) async fn sit(&self, candidate: &Candidate, answers: &[String]) -> Result<Paper> {
        sit(candidate, answers).await
    }

    /// Lets somebody hand in a paper after the other, one at every tick, until it is stopped.
    pub(crate) fn paced(&self, candidate: Candidate, every: Duration) -> Paced {
        let answers = self.all(HONEST);
        let (stop, stopped) = watch::channel(false);
        let task = tokio::spawn(async move {
            let mut candidate = candidate;
            let mut papers = Vec::new();
            let mut ticks = tokio::time::interval(every);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            while !*stopped.borrow() {
                ticks.tick().await;
                candidate.stay_signed_in().await?;
                papers.push(sit(&candidate, &answers).await?);
            }
            Ok(papers)
        });
        Paced { stop, task }
    }

    /// The result as its candidate reads it.
    pub(crate) async fn result(&self, candidate: &Candidate, paper: &Paper) -> Result<Value> {
        let path = format!("/assessments/{}/result", paper.id);
        self.doors
            .acknowledged(&candidate.request(Method::GET, path, None))
            .await
    }

    /// What is booked for all calls of models, in micro-dollars.
    pub(crate) async fn booked(&self) -> Result<u64> {
        let booked = "SELECT CAST(coalesce(sum(booked), 0) AS BIGINT) FROM llm_days";
        Ok(u64::try_from(self.stage.sql.number(booked).await?)?)
    }

    /// Answers that no model has judged yet.
    pub(crate) async fn left_over(&self) -> Result<i64> {
        self.stage.sql.count("deferred_scores").await
    }
}

/// Papers that somebody hands in at a pace.
pub(crate) struct Paced {
    stop: watch::Sender<bool>,
    task: JoinHandle<Result<Vec<Paper>>>,
}

impl Paced {
    /// Ends it; what was handed in.
    pub(crate) async fn end(self) -> Result<Vec<Paper>> {
        self.stop.send_replace(true);
        self.task.await?
    }
}

/// The program prints the password of an account that it makes.
async fn admin(stage: &Stage<'_>, doors: &Doors) -> Result<String> {
    let said = stage
        .run(&[
            "users", "add", "--email", ADMIN, "--role", "admin", "--name", "Admin",
        ])
        .await?;
    let password = said.lines().find_map(|line| line.strip_prefix("password "));
    let password = password.and_then(|rest| rest.split_whitespace().next());
    let password = password.context("the password of a new account is printed")?;
    let request = Request {
        method: Method::POST,
        path: "/auth/login".to_owned(),
        token: None,
        key: None,
        body: Some(json!({ "email": ADMIN, "password": password })),
    };
    let reply = doors.insist(&request).await?;
    let token = reply.body["tokens"]["access_token"].as_str();
    Ok(token
        .with_context(|| format!("signing in was answered {}", reply.body))?
        .to_owned())
}

fn question(number: usize) -> Value {
    let criteria = CRITERIA.map(|(id, name, description)| {
        json!({ "id": id, "name": name, "description": description, "weight": 0.2, "concepts": [], "levels": [] })
    });
    json!({
        "stem": format!("{number}. {QUESTION}"), "marks": 10.0, "topic": "Locks", "cognitive_level": "understand",
        "difficulty": "medium", "skills": [SKILL.0],
        "body": { "kind": "short_answer", "reference": REFERENCE, "rubric": { "floor": 0.0, "criteria": criteria } },
    })
}

async fn sit(candidate: &Candidate, answers: &[String]) -> Result<Paper> {
    let doors = candidate.doors();
    let start = json!({ "role_slug": SLUG });
    let start = candidate.request(Method::POST, "/assessments/start".to_owned(), Some(start));
    let started = doors.acknowledged(&start).await?;
    let id = id_of(&started["assessment_id"])?;
    let questions = questions_of(&started)?;
    let (asked, given) = (questions.len(), answers.len());
    ensure!(asked == given, "{asked} questions for {given} answers");
    let path = format!("/assessments/{id}/responses");
    let save = candidate.request(Method::POST, path, Some(responses(&questions, answers)));
    doors.acknowledged(&save).await?;
    let path = format!("/assessments/{id}/submit");
    let mut submit = candidate.request(Method::POST, path, Some(json!({})));
    submit.key = Some(format!("submit-{id}"));
    doors.acknowledged(&submit).await?;
    let answers = answers.iter().map(|answer| json!(answer));
    doors.books.close(Attempt {
        id,
        saved: questions.iter().copied().zip(answers).collect(),
        unsure: None,
        submitted: true,
    });
    Ok(Paper {
        id,
        questions,
        submitted_at: Instant::now(),
    })
}

fn questions_of(started: &Value) -> Result<Vec<Uuid>> {
    let questions = started["questions"].as_array().context("a start has questions")?;
    let ids = questions.iter().map(|question| id_of(&question["question_id"]));
    ids.collect()
}

fn responses(questions: &[Uuid], answers: &[String]) -> Value {
    let response = |(question, answer): (&Uuid, &String)| json!({ "question_id": question, "answer": answer, "submitted_at": written_now() });
    let responses: Vec<Value> = questions.iter().zip(answers).map(response).collect();
    json!({ "responses": responses })
}
