//! A process that always has something to ask, as fast as the limits let it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use domain::llm::{CallKey, Caps, ChatMessage, ChatRole, ModelName, ModelRequest, OutputFormat, input_hash};
use domain::rate_limits::SharedBuckets;
use domain::time::Clock;
use outbound::llm::{ApiKey, LlmHttp, ModelSettings, OpenAiDialect, StructuredOutput, Wire, model};
use outbound::redis::RedisBuckets;
use serde::{Deserialize, Serialize};
use storage::clock::DatabaseClock;
use storage::{Database, DatabaseOptions, Store};
use tokio::task::JoinSet;
use touchstone::llm::{About, Gateway, GatewayError, Offer, Pace, PaceLimits};

use crate::ground::{Ids, PRICE};

/// Callers of one process, more than its limits ever let ask at once.
const CALLERS: usize = 40;
/// Tokens of the longest answer, in turn, so that calls differ.
const ANSWERS: [u32; 4] = [150, 600, 300, 1_050];

/// What an asker is told.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Task {
    pub(crate) base_url: String,
    pub(crate) key: String,
    pub(crate) requests: u32,
    pub(crate) tokens: u32,
    /// Of the journal.
    pub(crate) database: String,
    pub(crate) buckets: Buckets,
    pub(crate) milliseconds: u64,
    /// Tells this one's calls from those of others.
    pub(crate) name: String,
}

/// Where processes meet.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Buckets {
    Own,
    Database,
    Redis(String),
}

/// The process: it asks until its time is over.
pub(crate) async fn ask(arguments: &[String]) -> Result<()> {
    let [task] = arguments else {
        bail!("usage: bench_llm asker TASK");
    };
    let task: Arc<Task> = Arc::new(serde_json::from_str(task)?);
    let gateway = Arc::new(gateway(&task).await?);
    let (until, asked) = (
        Instant::now() + Duration::from_millis(task.milliseconds),
        Arc::new(AtomicUsize::new(0)),
    );
    let mut callers = JoinSet::new();
    for _ in 0..CALLERS {
        let (task, gateway, asked) = (Arc::clone(&task), Arc::clone(&gateway), Arc::clone(&asked));
        callers.spawn(async move {
            while Instant::now() < until {
                once(&gateway, &task.name, asked.fetch_add(1, Ordering::Relaxed)).await?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(caller) = callers.join_next().await {
        caller??;
    }
    Ok(())
}

/// One call, as soon as it may be made.
async fn once(gateway: &Gateway, name: &str, number: usize) -> Result<()> {
    let offer = gateway.offers().first().context("an offer")?;
    let request = ModelRequest {
        messages: vec![ChatMessage {
            role: ChatRole::User,
            text: "Say yes. ".repeat(20 + number % 60),
        }],
        format: OutputFormat::Text,
        max_output_tokens: ANSWERS[number % ANSWERS.len()],
        temperature: None,
        timeout: Duration::from_secs(20),
        tag: format!("{name}-{number}"),
    };
    let key = CallKey {
        purpose: "bench",
        subject: format!("{name}/{number}"),
        prompt_version: "bench-1",
        model: offer.model().name().clone(),
        sample: 0,
        round: 0,
        input: input_hash([]),
    };
    loop {
        match gateway.ask(offer, (&key, &request), About::default()).await {
            Ok(_) => return Ok(()),
            Err(GatewayError::NotYet { after }) => tokio::time::sleep(after).await,
            Err(error) => return Err(error.into()),
        }
    }
}

async fn gateway(task: &Task) -> Result<Gateway> {
    let store = Store::new(Database::connect(DatabaseOptions::new(task.database.clone())).await?);
    let clock: Arc<dyn Clock> = Arc::new(DatabaseClock::start(store.database()).await?);
    let shared: Option<Arc<dyn SharedBuckets>> = match &task.buckets {
        Buckets::Own => None,
        Buckets::Database => Some(Arc::new(store.clone())),
        Buckets::Redis(url) => Some(Arc::new(RedisBuckets::new(url, "bench")?)),
    };
    let name = ModelName {
        provider: "openai".to_owned(),
        // Redis is one for all.
        model: task.base_url.clone(),
    };
    let limits = PaceLimits {
        requests: task.requests,
        tokens: task.tokens,
    };
    let pace = Pace::new(&name.to_string(), limits, shared.as_ref(), Arc::clone(&clock));
    let settings = ModelSettings {
        wire: Wire::OpenAi(OpenAiDialect {
            structured: StructuredOutput::JsonSchema,
            limit: None,
        }),
        name,
        base_url: task.base_url.clone(),
        api_key: Some(ApiKey::new(&task.key).context("a key")?),
    };
    let model = model(settings, &LlmHttp::new()).context("a model")?;
    let offers = vec![Offer::new(model, PRICE, pace)];
    Ok(Gateway::new(store, clock, Arc::new(Ids), offers, Caps::default()))
}
