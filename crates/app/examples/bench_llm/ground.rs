//! Databases, models and gateways to measure with.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result};
use domain::audit::Actor;
use domain::authoring::item::{Difficulty, ItemKind};
use domain::authoring::rubric::Rubric;
use domain::ids::IdSource;
use domain::llm::{Caps, JournalSecret, LanguageModel, ModelName, Price};
use domain::points::Points;
use domain::scoring::Verdict;
use domain::scoring::local::{LocalScorer, TextScorer as _, TextTask};
use domain::store::Ctx;
use domain::time::{Clock, Timestamp};
use outbound::llm::{ApiKey, LlmHttp, ModelSettings, OpenAiDialect, StructuredOutput, Wire, model};
use storage::clock::DatabaseClock;
use testkit::{Backend, TestDatabase};
use touchstone::llm::{Gateway, Offer, Pace, PaceLimits};
use uuid::Uuid;

use crate::provider::Provider;

/// Connections to the database, as many as the program has unless it is told otherwise.
pub(crate) const CONNECTIONS: u32 = 20;
/// What the scripted provider bills by.
pub(crate) const PRICE: Price = Price {
    input: 150_000,
    output: 600_000,
};
const QUESTION: &str = "Why does a transaction that changes a row keep others from changing it?";
pub(crate) const REFERENCE: &str = "It holds an exclusive lock on the row until it ends, so that the second writer waits and sees what the \
                         first has left.";

/// UUIDv7, as the program gives them.
pub(crate) struct Ids;

impl IdSource for Ids {
    fn new_uuid(&self) -> Uuid {
        #[expect(clippy::disallowed_methods, reason = "this program has no other source")]
        Uuid::now_v7()
    }
}

/// A migrated database in PostgreSQL whose test clock says what time it is.
pub(crate) async fn database() -> Result<TestDatabase> {
    let database = TestDatabase::with_connections(Backend::Postgres, CONNECTIONS).await?;
    #[expect(clippy::disallowed_methods, reason = "a worker looks at the real time")]
    let since = SystemTime::now().duration_since(UNIX_EPOCH)?;
    database
        .clock
        .set(Timestamp::from_micros(i64::try_from(since.as_micros())?));
    Ok(database)
}

/// The model at this provider.
pub(crate) fn model_at(provider: &Provider) -> Result<Arc<dyn LanguageModel>> {
    let dialect = OpenAiDialect {
        structured: StructuredOutput::JsonSchema,
        limit: None,
    };
    let settings = ModelSettings {
        wire: Wire::OpenAi(dialect),
        name: ModelName {
            provider: "openai".to_owned(),
            model: "gpt-4o-mini".to_owned(),
        },
        base_url: provider.base_url.clone(),
        api_key: Some(ApiKey::new(&provider.key).context("a key")?),
    };
    model(settings, &LlmHttp::new()).context("a model")
}

/// A gateway to it with its journal in this database, without limits and caps.
pub(crate) async fn gateway(provider: &Provider, database: &TestDatabase) -> Result<Gateway> {
    let clock: Arc<dyn Clock> = Arc::new(DatabaseClock::start(database.store.database()).await?);
    let pace = Pace::new(
        "openai/gpt-4o-mini",
        PaceLimits::default(),
        None,
        Arc::clone(&clock),
    );
    let offers = vec![Offer::new(model_at(provider)?, PRICE, pace)];
    Ok(Gateway::new(
        database.store.clone(),
        clock,
        Arc::new(Ids),
        offers,
        Caps::default(),
    ))
}

pub(crate) fn secret() -> JournalSecret {
    JournalSecret::new([7; 32])
}

pub(crate) fn system(database: &TestDatabase) -> Ctx {
    Ctx::new(
        database.clock.clone(),
        Arc::new(Ids),
        "bench".to_owned(),
        Actor::System,
    )
}

/// An answer that model and local scorer agree about, with the local verdict.
pub(crate) struct Sample {
    rubric: Rubric,
    pub(crate) local: Verdict,
}

impl Sample {
    pub(crate) fn new() -> Self {
        let rubric = Rubric::default_for(Difficulty::Medium);
        let local = LocalScorer::default().score(&task(&rubric));
        Self { rubric, local }
    }

    pub(crate) const fn task(&self) -> TextTask<'_> {
        task(&self.rubric)
    }
}

const fn task(rubric: &Rubric) -> TextTask<'_> {
    TextTask {
        question: QUESTION,
        reference: Some(REFERENCE),
        rubric,
        marks: Points::whole(5),
        answer: REFERENCE,
        item_kind: ItemKind::Essay,
    }
}

/// As long as it takes for all of something to have happened.
pub(crate) const LIMIT: Duration = Duration::from_mins(2);
