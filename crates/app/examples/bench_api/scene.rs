//! A database with a track, candidates with tokens, and a history.

use std::collections::HashMap;

use anyhow::{Context as _, Result};
use domain::authoring::item::ItemKind;
use domain::authoring::sample_answers::answer_key;
use domain::ids::TokenFamilyId;
use domain::time::{Clock as _, Timestamp};
use serde_json::{Value, json};
use storage::clock::DatabaseClock;
use testkit::{Backend, TestDatabase};
use touchstone::security::TokenService;
use uuid::Uuid;

use crate::client::{Candidate, Started};
use crate::ground::{create_track, forms, student, token_service};
use crate::history::History;
use crate::round::Plan;

/// Earlier attempts of a candidate, except where the own history is long.
const OWN: u32 = 5;

/// How long the history is; see the module of the program.
#[derive(Clone, Copy)]
pub(crate) enum Size {
    /// Few rows.
    Few,
    /// Ten times the rows.
    Many,
    /// As many rows, more of them the candidates' own.
    Own,
}

impl Size {
    /// Earlier attempts of each candidate, and of others in all.
    const fn attempts(self, plan: &Plan) -> (u32, u32) {
        let (own, all) = match self {
            Self::Few => (OWN, plan.history),
            Self::Many => (OWN, plan.history * 10),
            Self::Own => (OWN * 10, plan.history * 10),
        };
        (own, all.saturating_sub(plan.candidates * own))
    }
}

/// See the module.
pub(crate) struct Scene {
    /// For servers.
    pub(crate) url: String,
    slug: String,
    /// The right answer to each question.
    answers: HashMap<Uuid, Value>,
    candidates: Vec<Uuid>,
    history: History,
    clock: DatabaseClock,
    /// Rows since then belong to the running round.
    began_at: Timestamp,
    tokens: TokenService,
    _database: TestDatabase,
}

impl Scene {
    /// Makes it.
    pub(crate) async fn set(backend: Backend, plan: &Plan, size: Size) -> Result<Self> {
        let database = TestDatabase::new(backend).await?;
        let track = create_track(&database).await?;
        let version = track.definition.published_version_id;
        let version = version.context("a track with items is published")?;
        let bank = database.store.version_content(version).await?;
        let items = bank.context("the version is there")?.items;
        let clock = DatabaseClock::start(database.store.database()).await?;
        let tokens = token_service(&database, clock.now()).await?;
        // From here on the only connections to be seen are those of servers.
        database.store.database().close().await?;
        let kinds: Vec<ItemKind> = items.iter().map(|item| item.content.body.kind()).collect();
        let history = History::open(&database.url, backend).await?;
        let ids = (track.definition.id, version);
        let (own, others) = size.attempts(plan);
        history
            .make_track_history(ids, &forms(&kinds), (plan.candidates, own), others)
            .await?;
        let answers = items
            .iter()
            .map(|item| (item.item_id.0, answer_key(&item.content)));
        Ok(Self {
            url: database.url.clone(),
            slug: track.slug,
            answers: answers.collect(),
            candidates: history.candidates().await?,
            history,
            began_at: clock.now(),
            clock,
            tokens,
            _database: database,
        })
    }

    /// Names the track.
    pub(crate) fn slug(&self) -> &str {
        &self.slug
    }

    /// All candidates with fresh tokens.
    pub(crate) fn candidates(&self) -> Result<Vec<Candidate>> {
        let now = self.clock.now();
        let candidate = |id: &Uuid| {
            let token = self
                .tokens
                .issue(&student(*id, now), TokenFamilyId(*id), now)?
                .token;
            Ok(Candidate { id: *id, token })
        };
        self.candidates.iter().map(candidate).collect()
    }

    /// The attempt in a reply to start, with the right answer to each of its questions.
    pub(crate) fn started(&self, reply: &Value) -> Result<Started> {
        let questions = reply["questions"].as_array().context("a start has questions")?;
        let response = |question: &Value| {
            let id: Uuid = serde_json::from_value(question["question_id"].clone())?;
            let answer = self.answers.get(&id).context("a question of the bank")?;
            Ok(json!({ "question_id": id, "answer": answer }))
        };
        let responses = questions.iter().map(response).collect::<Result<Vec<_>>>()?;
        anyhow::ensure!(
            responses.len() == 10,
            "an attempt has {} questions",
            responses.len()
        );
        Ok(Started {
            id: serde_json::from_value(reply["assessment_id"].clone())?,
            responses,
        })
    }

    /// Ends the scoring of what was submitted.
    pub(crate) async fn end_scoring(&self) -> Result<()> {
        self.history.end_scoring(self.clock.now()).await
    }

    /// Takes the rows of the round out again.
    pub(crate) async fn forget_round(&self) -> Result<()> {
        self.history.forget_since(self.began_at).await
    }

    /// The processes of PostgreSQL that serve connections of that name; none for SQLite.
    pub(crate) async fn backends(&self, application: &str) -> Result<Option<Vec<u32>>> {
        self.history.backends(application).await
    }
}
